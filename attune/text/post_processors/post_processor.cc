#include "attune/text/post_processors/post_processor.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/post_processors/bert_processing.h"
#include "attune/text/post_processors/byte_level_processing.h"
#include "attune/text/post_processors/post_processor_sequence.h"
#include "attune/text/post_processors/roberta_processing.h"
#include "attune/text/post_processors/template_processing.h"

namespace attune::text {

std::unique_ptr<const PostProcessor> make_post_processor(const nlohmann::json& json) {
  const std::string type = type_of(json, "post_processor");
  if (type == "TemplateProcessing") return std::make_unique<TemplateProcessing>(json);
  if (type == "BertProcessing") return std::make_unique<BertProcessing>(json);
  if (type == "RobertaProcessing") return std::make_unique<RobertaProcessing>(json);
  if (type == "ByteLevel") return std::make_unique<ByteLevelProcessing>(json);
  if (type == "Sequence") return std::make_unique<PostProcessorSequence>(json);
  fail(
      "post_processor {} is not supported, expected TemplateProcessing, BertProcessing, RobertaProcessing, "
      "ByteLevel or Sequence",
      type);
}

Encoding special_encoding(const SpecialToken& token, std::int32_t type_id) {
  Encoding encoding;
  encoding.push_back(token.id, type_id, token.token, {}, -1, -1, /*special=*/true);
  return encoding;
}

void set_type_ids(Encoding& encoding, std::int32_t type_id) {
  std::fill(encoding.type_ids.begin(), encoding.type_ids.end(), type_id);
  for (Encoding& window : encoding.overflowing) set_type_ids(window, type_id);
}

SpecialToken read_special_token(const nlohmann::json& json) {
  check(json.is_array() && json.size() == 2, "a special token is {}, expected [TOKEN, ID]", json.dump());
  return {json.at(0).get<std::string>(), json.at(1).get<std::int32_t>()};
}

}  // namespace attune::text
