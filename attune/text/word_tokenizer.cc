#include "attune/text/word_tokenizer.h"

#include <nlohmann/json.hpp>

#include "attune/text/tokenizer_json.h"

namespace attune::text {

std::unique_ptr<Tokenizer> load_word_tokenizer(const std::filesystem::path& path) {
  return word_tokenizer(load_tokenizer(path));
}

std::unique_ptr<Tokenizer> word_tokenizer(std::unique_ptr<Tokenizer> tokenizer) {
  nlohmann::ordered_json file = tokenizer->to_json();
  const auto is = [&file](const char* stage, const char* type) {
    return file.contains(stage) && file[stage].is_object() && file[stage].value("type", "") == type;
  };
  if (!is("pre_tokenizer", "ByteLevel") || file["pre_tokenizer"]["add_prefix_space"] == true)
    return tokenizer;
  file["pre_tokenizer"]["add_prefix_space"] = true;
  if (is("post_processor", "RobertaProcessing")) file["post_processor"]["add_prefix_space"] = true;
  return make_tokenizer(parse_tokenizer_file(file.dump()), tokenizer_config(*tokenizer, 0));
}

}  // namespace attune::text
