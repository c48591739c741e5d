// Post-processors one after another: Hugging Face's Sequence.
#pragma once

#include "attune/text/post_processors/post_processor.h"

namespace attune::text {

class PostProcessorSequence : public PostProcessor {
 public:
  explicit PostProcessorSequence(const nlohmann::json& json);

  std::size_t added_tokens(bool pair) const override;
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;
  nlohmann::ordered_json to_json() const override;

 private:
  std::vector<std::unique_ptr<const PostProcessor>> parts_;
};

}  // namespace attune::text
