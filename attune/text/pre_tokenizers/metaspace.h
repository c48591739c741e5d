// SentencePiece's blanks: every blank becomes "▁", one is put before the text, and pieces begin at them:
// Hugging Face's Metaspace, of before 2023 ("add_prefix_space") and since ("prepend_scheme", "split").
#pragma once

#include <string>

#include "attune/text/pre_tokenizers/pre_tokenizer.h"

namespace attune::text {

class Metaspace : public PreTokenizer {
 public:
  enum class Prepend {
    always,  // To every piece that there is.
    first,   // To the piece at the beginning of the text.
    never,
  };
  struct Options {
    std::string replacement = "\xE2\x96\x81";
    Prepend prepend = Prepend::always;
    bool split = true;
  };
  explicit Metaspace(const nlohmann::json& json) : Metaspace(read_options(json, "pre_tokenizer")) {}
  explicit Metaspace(Options options) : options_(std::move(options)) {}

  void pre_tokenize(PreTokenizedText& text) const override;
  std::size_t find_cut(std::string_view text, std::size_t from) const override;
  nlohmann::ordered_json to_json() const override;

  // The decoder of that name has the same fields.
  static Options read_options(const nlohmann::json& json, std::string_view stage);
  static nlohmann::ordered_json to_json(const Options& options);

 private:
  Options options_;
};

}  // namespace attune::text
