// What the user asks of a new network, and what its family takes of that.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "attune/base/error.h"

namespace attune::models {

// What is 0, below 0, empty or as here is the family's own, and what a family does not have is refused by
// name.
struct NetworkSizes {
  std::int64_t layers = 0, decoder_layers = 0, heads = 0, width = 0, feed_forward = 0;
  double dropout = -1;
  std::int64_t patch_length = 0, patch_stride = 0;  // patchtst
  std::int64_t label_length = -1;                   // start tokens of the decoder: transformer, informer
  std::string decoding;                             // transformer: "one-pass" or "autoregressive"
  std::string embed;                                // "timeF", "fixed", "learned": of the calendar
  std::string value_embedding;                      // "linear", "conv1", "conv3": transformer, informer
  std::string temporal_embedding;  // "sum", "concatenate": of the calendar's fields; transformer, informer
  std::int64_t factor = 0;         // of ProbSparse attention: informer
  bool distilling = true;          // informer
  bool instance_norm = false;      // patchtst and itransformer have it in any case
};

// These as wishes, by their flags: each that a family takes is struck off, and what is left at the end is
// refused.
class Wishes {
 public:
  // Throws UsageError for sizes below 0.
  Wishes(std::string family, const NetworkSizes& network);

  // Sets `value` to what was asked for, if anything was. T: std::int64_t, double, bool or std::string.
  template <typename T>
  void take(const char* flag, T& value) {
    std::erase_if(wishes_, [&](const Wish& wish) {
      if (wish.flag != flag) return false;
      value = std::get<T>(wish.value);
      return true;
    });
  }

  // The same of a choice between words. Throws UsageError for another word.
  template <typename T>
  void take(const char* flag, T& value, std::initializer_list<std::pair<const char*, T>> words) {
    std::string asked;
    take(flag, asked);
    if (asked.empty()) return;
    std::vector<std::string> known;
    for (const auto& [word, meant] : words) {
      if (asked == word) {
        value = meant;
        return;
      }
      known.emplace_back(word);
    }
    fail_usage("{} is {}, expected {}", flag, asked, fmt::join(known, " or "));
  }

  // Throws UsageError naming what the family does not have.
  void expect_none_left() const;

 private:
  struct Wish {
    std::string flag;
    std::variant<std::int64_t, double, bool, std::string> value;
  };
  void add(const char* flag, std::int64_t size);
  void add(const char* flag, const std::string& word);

  std::string family_;
  std::vector<Wish> wishes_;
};

}  // namespace attune::models
