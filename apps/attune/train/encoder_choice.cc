#include "apps/attune/train/encoder_choice.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <utility>

#include "apps/attune/command.h"
#include "attune/base/error.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

constexpr const char* sizes_of_new[] = {"--layers",  "--heads",           "--width",       "--feed-forward",
                                        "--dropout", "--embedding-width", "--layer-groups"};

}  // namespace

bool EncoderChoice::is_new() const {
  // Without config.json it may be what is becoming of the new encoder: --model bert --out bert.
  return models::is_new_family(model) &&
         !std::filesystem::exists(std::filesystem::path(model) / "config.json");
}

void EncoderChoice::validate() const {
  const std::string names = fmt::format("{}", fmt::join(models::new_family_names(), ", "));
  if (model.empty())
    fail_usage("--model is missing: a model directory, or one of {} for a new encoder", names);
  if (is_new()) {
    if (tokenizer.empty())
      fail_usage(
          "--tokenizer is missing, which a new {} needs: wordpiece:SIZE or bpe:SIZE to learn one, or a "
          "directory or file that has one",
          model);
    return;
  }
  if (!std::filesystem::exists(model))
    fail_usage("--model {} is neither a model directory nor one of {}", model, names);
  if (!tokenizer.empty()) fail_usage("--tokenizer is for a new encoder, the model of {} has its own", model);
}

void add_encoder_flags(CLI::App& verb, EncoderChoice& choice) {
  auto& sizes = choice.sizes;
  verb.add_option("--model", choice.model,
                  fmt::format("Model directory to start from, or a new encoder: {}",
                              fmt::join(models::new_family_names(), ", ")))
      ->group("Model");
  verb.add_option("--tokenizer", choice.tokenizer,
                  "Of a new encoder: wordpiece:SIZE, wordpiece-cased:SIZE or bpe:SIZE (learned from the "
                  "text), or a directory or file that has one")
      ->group("Model");
  const auto size = [&](const char* name, auto& value, const char* help) {
    add_value(verb, "Model", name, value, help);
  };
  size("--layers", sizes.layers, "Layers of a new encoder");
  size("--heads", sizes.heads, "Attention heads of a layer");
  size("--width", sizes.width, "Width of the hidden states");
  size("--feed-forward", sizes.feed_forward, "Width of the feed-forward network; 0: four times the width");
  size("--dropout", sizes.dropout, "Dropout of a new encoder");
  size("--embedding-width", sizes.embedding_width, "Width of a new albert's embeddings; 0: 128");
  size("--layer-groups", sizes.layer_groups,
       "Groups of a new albert's layers that share weights; as many as layers: none do; 0: one group of all");
}

void add_context_flag(CLI::App& verb, EncoderChoice& choice) {
  add_value(verb, "Model", "--context", choice.sizes.context, "Most tokens of a text, special ones included");
}

void refuse_sizes_of_directory(const CLI::App& verb, const EncoderChoice& choice) {
  if (choice.model.empty() || choice.is_new()) return;
  for (const char* flag : sizes_of_new) {
    if (verb.get_option(flag)->count() > 0)
      fail_usage("{} is for a new encoder, the model of {} has its own", flag, choice.model);
  }
}

void expect_vocabulary(const text::Tokenizer& tokenizer, const models::TextFacts& facts,
                       const std::string& model) {
  check(tokenizer.vocab_size() <= facts.vocab_size, "the tokenizer has {} tokens, the model of {} takes {}",
        tokenizer.vocab_size(), model, facts.vocab_size);
}

text::NextText one_by_one(std::function<std::vector<std::string>()> all) {
  return [all = std::move(all), texts = std::vector<std::string>(),
          next = std::size_t{0}](std::string& text) mutable {
    if (all) texts = std::exchange(all, nullptr)();
    if (next == texts.size()) return false;
    text = texts[next++];
    return true;
  };
}

std::unique_ptr<text::Tokenizer> encoder_tokenizer(const EncoderChoice& choice, const text::NextText& texts) {
  return choice.is_new() ? text::choose_encoder_tokenizer(choice.tokenizer, texts)
                         : text::load_tokenizer(choice.model);
}

models::TextVocabulary vocabulary_of(const text::Tokenizer& tokenizer) {
  const text::SpecialTokens& special = tokenizer.special();
  const auto either = [](const std::optional<std::int32_t>& a, const std::optional<std::int32_t>& b) {
    const auto& one = a ? a : b;
    return one ? std::optional<std::int64_t>(*one) : std::nullopt;
  };
  return {.size = tokenizer.vocab_size(),
          .padding = either(special.pad, {}),
          .begin = either(special.cls, special.bos),
          .end = either(special.sep, special.eos)};
}

std::shared_ptr<const models::TextFamily> encoder_family(const EncoderChoice& choice,
                                                         const text::Tokenizer& tokenizer) {
  return choice.is_new() ? models::new_text_family(choice.model, choice.sizes, vocabulary_of(tokenizer))
                         : models::read_text_family(choice.model);
}

}  // namespace attune::command
