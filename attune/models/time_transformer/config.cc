#include "attune/models/time_transformer/config.h"

#include <array>
#include <string_view>
#include <utility>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"
#include "attune/models/forecasting/forecast_config.h"

namespace attune::models {
namespace {

using Decoding = TimeTransformerConfig::Decoding;
using nn::TemporalEmbeddingKind;
using nn::ValueEmbeddingKind;

template <typename T>
using Names = std::array<std::pair<T, std::string_view>, 3>;

constexpr Names<ValueEmbeddingKind> value_names{{{ValueEmbeddingKind::linear, "linear"},
                                                 {ValueEmbeddingKind::convolution1, "conv1"},
                                                 {ValueEmbeddingKind::convolution3, "conv3"}}};
constexpr Names<TemporalEmbeddingKind> temporal_names{{{TemporalEmbeddingKind::fixed, "fixed"},
                                                       {TemporalEmbeddingKind::learned, "learned"},
                                                       {TemporalEmbeddingKind::scaled, "timeF"}}};
constexpr std::array<std::pair<Decoding, std::string_view>, 2> decoding_names{
    {{Decoding::one_pass, "one_pass"}, {Decoding::autoregressive, "autoregressive"}}};
constexpr std::array<std::pair<ops::ActivationKind, std::string_view>, 2> activation_names{
    {{ops::ActivationKind::relu, "relu"}, {ops::ActivationKind::gelu, "gelu"}}};

template <typename T, std::size_t N>
std::string_view name_in(const std::array<std::pair<T, std::string_view>, N>& names, T value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  fail("a configuration has a value without a name");
}

// The value of a name; throws UsageError for another.
template <typename T, std::size_t N>
T value_in(const std::array<std::pair<T, std::string_view>, N>& names, const char* field,
           std::string_view text) {
  std::string known;
  for (const auto& [value, name] : names) {
    if (name == text) return value;
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", name);
  }
  fail_usage("\"{}\" is \"{}\", expected one of {}", field, text, known);
}

template <typename T, std::size_t N>
void read_name(const ConfigFields& fields, const char* field,
               const std::array<std::pair<T, std::string_view>, N>& names, T& value) {
  std::string text(name_in(names, value));
  fields.read(field, text);
  value = value_in(names, field, text);
}

nn::DataEmbedding::Options embedding(const TimeTransformerConfig& config, std::int64_t channels,
                                     std::int64_t longest) {
  nn::DataEmbedding::Options options{.channels = channels,
                                     .width = config.d_model,
                                     .longest = longest,
                                     .value = config.value_embedding,
                                     .dropout = config.dropout};
  options.temporal = {.covariates = config.sizes.future_covariates,
                      .kind = config.embed,
                      .concatenated = config.concatenate_temporal};
  for (const CalendarField& field : config.sizes.calendar)
    options.temporal.fields.push_back({field.name, field.size});
  return options;
}

}  // namespace

nn::LayerOptions TimeTransformerConfig::layer() const {
  return {.width = d_model,
          .heads = n_heads,
          .hidden = d_ff,
          .activation = activation,
          .dropout = dropout,
          .attention_dropout = dropout,
          .activation_dropout = dropout};
}

nn::DataEmbedding::Options TimeTransformerConfig::encoder_embedding() const {
  return embedding(*this, sizes.channels(), sizes.context);
}

nn::DataEmbedding::Options TimeTransformerConfig::decoder_embedding() const {
  if (decoding == Decoding::one_pass) return embedding(*this, sizes.channels(), label_len + sizes.horizon);
  auto options = embedding(*this, sizes.targets, label_len + sizes.horizon - 1);
  if (options.value == ValueEmbeddingKind::convolution3) options.value = ValueEmbeddingKind::convolution1;
  return options;
}

void TimeTransformerConfig::validate() const {
  validate_forecast(sizes, head);
  const auto within = [](const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most) fail_usage("{} is {}, expected {} .. {}", name, value, least, most);
  };
  const bool rolls = decoding == Decoding::autoregressive;
  within("label_len", label_len, rolls ? 1 : 0, sizes.context);
  within("d_model", d_model, 1, 1 << 20);
  if (d_model % 2 != 0) fail_usage("d_model is {}, expected an even number (sines and cosines)", d_model);
  within("n_heads", n_heads, 1, d_model);
  if (d_model % n_heads != 0)
    fail_usage("n_heads is {}, which does not divide the width of {} (d_model)", n_heads, d_model);
  within("e_layers", e_layers, 1, most_layers);
  within("d_layers", d_layers, 1, most_layers);
  within("d_ff", d_ff, 1, 1 << 24);
  if (!(dropout >= 0 && dropout < 1)) fail_usage("dropout is {}, expected 0 <= dropout < 1", dropout);
}

void read_time_transformer_blocks(const ConfigFields& fields, TimeTransformerConfig& config) {
  for (const char* name : {"seq_len", "pred_len", "enc_in", "c_out"})
    check(fields.has(name), "{}: \"{}\" is missing", fields.path(), name);
  read_forecast(fields, config.sizes, config.head);
  fields.read("label_len", config.label_len);
  fields.read("d_model", config.d_model);
  fields.read("n_heads", config.n_heads);
  fields.read("e_layers", config.e_layers);
  fields.read("d_layers", config.d_layers);
  fields.read("d_ff", config.d_ff);
  fields.read("dropout", config.dropout);
  read_name(fields, "activation", activation_names, config.activation);
  read_name(fields, "value_embedding", value_names, config.value_embedding);
  read_name(fields, "embed", temporal_names, config.embed);
  fields.read("concatenate_temporal", config.concatenate_temporal);
  fields.read("use_norm", config.use_norm);
}

void write_time_transformer_blocks(const TimeTransformerConfig& config, nlohmann::ordered_json& object) {
  write_forecast(config.sizes, config.head, object);
  object["label_len"] = config.label_len;
  object["d_model"] = config.d_model;
  object["n_heads"] = config.n_heads;
  object["e_layers"] = config.e_layers;
  object["d_layers"] = config.d_layers;
  object["d_ff"] = config.d_ff;
  object["dropout"] = config.dropout;
  object["activation"] = name_in(activation_names, config.activation);
  object["value_embedding"] = name_in(value_names, config.value_embedding);
  object["embed"] = name_in(temporal_names, config.embed);
  object["concatenate_temporal"] = config.concatenate_temporal;
  object["use_norm"] = config.use_norm;
}

TimeTransformerConfig read_time_transformer_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "Transformer for time series");
  TimeTransformerConfig config;
  naming_file(path.string(), [&] {
    fields.expect_model_type("time_transformer");
    read_time_transformer_blocks(fields, config);
    read_name(fields, "decoding", decoding_names, config.decoding);
    config.validate();
  });
  return config;
}

void write_time_transformer_config(const TimeTransformerConfig& config,
                                   const std::filesystem::path& directory) {
  nlohmann::ordered_json object = {{"model_type", "time_transformer"}};
  write_time_transformer_blocks(config, object);
  object["decoding"] = name_in(decoding_names, config.decoding);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
}

}  // namespace attune::models
