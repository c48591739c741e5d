#include "attune/text/unicode/lowercasing.h"

#include <nlohmann/json.hpp>

#include "attune/text/tokenizer_json.h"

namespace attune::text {

std::unique_ptr<Tokenizer> lowercasing(const Tokenizer& tokenizer) {
  nlohmann::ordered_json json = tokenizer.to_json();
  nlohmann::ordered_json stages = nlohmann::ordered_json::array({{{"type", "Lowercase"}}});
  if (!json["normalizer"].is_null()) stages.push_back(json["normalizer"]);
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", stages}};
  const nlohmann::ordered_json config = tokenizer_config(tokenizer, /*model_max_length=*/0);
  return make_tokenizer(parse_tokenizer_file(json.dump()), nlohmann::json::parse(config.dump()));
}

}  // namespace attune::text
