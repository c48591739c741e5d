#include "attune/text/encoding_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/component_json.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<const char*, Truncation::Strategy>, 3> kStrategies = {
    {{"LongestFirst", Truncation::Strategy::longest_first},
     {"OnlyFirst", Truncation::Strategy::only_first},
     {"OnlySecond", Truncation::Strategy::only_second}}};

// Sizes that no text reaches are somebody's "without end".
constexpr std::size_t kLargest = std::size_t{1} << 31;

std::size_t read_size(const Json& json, const char* stage, const char* field, std::size_t least) {
  const auto found = json.find(field);
  check(found != json.end() && found->is_number_unsigned(), "{} has \"{}\": {}, expected a whole number",
        stage, field, found == json.end() ? "nothing" : found->dump());
  const auto value = found->get<std::uint64_t>();
  check(value >= least, "{} has \"{}\": {}, expected at least {}", stage, field, value, least);
  return std::min<std::uint64_t>(value, kLargest);
}

// Whether it is "Left".
bool reads_left(const Json& json, const char* stage) {
  const Json direction = json.value("direction", Json("Right"));
  check(direction == "Right" || direction == "Left", "{} has \"direction\": {}, expected Right or Left",
        stage, direction.dump());
  return direction == "Left";
}

std::int32_t read_id(const Json& json, const char* field) {
  const Json id = json.value(field, Json(0u));
  check(id.is_number_unsigned() && id.get<std::uint64_t>() < kLargest,
        "padding has \"{}\": {}, expected a token id", field, id.dump());
  return id.get<std::int32_t>();
}

}  // namespace

std::optional<Truncation> read_truncation(const Json& json) {
  if (json.is_null()) return {};
  check(json.is_object(), "truncation is {}, expected an object", json.dump());
  check_fields(json, "truncation", {"direction", "max_length", "strategy", "stride"});
  Truncation truncation{.max_length = read_size(json, "truncation", "max_length", 1)};
  truncation.stride = json.contains("stride") ? read_size(json, "truncation", "stride", 0) : 0;
  truncation.side = reads_left(json, "truncation") ? Truncation::Side::left : Truncation::Side::right;
  const Json wanted = json.value("strategy", Json("LongestFirst"));
  for (const auto& [name, strategy] : kStrategies) {
    if (wanted != name) continue;
    truncation.strategy = strategy;
    return truncation;
  }
  fail("truncation has \"strategy\": {}, expected LongestFirst, OnlyFirst or OnlySecond", wanted.dump());
}

std::optional<Padding> read_padding(const Json& json) {
  if (json.is_null()) return {};
  check(json.is_object(), "padding is {}, expected an object", json.dump());
  check_fields(json, "padding",
               {"strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"});
  Padding padding{.id = read_id(json, "pad_id"), .type_id = read_id(json, "pad_type_id")};
  const Json token = json.value("pad_token", Json("[PAD]"));
  check(token.is_string(), "padding has \"pad_token\": {}, expected a string", token.dump());
  padding.token = token.get<std::string>();
  padding.side = reads_left(json, "padding") ? Padding::Side::left : Padding::Side::right;
  if (json.contains("pad_to_multiple_of") && !json["pad_to_multiple_of"].is_null())
    padding.multiple_of = read_size(json, "padding", "pad_to_multiple_of", 0);
  const Json strategy = json.value("strategy", Json("BatchLongest"));
  if (strategy.is_object() && strategy.size() == 1 && strategy.contains("Fixed")) {
    padding.length = read_size(strategy, "padding", "Fixed", 0);
    check(*padding.length <= (std::size_t{1} << 24), "padding has \"Fixed\": {}, which is too long",
          *padding.length);
  } else {
    check(strategy == "BatchLongest",
          "padding has \"strategy\": {}, expected BatchLongest or {{\"Fixed\": N}}", strategy.dump());
  }
  return padding;
}

nlohmann::ordered_json to_json(const std::optional<Truncation>& truncation) {
  if (!truncation) return nullptr;
  const char* name = "";
  for (const auto& [of, strategy] : kStrategies) {
    if (strategy == truncation->strategy) name = of;
  }
  return {{"direction", truncation->side == Truncation::Side::left ? "Left" : "Right"},
          {"max_length", truncation->max_length},
          {"strategy", name},
          {"stride", truncation->stride}};
}

nlohmann::ordered_json to_json(const std::optional<Padding>& padding) {
  if (!padding) return nullptr;
  using Json = nlohmann::ordered_json;
  const Json fixed = padding->length ? Json{{"Fixed", *padding->length}} : Json("BatchLongest");
  return {{"strategy", fixed},
          {"direction", padding->side == Padding::Side::left ? "Left" : "Right"},
          {"pad_to_multiple_of", padding->multiple_of > 1 ? Json(padding->multiple_of) : Json()},
          {"pad_id", padding->id},
          {"pad_type_id", padding->type_id},
          {"pad_token", padding->token}};
}

}  // namespace attune::text
