#include "attune/models/patchtst/config.h"

#include <array>
#include <string>
#include <utility>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"
#include "attune/models/forecasting/forecast_config.h"
#include "attune/ops/patches/patches.h"

namespace attune::models {
namespace {

using Norm = PatchTstConfig::Norm;
using Pooling = PatchTstConfig::Pooling;
using Positions = PatchTstConfig::Positions;
using Scaling = PatchTstConfig::Scaling;
using Embedding = nn::TemporalEmbeddingKind;

constexpr std::int64_t most_width = 1 << 20;
constexpr ForecastNames names{.context = "context_length",
                              .horizon = "prediction_length",
                              .channels = "num_input_channels",
                              .targets = "c_out"};

// The words of config.json for values of an enumeration.
template <typename E, std::size_t count>
struct Words {
  const char* field;
  std::array<std::pair<const char*, E>, count> all;

  E read(const std::string& word) const {
    std::string known;
    for (const auto& [name, value] : all) {
      if (word == name) return value;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    fail("\"{}\" is \"{}\", which Attune's PatchTST does not have (only {})", field, word, known);
  }
  const char* write(E value) const {
    for (const auto& [name, known] : all) {
      if (known == value) return name;
    }
    fail("PatchTST: \"{}\" has no such value", field);
  }
};

constexpr Words<Norm, 2> norms{"norm_type", {{{"batchnorm", Norm::batch}, {"layernorm", Norm::layer}}}};
constexpr Words<Positions, 2> positions{
    "positional_encoding_type", {{{"random", Positions::learned}, {"sincos", Positions::sinusoidal}}}};
constexpr Words<Pooling, 1> poolings{"pooling_type", {{{"mean", Pooling::mean}}}};
constexpr Words<Scaling, 2> scalings{"scaling",
                                     {{{"std", Scaling::deviation}, {"mean", Scaling::magnitude}}}};
constexpr Words<Embedding, 3> effects{
    "calendar_effect",
    {{{"timeF", Embedding::scaled}, {"fixed", Embedding::fixed}, {"learned", Embedding::learned}}}};

template <typename E, std::size_t count>
void read_word(const ConfigFields& fields, const Words<E, count>& words, E& value) {
  std::string word = words.write(value);
  fields.read(words.field, word);
  value = words.read(word);
}

// What Hugging Face takes where a field is absent.
PatchTstConfig absent() {
  PatchTstConfig config;
  config.sizes.context = 32;
  config.sizes.horizon = 24;
  config.patch_length = config.patch_stride = 1;
  config.num_attention_heads = 4;
  config.ffn_dim = 512;
  config.pre_norm = true;
  config.positional_encoding_type = Positions::sinusoidal;
  config.pooling_type = Pooling::mean;
  config.ff_dropout = config.path_dropout = 0;
  config.end_padding = config.missing_at_mean = false;
  return config;
}

// null, or a word; of "scaling" also true ("mean") and false (none).
void read_pooling_and_scaling(const ConfigFields& fields, PatchTstConfig& config) {
  for (const char* name : {"scaling_dim", "keepdim", "minimum_scale", "default_scale"})
    check(!fields.has(name), "\"{}\" is given, which Attune's PatchTST does not have", name);
  if (fields.has("pooling_type")) {
    std::string word;
    fields.read("pooling_type", word);
    config.pooling_type = word.empty() ? Pooling::none : poolings.read(word);
  }
  if (!fields.has("scaling")) return;
  nlohmann::json scaling;
  fields.read("scaling", scaling);
  if (scaling.is_null() || scaling == false) {
    config.scaling = Scaling::none;
  } else if (scaling == true) {
    config.scaling = Scaling::magnitude;
  } else {
    check(scaling.is_string(), "\"scaling\" is {}, expected a word, true, false or null", scaling.dump());
    config.scaling = scalings.read(scaling.get<std::string>());
  }
}

void read_head(const ConfigFields& fields, PatchTstConfig& config) {
  if (fields.has("head")) return;  // read_forecast() has read it
  std::string loss = "mse", distribution = "student_t";
  fields.read("loss", loss);
  fields.read("distribution_output", distribution);
  if (loss == "mse") return;
  check(distribution == "student_t",
        "\"distribution_output\" is \"{}\", which Attune's PatchTST does not have (only student_t)",
        distribution);
  config.head.kind = ForecastHead::Kind::student_t;
}

void read_sizes(const ConfigFields& fields, PatchTstConfig& config) {
  fields.read("patch_length", config.patch_length);
  fields.read("patch_stride", config.patch_stride);
  fields.read("num_hidden_layers", config.num_hidden_layers);
  fields.read("d_model", config.d_model);
  fields.read("num_attention_heads", config.num_attention_heads);
  fields.read("ffn_dim", config.ffn_dim);
  fields.read("norm_eps", config.norm_eps);
  fields.read("attention_dropout", config.attention_dropout);
  fields.read("positional_dropout", config.positional_dropout);
  fields.read("path_dropout", config.path_dropout);
  fields.read("ff_dropout", config.ff_dropout);
  fields.read("head_dropout", config.head_dropout);
  fields.read("init_std", config.init_std);
}

void read_kinds(const ConfigFields& fields, PatchTstConfig& config) {
  fields.read("share_embedding", config.share_embedding);
  fields.read("channel_attention", config.channel_attention);
  fields.read("bias", config.bias);
  fields.read("pre_norm", config.pre_norm);
  fields.read("use_cls_token", config.use_cls_token);
  fields.read("share_projection", config.share_projection);
  read_word(fields, norms, config.norm_type);
  read_word(fields, positions, config.positional_encoding_type);
  read_pooling_and_scaling(fields, config);
  std::string activation(ops::name_of(config.activation_function));
  fields.read("activation_function", activation);
  config.activation_function = ops::activation_from_name(activation);
  read_head(fields, config);
  fields.read("end_padding", config.end_padding);
  fields.read("missing_at_mean", config.missing_at_mean);
  std::string effect;
  fields.read(effects.field, effect);
  if (!effect.empty()) config.calendar_effect = effects.read(effect);
}

// What Hugging Face's model does not have, where it is used.
void write_own(const PatchTstConfig& config, nlohmann::ordered_json& object) {
  const ForecastSizes& sizes = config.sizes;
  if (sizes.past_covariates == 0) object.erase(names.targets);
  if (sizes.future_covariates == 0) object.erase("future_covariates");
  if (sizes.calendar.empty()) object.erase("calendar");
  if (config.head.kind != ForecastHead::Kind::quantiles) object.erase("head");
  if (config.end_padding) object["end_padding"] = true;
  if (config.missing_at_mean) object["missing_at_mean"] = true;
  if (config.calendar_effect) object[effects.field] = effects.write(*config.calendar_effect);
}

// As PyTorch calls it.
const char* dtype_name(io::StoredType type) {
  return type == io::StoredType::f16 ? "float16" : type == io::StoredType::bf16 ? "bfloat16" : "float32";
}

}  // namespace

std::int64_t PatchTstConfig::patches() const {
  return ops::patch_count(
      sizes.context,
      {.length = patch_length, .stride = patch_stride, .padding = end_padding ? patch_stride : 0});
}

void PatchTstConfig::validate() const {
  validate_forecast(sizes, head);
  const auto within = [](const char* name, std::int64_t value, std::int64_t most) {
    if (value < 1 || value > most) fail_usage("{} is {}, expected 1 .. {}", name, value, most);
  };
  if (patch_length < 1 || patch_length >= sizes.context)
    fail_usage("patch_length is {}, expected at least 1 and less than the {} steps of the past", patch_length,
               sizes.context);
  within("patch_stride", patch_stride, sizes.context);
  within("d_model", d_model, most_width);
  within("num_attention_heads", num_attention_heads, d_model);
  if (d_model % num_attention_heads != 0)
    fail_usage("d_model {} cannot be divided among {} num_attention_heads", d_model, num_attention_heads);
  within("num_hidden_layers", num_hidden_layers, most_layers);
  within("ffn_dim", ffn_dim, most_width);
  if (!(norm_eps > 0)) fail_usage("norm_eps is {}, expected a positive number", norm_eps);
  if (!(init_std > 0)) fail_usage("init_std is {}, expected a positive number", init_std);
  for (const auto& [name, value] : {std::pair("attention_dropout", attention_dropout),
                                    {"positional_dropout", positional_dropout},
                                    {"path_dropout", path_dropout},
                                    {"ff_dropout", ff_dropout},
                                    {"head_dropout", head_dropout}}) {
    if (!(value >= 0 && value < 1)) fail_usage("{} is {}, expected 0 <= dropout < 1", name, value);
  }
  if ((!share_embedding || !share_projection) && sizes.channels() > most_layers)
    fail_usage("{} channels with maps of their own, expected at most {}", sizes.channels(), most_layers);
  if (sizes.past_covariates > 0 && !channel_attention)
    fail_usage(
        "PatchTST forecasts each channel from its own past: without channel_attention it has no use for past "
        "covariates ({} given)",
        sizes.past_covariates);
  if (sizes.future_covariates > 0 && !calendar_effect)
    fail_usage("PatchTST without calendar_effect has no use for future covariates ({} given)",
               sizes.future_covariates);
  if (calendar_effect && sizes.calendar.empty() && sizes.future_covariates == 0)
    fail_usage("calendar_effect without a calendar and without future covariates");
}

PatchTstConfig read_patchtst_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "PatchTST");
  PatchTstConfig config = absent();
  naming_file(path.string(), [&] {
    fields.expect_model_type("patchtst");
    read_forecast(fields, config.sizes, config.head, names);
    read_sizes(fields, config);
    read_kinds(fields, config);
    config.validate();
  });
  return config;
}

void write_patchtst_config(const PatchTstConfig& config, const std::filesystem::path& directory,
                           io::StoredType type) {
  nlohmann::ordered_json object = {{"architectures", {"PatchTSTForPrediction"}}, {"model_type", "patchtst"}};
  write_forecast(config.sizes, config.head, object, names);
  const bool is_distribution = config.head.kind == ForecastHead::Kind::student_t;
  object["loss"] = is_distribution ? "nll" : "mse";
  object["distribution_output"] = "student_t";
  object["patch_length"] = config.patch_length;
  object["patch_stride"] = config.patch_stride;
  object["num_hidden_layers"] = config.num_hidden_layers;
  object["d_model"] = config.d_model;
  object["num_attention_heads"] = config.num_attention_heads;
  object["ffn_dim"] = config.ffn_dim;
  object["bias"] = config.bias;
  object["activation_function"] = ops::name_of(config.activation_function);
  object["norm_type"] = norms.write(config.norm_type);
  object["norm_eps"] = config.norm_eps;
  object["pre_norm"] = config.pre_norm;
  object["positional_encoding_type"] = positions.write(config.positional_encoding_type);
  object["share_embedding"] = config.share_embedding;
  object["channel_attention"] = config.channel_attention;
  object["use_cls_token"] = config.use_cls_token;
  object["pooling_type"] = nullptr;
  if (config.pooling_type != Pooling::none) object["pooling_type"] = poolings.write(config.pooling_type);
  object["share_projection"] = config.share_projection;
  object["scaling"] = nullptr;
  if (config.scaling != Scaling::none) object["scaling"] = scalings.write(config.scaling);
  object["attention_dropout"] = config.attention_dropout;
  object["positional_dropout"] = config.positional_dropout;
  object["path_dropout"] = config.path_dropout;
  object["ff_dropout"] = config.ff_dropout;
  object["head_dropout"] = config.head_dropout;
  object["init_std"] = config.init_std;
  object["do_mask_input"] = false;
  object["dtype"] = dtype_name(type);
  write_own(config, object);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
}

}  // namespace attune::models
