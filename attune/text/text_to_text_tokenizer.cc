#include "attune/text/text_to_text_tokenizer.h"

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/tokenizer_file.h"
#include "attune/text/tokenizer_json.h"
#include "attune/text/trainers/bpe_trainer.h"

namespace attune::text {
namespace {

using Json = nlohmann::ordered_json;

std::string sentinel(int number) { return fmt::format("<extra_id_{}>", number); }

// The post-processor that appends the token to a text, or to each of two.
Json ending_template(const std::string& token, std::int32_t id) {
  const auto text = [](const char* name) { return Json{{"Sequence", {{"id", name}, {"type_id", 0}}}}; };
  const Json end = {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
  return {{"type", "TemplateProcessing"},
          {"single", {text("A"), end}},
          {"pair", {text("A"), end, text("B"), end}},
          {"special_tokens", {{token, {{"id", token}, {"ids", {id}}, {"tokens", {token}}}}}}};
}

std::int64_t parse_size(std::string_view text) {
  constexpr std::int64_t most = 1'000'000;
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size > most)
    fail_usage("--tokenizer bpe:{}: expected a vocabulary size up to {}, as in bpe:8000", text, most);
  return size;
}

}  // namespace

std::unique_ptr<Tokenizer> complete_text_to_text(const Tokenizer& tokenizer, int sentinels) {
  Json file = tokenizer.to_json();
  Json config = tokenizer_config(tokenizer, /*model_max_length=*/0);
  auto next = static_cast<std::int32_t>(tokenizer.vocab_size());
  const auto add = [&](const std::string& content) {
    if (const auto id = tokenizer.token_to_id(content)) return *id;
    file["added_tokens"].push_back({{"id", next},
                                    {"content", content},
                                    {"single_word", false},
                                    {"lstrip", false},
                                    {"rstrip", false},
                                    {"normalized", false},
                                    {"special", true}});
    return next++;
  };
  const std::string end = tokenizer.special().eos ? tokenizer.id_to_token(*tokenizer.special().eos) : "</s>";
  const std::int32_t end_id = add(end);
  config["eos_token"] = end;
  if (!tokenizer.special().pad) {
    add("<pad>");
    config["pad_token"] = "<pad>";
  }
  for (int i = sentinels - 1; i >= 0; --i) add(sentinel(i));  // the first has the highest id, as in T5
  file["post_processor"] = ending_template(end, end_id);
  return make_tokenizer(parse_tokenizer_file(file.dump()), nlohmann::json::parse(config.dump()));
}

std::vector<std::int32_t> sentinel_ids(const Tokenizer& tokenizer) {
  std::vector<std::int32_t> ids;
  for (auto id = tokenizer.token_to_id(sentinel(0)); id;
       id = tokenizer.token_to_id(sentinel(static_cast<int>(ids.size()))))
    ids.push_back(*id);
  return ids;
}

std::unique_ptr<Tokenizer> choose_text_to_text_tokenizer(const std::string& choice,
                                                         const NextLearnedText& next) {
  constexpr std::string_view bpe = "bpe:";
  if (choice.starts_with(bpe)) {
    BpeTrainer trainer({.vocab_size = parse_size(std::string_view(choice).substr(bpe.size())),
                        .special = {"", "</s>", "<unk>", "<pad>"},
                        .ends_text = true});
    for (std::string text; next(text);) trainer.add(text);
    return complete_text_to_text(*trainer.train());
  }
  if (!std::filesystem::exists(choice))
    fail_usage("--tokenizer {}: expected bpe:SIZE, or a directory or file with a tokenizer", choice);
  return complete_text_to_text(*load_tokenizer(choice));
}

}  // namespace attune::text
