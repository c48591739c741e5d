// Options about models that several verbs have.
#pragma once

#include <string>

#include "attune/base/error.h"
#include "attune/models/causal_language_model.h"

namespace attune::command {

// What --dtype names.
inline models::LoadedType loaded_type(const std::string& dtype) {
  if (dtype == "float32") return models::LoadedType::float32;
  if (dtype == "bfloat16") return models::LoadedType::bfloat16;
  fail_usage("--dtype is '{}', expected float32 or bfloat16", dtype);
}

}  // namespace attune::command
