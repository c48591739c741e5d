// Options about models that several verbs have.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "attune/base/error.h"
#include "attune/models/causal_language_model.h"
#include "attune/models/config_fields.h"

namespace attune::command {

// What --dtype names.
inline models::LoadedType loaded_type(const std::string& dtype) {
  if (dtype == "float32") return models::LoadedType::float32;
  if (dtype == "bfloat16") return models::LoadedType::bfloat16;
  fail_usage("--dtype is '{}', expected float32 or bfloat16", dtype);
}

// Whether the directory has an encoder-decoder, which translates: its configuration says what family it is
// of.
inline bool is_translation_model(const std::filesystem::path& directory) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  const std::string type = models::read_model_type(directory);
  return type == "marian" || type == "t5";
}

}  // namespace attune::command
