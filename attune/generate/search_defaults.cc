#include "attune/generate/search_defaults.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/models/config_fields.h"

namespace attune::generate {
namespace {

// What changes a translation, each with the value that leaves it as it is. How to draw (temperature,
// top_k...) matters to "do_sample" only.
const std::vector<std::pair<const char*, nlohmann::json>>& neutral_values() {
  static const std::vector<std::pair<const char*, nlohmann::json>> values = {
      {"do_sample", false},
      {"early_stopping", false},
      {"min_length", 0},
      {"min_new_tokens", 0},
      {"repetition_penalty", 1},
      {"encoder_repetition_penalty", 1},
      {"no_repeat_ngram_size", 0},
      {"encoder_no_repeat_ngram_size", 0},
      {"num_beam_groups", 1},
      {"diversity_penalty", 0},
      {"guidance_scale", 1},
      {"penalty_alpha", 0},
      {"forced_bos_token_id", nullptr},
      {"suppress_tokens", nlohmann::json::array()},
      {"begin_suppress_tokens", nlohmann::json::array()},
      {"sequence_bias", nullptr},
      {"exponential_decay_length_penalty", nullptr},
      {"force_words_ids", nullptr},
      {"constraints", nullptr},
      {"stop_strings", nullptr},
      {"watermarking_config", nullptr},
      {"dola_layers", nullptr}};
  return values;
}

template <typename Number>
std::optional<Number> read_number(const models::ConfigFields& fields, const char* name) {
  constexpr Number unset = std::numeric_limits<Number>::lowest();
  Number value = unset;
  fields.read(name, value);
  return value == unset ? std::nullopt : std::optional(value);
}

std::optional<std::int64_t> read_count(const models::ConfigFields& fields, const char* name,
                                       std::int64_t least) {
  const auto value = read_number<std::int64_t>(fields, name);
  check(value.value_or(least) >= least, "{}: \"{}\" is {}, expected at least {}", fields.path(), name,
        value.value_or(0), least);
  return value;
}

}  // namespace

SearchDefaults read_search_defaults(const std::filesystem::path& directory) {
  auto path = directory / "generation_config.json";
  if (!std::filesystem::exists(path)) path = directory / "config.json";
  const nlohmann::json object = models::read_json_object(path);
  const models::ConfigFields fields(object, path, "search");

  SearchDefaults defaults;
  defaults.num_beams = read_count(fields, "num_beams", 1);
  defaults.length_penalty = read_number<double>(fields, "length_penalty");
  defaults.max_new_tokens = read_count(fields, "max_new_tokens", 1);
  if (const auto length = read_count(fields, "max_length", 2); length && !defaults.max_new_tokens)
    defaults.max_new_tokens = *length - 1;
  for (const auto& [name, neutral] : neutral_values()) {
    if (!fields.has(name) || object[name].is_null() || object[name] == neutral) continue;
    defaults.not_done.push_back(fmt::format("{} {}", name, object[name].dump()));
  }
  return defaults;
}

}  // namespace attune::generate
