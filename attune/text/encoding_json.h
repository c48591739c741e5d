// "truncation" and "padding" of tokenizer.json.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "attune/text/encoding.h"

namespace attune::text {

// null gives nothing. Throw Error that names the field that is wrong.
std::optional<Truncation> read_truncation(const nlohmann::json& json);
std::optional<Padding> read_padding(const nlohmann::json& json);

nlohmann::ordered_json to_json(const std::optional<Truncation>& truncation);
nlohmann::ordered_json to_json(const std::optional<Padding>& padding);

}  // namespace attune::text
