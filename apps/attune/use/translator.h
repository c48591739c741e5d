// Sentences to their translations, for the verbs that translate.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attune/generate/generate_sequences.h"
#include "attune/models/sequence_to_sequence_model.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::command {

struct TranslatorOptions {
  std::string directory, dtype = "float32";
  // What is not said here is as the directory says it (generation_config.json), and else as in Translator.
  std::optional<std::int64_t> num_beams = {};       // 1 is greedy
  std::optional<double> length_penalty = {};        // exponent of the length that divides the log-probability
  std::optional<std::int64_t> max_new_tokens = {};  // of a translation
  bool ignore_end_of_text = false;
  std::int64_t batch_size = 32;  // sentences at once
  std::string prefix = {};       // before every sentence, for a model of several tasks
  std::int64_t default_num_beams = 4;
  generate::SamplingOptions sampling = {.temperature = 0};  // above 0 with one beam only
  bool special_tokens = false;                              // are written too: <extra_id_0>

  // Throws UsageError naming the flag.
  void validate() const;
};

struct Translated {
  std::string text;
  float score = 0;  // log-probability by length to the power of the length penalty, as Hugging Face's
};

class Translator {
 public:
  // Called with a message about sentence `index` of a call.
  using Warn = std::function<void(std::size_t index, const std::string& message)>;

  static constexpr std::int64_t default_max_new_tokens = 200;
  static constexpr double default_length_penalty = 1;

  // Loads the model; says on standard error what its directory asks for that the search does not do. Throws
  // UsageError for options that make no sense, Error for a model that cannot be read.
  explicit Translator(const TranslatorOptions& options);

  // One translation for each sentence, in their order, computed in batches of similar length. An empty
  // sentence gives an empty one. Of a sentence longer than the model takes, the beginning is translated, and
  // bytes that are no UTF-8 are read as U+FFFD; `warn` is told of both.
  std::vector<Translated> translate(std::span<const std::string> sentences, const Warn& warn);

  const generate::SequenceOptions& search() const { return search_; }
  const models::SequenceToSequenceModel& model() const { return *model_; }
  const text::TranslationTokenizer& tokenizer() const { return *tokenizer_; }
  std::int64_t source_tokens() const { return source_tokens_; }  // translated so far
  std::int64_t new_tokens() const { return new_tokens_; }        // written so far
  const std::vector<double>& batch_seconds() const { return batch_seconds_; }

 private:
  std::vector<std::int64_t> encode(std::string_view sentence, std::size_t index, const Warn& warn) const;
  std::string text_of(const std::vector<std::int64_t>& tokens) const;

  TranslatorOptions options_;
  generate::SequenceOptions search_;
  std::unique_ptr<models::SequenceToSequenceModel> model_;
  std::unique_ptr<text::TranslationTokenizer> tokenizer_;
  std::int64_t source_tokens_ = 0, new_tokens_ = 0;
  std::vector<double> batch_seconds_;  // what each batch took
};

}  // namespace attune::command
