// Labels of the words of texts of any length, and the entities that they make.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attune/tasks/tagging/token_classification.h"

namespace attune::tasks {

// A stretch of a sentence that the model takes at once.
struct WordWindow {
  std::size_t begin, end;        // the words that it reads,
  std::size_t asked, asked_end;  // and of those the ones whose labels are taken from it
};

// `tokens` is how many tokens each word has, `capacity` how many of them the model takes. Windows begin and
// end between words; neighbours share a quarter of the capacity, and a word is asked for where more stands
// around it. A word longer than the capacity has a window of its own, which cuts it.
std::vector<WordWindow> word_windows(std::span<const std::size_t> tokens, std::size_t capacity);

struct WordTag {
  std::int64_t label = -1;  // -1: the tokenizer makes nothing of the word
  double score = 0;         // its probability
};

// A tag for each word of each sentence, of which none is too long.
std::vector<std::vector<WordTag>> tag_words(const models::TokenClassifier& model,
                                            const text::Tokenizer& tokenizer,
                                            std::span<const std::vector<std::string>> sentences,
                                            std::int64_t batch_size, const nn::Context& how);

// Words [begin, end) of a sentence.
struct TaggedSpan {
  std::string label;  // "PER" of B-PER and I-PER
  std::size_t begin, end;
  double score;  // the mean of its words'
};

// Words side by side with labels of one type, as Hugging Face's pipeline groups them by the aggregation
// strategy "first": B-TYPE begins a span, I-TYPE goes on with one of its type, and so does a label of no such
// form; beyond that, S-TYPE is a span and E-TYPE ends one. O, and words without a label (""), are of no span.
std::vector<TaggedSpan> group_words(std::span<const std::string> labels, std::span<const double> scores);

}  // namespace attune::tasks
