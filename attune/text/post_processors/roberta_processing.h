// <s> A </s> and <s> A </s></s> B </s>, all of type 0 (Liu et al. 2019, section 2), with offsets trimmed as
// for byte-level BPE: Hugging Face's RobertaProcessing.
#pragma once

#include "attune/text/post_processors/post_processor.h"

namespace attune::text {

class RobertaProcessing : public PostProcessor {
 public:
  explicit RobertaProcessing(const nlohmann::json& json);
  RobertaProcessing(SpecialToken sep, SpecialToken cls, bool trim_offsets, bool add_prefix_space);

  std::size_t added_tokens(bool pair) const override { return pair ? 4 : 2; }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  SpecialToken sep_, cls_;
  bool trim_offsets_, add_prefix_space_;
};

}  // namespace attune::text
