// [CLS] A [SEP] and [CLS] A [SEP] B [SEP], the second text of type 1 (Devlin et al. 2019, figure 2): Hugging
// Face's BertProcessing.
#pragma once

#include "attune/text/post_processors/post_processor.h"

namespace attune::text {

class BertProcessing : public PostProcessor {
 public:
  explicit BertProcessing(const nlohmann::json& json);

  std::size_t added_tokens(bool pair) const override { return pair ? 3 : 2; }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  SpecialToken sep_, cls_;
};

}  // namespace attune::text
