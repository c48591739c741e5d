// How runs write model directories: a model with its tokenizer, which must both outlive the function.
#pragma once

#include <cstdint>
#include <filesystem>

#include "attune/models/sequence_to_sequence_model.h"
#include "attune/models/text/heads.h"
#include "attune/text/tokenizer.h"
#include "attune/text/translation_tokenizer.h"
#include "attune/train/checkpoint.h"

namespace attune::command {

// `max_length`: the most tokens that the model sees.
template <typename Model>
train::SaveModel saver_of(const Model& model, const text::Tokenizer& tokenizer, std::int64_t max_length) {
  return [&model, &tokenizer, max_length](const std::filesystem::path& to) {
    model.save(to);
    text::save_tokenizer(tokenizer, to, max_length);
  };
}

inline train::SaveModel saver_of(const models::TextModel& model, const text::Tokenizer& tokenizer) {
  return [&model, &tokenizer](const std::filesystem::path& to) {
    model.save(to);
    text::save_tokenizer(tokenizer, to, model.facts().max_length, model.facts().token_types > 1);
  };
}

inline train::SaveModel saver_of(const models::SequenceToSequenceModel& model,
                                 const text::TranslationTokenizer& tokenizer) {
  return [&model, &tokenizer](const std::filesystem::path& to) {
    model.save(to);
    tokenizer.save(to, model.max_source_length());
  };
}

}  // namespace attune::command
