#include "attune/tasks/tagging/word_labels.h"

#include "attune/base/error.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

// Calls first(token, word) for every first token of a word.
template <typename Function>
void for_each_first_token(std::span<const std::int32_t> word_ids, Function&& first) {
  std::int32_t previous = -1;
  for (std::size_t token = 0; token < word_ids.size(); ++token) {
    const std::int32_t word = word_ids[token];
    if (word >= 0 && word != previous) first(token, static_cast<std::size_t>(word));
    previous = word;
  }
}

}  // namespace

std::vector<std::int32_t> words_of_tokens(std::span<const text::Offsets> tokens,
                                          std::span<const text::Offsets> words) {
  std::vector<std::int32_t> result;
  result.reserve(tokens.size());
  std::size_t word = 0;
  for (const text::Offsets& token : tokens) {
    if (token.begin == token.end) {
      result.push_back(-1);
      continue;
    }
    while (word < words.size() && words[word].end <= token.begin) ++word;
    const bool overlaps = word < words.size() && words[word].begin < token.end;
    result.push_back(overlaps ? static_cast<std::int32_t>(word) : -1);
  }
  return result;
}

std::vector<std::int64_t> token_targets(std::span<const std::int32_t> word_ids,
                                        std::span<const std::int64_t> labels) {
  std::vector<std::int64_t> targets(word_ids.size(), ignored_target);
  for_each_first_token(word_ids, [&](std::size_t token, std::size_t word) {
    check(word < labels.size(), "token {} is of word {}, but there are labels of {} words", token, word,
          labels.size());
    targets[token] = labels[word];
  });
  return targets;
}

std::vector<std::int64_t> word_predictions(std::span<const std::int32_t> word_ids,
                                           std::span<const std::int64_t> token_predictions, std::size_t words,
                                           std::int64_t missing) {
  check(word_ids.size() == token_predictions.size(), "{} tokens with {} predictions", word_ids.size(),
        token_predictions.size());
  std::vector<std::int64_t> predictions(words, missing);
  for_each_first_token(word_ids, [&](std::size_t token, std::size_t word) {
    check(word < words, "token {} is of word {}, but there are {} words", token, word, words);
    predictions[word] = token_predictions[token];
  });
  return predictions;
}

}  // namespace attune::tasks
