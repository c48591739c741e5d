// GPT-2's pre-tokeniser (Radford et al. 2019, encoder.py): the matches of the regular expression
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// found by a scanner of our own, since regular expressions are too slow for it. The tests hold the two equal.
// Bytes that are not valid UTF-8 belong to none of the three classes: they are kept like punctuation.
#pragma once

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class ByteLevel : public PreTokenizer {
 public:
  struct Options {
    bool add_prefix_space = false;  // A blank before every piece that there is, unless it begins with one.
    bool trim_offsets = true;       // Of the post-processor of that name; kept for the file.
    bool use_regex = true;          // Else the pieces stay as they are.
  };
  ByteLevel() = default;  // GPT-2's.
  explicit ByteLevel(const nlohmann::json& json) : options_(read_options(json, "pre_tokenizer")) {}
  explicit ByteLevel(const Options& options) : options_(options) {}

  void pre_tokenize(PreTokenizedText& text) const override;
  bool takes_any_bytes() const override { return !options_.add_prefix_space; }
  std::size_t find_cut(std::string_view text, std::size_t from) const override;
  nlohmann::ordered_json to_json() const override;

  // The end of the match that begins at `begin`, where one ended before or the text begins.
  std::size_t piece_end(std::string_view text, std::size_t begin) const;

  // The post-processor and the decoder of that name have the same fields.
  static Options read_options(const nlohmann::json& json, std::string_view stage);
  static nlohmann::ordered_json to_json(const Options& options);

 private:
  Options options_;
};

}  // namespace attune::text
