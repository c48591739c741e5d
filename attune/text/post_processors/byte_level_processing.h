// Takes the blanks that tokens of byte-level BPE begin or end with out of their offsets: Hugging Face's
// ByteLevel as a post-processor.
#pragma once

#include "attune/text/post_processors/post_processor.h"
#include "attune/text/pre_tokenizers/byte_level.h"

namespace attune::text {

class ByteLevelProcessing : public PostProcessor {
 public:
  explicit ByteLevelProcessing(const nlohmann::json& json)
      : options_(ByteLevel::read_options(json, "post_processor")) {}
  explicit ByteLevelProcessing(const ByteLevel::Options& options) : options_(options) {}

  std::size_t added_tokens(bool) const override { return 0; }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  ByteLevel::Options options_;
};

// What it does to an encoding and its overflowing windows. With `add_prefix_space`, a single blank at the
// beginning of the text was put there by the pre-tokenizer, and its token keeps its offsets.
void trim_offsets(Encoding& encoding, bool add_prefix_space);

}  // namespace attune::text
