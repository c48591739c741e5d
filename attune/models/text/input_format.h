// The inputs of GPT's fine-tuning (Radford et al., 2018, section 3.3), as a model's directory says them:
// tokens around the texts, of which the last one's hidden state stands for the text.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "attune/models/config_fields.h"

namespace attune::models {

// START text EXTRACT, or START first DELIMITER second EXTRACT. The tokens are those of the directory's
// tokenizer; their names are by default those of the paper's code.
struct InputFormat {
  std::string start = "_start_", delimiter = "_delimiter_", extract = "_classify_";
  // Similarity, which knows no order: the states of both orders of a pair are added before the linear layer.
  bool symmetric = false;

  bool operator==(const InputFormat&) const = default;
};

// "attune_input_format" of config.json, or none. Errors name the file and the field.
std::optional<InputFormat> read_input_format(const ConfigFields& fields);
void set_input_format(const InputFormat& format, nlohmann::ordered_json& config);

}  // namespace attune::models
