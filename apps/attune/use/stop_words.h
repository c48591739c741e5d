// Ends a streamed text before any of some words, which may arrive in pieces.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace attune::command {

class StopWords {
 public:
  explicit StopWords(std::vector<std::string> words) : words_(std::move(words)) {
    std::erase(words_, std::string());
  }

  // Takes more text and gives what can be shown: all that cannot be the beginning of a stop word.
  std::string push(const std::string& text) {
    pending_ += text;
    std::size_t end = std::string::npos;
    for (const std::string& word : words_) end = std::min(end, pending_.find(word));
    if (end != std::string::npos) {
      found_ = true;
      return std::exchange(pending_, "").substr(0, end);
    }
    const std::size_t shown = pending_.size() - held_back();
    std::string result = pending_.substr(0, shown);
    pending_.erase(0, shown);
    return result;
  }

  // What was held back, when no more text comes.
  std::string finish() { return std::exchange(pending_, ""); }

  bool found() const { return found_; }

 private:
  // The longest end of the text that begins a stop word.
  std::size_t held_back() const {
    std::size_t longest = 0;
    for (const std::string& word : words_) {
      for (std::size_t n = std::min(word.size() - 1, pending_.size()); n > longest; --n) {
        if (pending_.ends_with(word.substr(0, n))) longest = n;
      }
    }
    return longest;
  }

  std::vector<std::string> words_;
  std::string pending_;
  bool found_ = false;
};

}  // namespace attune::command
