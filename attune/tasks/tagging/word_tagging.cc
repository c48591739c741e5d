#include "attune/tasks/tagging/word_tagging.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

// The tokens of each word, without those of the format.
std::vector<std::size_t> count_tokens(const text::Tokenizer& tokenizer, std::span<const std::string> words) {
  std::vector<std::size_t> tokens(words.size());
  for (const std::int32_t word : tokenizer.encode_words(words, {.add_special_tokens = false}).word_ids)
    ++tokens[static_cast<std::size_t>(word)];
  return tokens;
}

WordTag likeliest(std::span<const float> scores) {
  const auto best = std::ranges::max_element(scores);
  double sum = 0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score) - *best);
  return {best - scores.begin(), 1 / sum};
}

// The windows of all sentences, and whose they are.
struct Asked {
  std::size_t sentence;
  WordWindow window;
};

// A label divided into what it says of the span and the span's type.
struct Parts {
  char place;
  std::string_view type;
};

Parts divide(std::string_view label) {
  const bool entity =
      label.size() > 1 && label[1] == '-' && std::string_view("BIES").find(label[0]) != label.npos;
  return entity ? Parts{label[0], label.substr(2)} : Parts{'I', label};
}

}  // namespace

std::vector<WordWindow> word_windows(std::span<const std::size_t> tokens, std::size_t capacity) {
  check(capacity > 0, "a window of words needs room for a token");
  std::vector<std::size_t> starts(tokens.size() + 1, 0);  // the tokens before each word
  std::partial_sum(tokens.begin(), tokens.end(), starts.begin() + 1);
  // The first word before which so many tokens stand.
  const auto first_at = [&](std::size_t place) {
    return static_cast<std::size_t>(std::ranges::lower_bound(starts, place) - starts.begin());
  };
  std::vector<WordWindow> windows;
  std::size_t begin = 0, asked = 0;
  while (begin < tokens.size()) {
    std::size_t end =
        first_at(starts[begin] + capacity + 1) - 1;  // the last place with room for all before it
    end = std::clamp(end, begin + 1, tokens.size());
    std::size_t next = end, asked_end = end;
    if (end < tokens.size()) {
      // Far enough back to share a quarter, and not so far that the next window would not read on.
      const auto back = [&](std::size_t from, std::size_t by) { return first_at(from - std::min(from, by)); };
      next = std::min(std::max(back(starts[end], capacity / 4), back(starts[end + 1], capacity)), end);
      asked_end = std::clamp(first_at((starts[next] + starts[end]) / 2), next, end);
    }
    windows.push_back({begin, end, asked, asked_end});
    asked = asked_end;
    begin = next;
  }
  return windows;
}

std::vector<std::vector<WordTag>> tag_words(const models::TokenClassifier& model,
                                            const text::Tokenizer& tokenizer,
                                            std::span<const std::vector<std::string>> sentences,
                                            std::int64_t batch_size, const nn::Context& how) {
  const std::int64_t max_length = model.facts().max_length;
  const auto added = static_cast<std::int64_t>(tokenizer.added_special_tokens(/*pair=*/false));
  check(max_length > added, "the model takes {} tokens, and its tokenizer adds {}", max_length, added);
  std::vector<std::vector<WordTag>> tags;
  std::vector<Asked> asked;
  WordInputs windows;
  for (const auto& words : sentences) {
    for (const WordWindow& window :
         word_windows(count_tokens(tokenizer, words), static_cast<std::size_t>(max_length - added))) {
      windows.add(tokenizer, std::span(words).subspan(window.begin, window.end - window.begin), max_length);
      asked.push_back({tags.size(), window});
    }
    tags.emplace_back(words.size());
  }
  const auto labels = static_cast<std::size_t>(model.labels().count());
  for_each_scored(model, windows.inputs, batch_size, how, [&](std::size_t i, std::span<const float> scores) {
    const auto& [sentence, window] = asked[i];
    std::int32_t previous = -1;
    for (std::size_t token = 0; token < windows.word_ids[i].size(); ++token) {
      const std::int32_t word = windows.word_ids[i][token];
      const bool first = word >= 0 && word != previous;
      previous = word;
      const std::size_t place = window.begin + static_cast<std::size_t>(std::max(word, 0));
      if (first && place >= window.asked && place < window.asked_end)
        tags[sentence][place] = likeliest(scores.subspan(token * labels, labels));
    }
  });
  return tags;
}

std::vector<TaggedSpan> group_words(std::span<const std::string> labels, std::span<const double> scores) {
  std::vector<TaggedSpan> spans;
  bool open = false;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty() || labels[i] == "O") {
      open = false;
      continue;
    }
    const auto [place, type] = divide(labels[i]);
    if (!open || place == 'B' || place == 'S' || spans.back().label != type)
      spans.push_back({std::string(type), i, i, 0});
    spans.back().end = i + 1;
    spans.back().score += scores[i];
    open = place == 'B' || place == 'I';
  }
  for (TaggedSpan& span : spans) span.score /= static_cast<double>(span.end - span.begin);
  return spans;
}

}  // namespace attune::tasks
