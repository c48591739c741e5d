#include "attune/text/tokenizer_choice.h"

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "attune/base/error.h"
#include "attune/text/corpora/parallel_text.h"
#include "attune/text/older_tokenizers.h"
#include "attune/text/pre_tokenizers/byte_level.h"
#include "attune/text/pre_tokenizers/characters.h"
#include "attune/text/tokenizer_file.h"
#include "attune/text/trainers/bpe_trainer.h"
#include "attune/text/trainers/character_trainer.h"
#include "attune/text/trainers/unigram_trainer.h"
#include "attune/text/trainers/wordpiece_trainer.h"

namespace attune::text {
namespace {

// Larger than any vocabulary in use; a slip of the finger shall not ask for more memory than there is.
constexpr std::int64_t kMaxBpeSize = 1'000'000;

std::unique_ptr<Tokenizer> learn_characters(const TextFiles& training,
                                            const std::vector<std::filesystem::path>& validation) {
  std::vector<std::filesystem::path> paths = training.paths;
  paths.insert(paths.end(), validation.begin(), validation.end());
  TextReader reader(whole_files(paths), training.separator, [](std::string_view text, std::size_t from) {
    return Characters().find_cut(text, from);
  });
  CharacterTrainer trainer;
  for (TextPart part; reader.next(part);) {
    try {
      trainer.add(part.text);
    } catch (const EncodeError& error) {
      part.rethrow(error);
    }
  }
  return trainer.train(training.separator.has_value() || training.paths.size() > 1);
}

std::unique_ptr<Tokenizer> learn_bpe(std::int64_t size, const TextFiles& training) {
  BpeTrainer trainer({.vocab_size = size});
  TextReader reader(sample_ranges(whole_files(training.paths), kBpeSampleBytes), training.separator,
                    [](std::string_view text, std::size_t from) { return ByteLevel().find_cut(text, from); });
  for (TextPart part; reader.next(part);) trainer.add(part.text);
  return trainer.train();
}

// For those that count words between blanks.
template <typename Trainer>
std::unique_ptr<Tokenizer> learn_words(Trainer& trainer, const TextFiles& training) {
  TextReader reader(sample_ranges(whole_files(training.paths), kBpeSampleBytes), training.separator,
                    [](std::string_view text, std::size_t from) { return find_blank(text, from); });
  for (TextPart part; reader.next(part);) trainer.add(part.text);
  return trainer.train();
}

std::unique_ptr<Tokenizer> learn_wordpiece(std::int64_t size, bool lowercase, const TextFiles& training) {
  WordPieceTrainer trainer({.vocab_size = size, .lowercase = lowercase});
  return learn_words(trainer, training);
}

std::unique_ptr<Tokenizer> learn_unigram(std::int64_t size, const TextFiles& training) {
  UnigramTrainer trainer({.vocab_size = size});
  return learn_words(trainer, training);
}

std::int64_t parse_size(std::string_view text) {
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size > kMaxBpeSize) {
    fail_usage("--tokenizer with size {}: expected a vocabulary size up to {}, as in bpe:8000", text,
               kMaxBpeSize);
  }
  return size;
}

std::unique_ptr<Tokenizer> learn_joint_bpe(std::int64_t size,
                                           const std::vector<std::filesystem::path>& training) {
  BpeTrainer trainer({.vocab_size = size, .special = {"<s>", "</s>", "<unk>", "<pad>"}, .ends_text = true});
  ParallelReader reader(training);
  std::uint64_t bytes = 0;
  for (SentencePair pair; bytes < kBpeSampleBytes && reader.next(pair);) {
    trainer.add(pair.source);
    trainer.add(pair.target);
    bytes += pair.source.size() + pair.target.size();
  }
  return trainer.train();
}

// Ids begin with the special tokens, as in every RoBERTa, whose positions begin after the id of padding.
std::unique_ptr<Tokenizer> learn_roberta_bpe(std::int64_t size, const NextText& texts) {
  const VocabEntries special = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", 4}};
  const auto count = static_cast<std::int64_t>(special.size());
  if (size < 256 + count)
    fail_usage("--tokenizer bpe:{}: expected at least {}, the 256 bytes and {} special tokens", size,
               256 + count, count);
  BpeTrainer trainer({.vocab_size = size - count, .special = {"", "", "", ""}});
  for (std::string text; texts(text);) trainer.add(text);
  const TokenizerFile learned = parse_tokenizer_file(trainer.train()->to_json().dump());
  VocabEntries vocab = special;
  for (const auto& [token, id] : learned.vocab) vocab.emplace_back(token, id + count);
  return make_bpe_tokenizer(vocab, learned.merges,
                            {{"mask_token", {{"content", "<mask>"}, {"lstrip", true}}}});
}

// The part of `choice` after `kind`, as a size; none where it begins otherwise.
std::optional<std::int64_t> size_after(std::string_view kind, const std::string& choice) {
  if (!choice.starts_with(kind)) return std::nullopt;
  return parse_size(std::string_view(choice).substr(kind.size()));
}

}  // namespace

std::unique_ptr<Tokenizer> choose_encoder_tokenizer(const std::string& choice, const NextText& texts) {
  if (const auto size = size_after("bpe:", choice)) return learn_roberta_bpe(*size, texts);
  for (const std::string_view kind : {"wordpiece:", "wordpiece-cased:"}) {
    const auto size = size_after(kind, choice);
    if (!size) continue;
    WordPieceTrainer trainer({.vocab_size = *size, .lowercase = kind == "wordpiece:"});
    for (std::string text; texts(text);) trainer.add(text);
    return trainer.train();
  }
  if (!std::filesystem::exists(choice)) {
    fail_usage("--tokenizer {}: expected wordpiece:SIZE, bpe:SIZE, or a directory or file with a tokenizer",
               choice);
  }
  return load_tokenizer(choice);
}

std::unique_ptr<Tokenizer> choose_tokenizer(const std::string& choice, const TextFiles& training,
                                            const std::vector<std::filesystem::path>& validation) {
  if (choice == "char") return learn_characters(training, validation);
  if (choice.starts_with("bpe:")) return learn_bpe(parse_size(std::string_view(choice).substr(4)), training);
  for (const std::string_view kind : {"wordpiece:", "wordpiece-cased:"}) {
    if (!choice.starts_with(kind)) continue;
    return learn_wordpiece(parse_size(std::string_view(choice).substr(kind.size())),
                           kind == "wordpiece:", training);
  }
  constexpr std::string_view unigram = "unigram:";
  if (choice.starts_with(unigram))
    return learn_unigram(parse_size(std::string_view(choice).substr(unigram.size())), training);
  if (!std::filesystem::exists(choice)) {
    fail_usage(
        "--tokenizer {}: expected char, bpe:SIZE, wordpiece:SIZE, unigram:SIZE or a directory or file with a "
        "tokenizer",
        choice);
  }
  return load_tokenizer(choice);
}

std::unique_ptr<TranslationTokenizer> choose_translation_tokenizer(
    const std::string& choice, const std::vector<std::filesystem::path>& training) {
  if (choice.starts_with("bpe:")) {
    return share_tokenizer(learn_joint_bpe(parse_size(std::string_view(choice).substr(4)), training));
  }
  if (!std::filesystem::is_directory(choice)) {
    fail_usage("--tokenizer {}: expected bpe:SIZE or a directory with a tokenizer", choice);
  }
  return load_translation_tokenizer(choice);
}

}  // namespace attune::text
