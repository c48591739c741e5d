#include "attune/models/text/sentence_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kind = "sentence encoder";

// An object that may be missing: then it says nothing.
Json object_or_none(const fs::path& path) {
  return fs::exists(path) ? read_json_object(path) : Json::object();
}

// A field that may only have one value, or be absent.
void expect(const ConfigFields& fields, const char* name, const std::string& only) {
  std::string value = only;
  fields.read(name, value);
  check(value == only, "{}: \"{}\" is \"{}\", which Attune's {} does not have (only \"{}\")", fields.path(),
        name, value, kind, only);
}

struct Module {
  std::string type;  // "Pooling"
  fs::path directory;
};

// The directory that a module names; none outside of the model's.
fs::path inside(const fs::path& directory, const std::string& path, const fs::path& file) {
  const fs::path relative(path);
  check(!relative.is_absolute() && std::ranges::find(relative, "..") == relative.end(),
        "{}: the path \"{}\" leads out of the directory", file.string(), path);
  return path.empty() ? directory : directory / relative;
}

// "sentence_transformers.models.Pooling", or with more names between.
std::string module_type(const std::string& type, const fs::path& file) {
  check(type.starts_with("sentence_transformers."),
        "{}: the module \"{}\" is not one of sentence-transformers", file.string(), type);
  return type.substr(type.rfind('.') + 1);
}

std::vector<Module> read_modules(const fs::path& directory) {
  const fs::path file = directory / "modules.json";
  try {
    const Json list = Json::parse(io::read_text(file));
    check(list.is_array(), "{}: expected a list of modules", file.string());
    std::vector<Module> modules;
    for (const Json& module : list)
      modules.push_back({module_type(module.at("type").get<std::string>(), file),
                         inside(directory, module.at("path").get<std::string>(), file)});
    return modules;
  } catch (const Json::exception& error) {
    fail("{}: not a list of modules with \"type\" and \"path\": {}", file.string(), error.what());
  }
}

// The tokenizer's "model_max_length", a whole number or 1e30 where there is none.
void read_tokenizer_limit(SentenceConfig& config) {
  const Json tokenizer = object_or_none(config.encoder / "tokenizer_config.json");
  const auto limit = tokenizer.find("model_max_length");
  if (limit == tokenizer.end() || !limit->is_number()) return;
  const auto length = limit->get<double>();
  if (length >= 1 && length < 1e9) config.max_length = static_cast<std::int64_t>(length);
}

void read_encoder(SentenceConfig& config) {
  read_tokenizer_limit(config);
  for (const char* name : {"bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"}) {
    const fs::path file = config.encoder / fmt::format("sentence_{}_config.json", name);
    if (!fs::exists(file)) continue;
    const Json object = read_json_object(file);
    const ConfigFields fields(object, file, kind);
    fields.read("max_seq_length", config.max_length);
    check(config.max_length >= 0, "{}: \"max_seq_length\" is {}, expected a number of tokens", file.string(),
          config.max_length);
    fields.read("do_lower_case", config.lowercase);
    expect(fields, "transformer_task", "feature-extraction");
    expect(fields, "module_output_name", "token_embeddings");
    for (const char* other : {"query_length", "document_length", "query_expansion"})
      check(!fields.has(other) || object.at(other).is_null(),
            "{}: \"{}\" is set, which Attune's {} does not have", file.string(), other, kind);
    return;
  }
}

std::vector<PoolingMode> read_pooling_modes(const Json& object, const fs::path& file) {
  // As versions before 5 say it; in the order in which they put the vectors side by side.
  constexpr std::pair<const char*, PoolingMode> flags[] = {
      {"pooling_mode_cls_token", PoolingMode::cls},
      {"pooling_mode_max_tokens", PoolingMode::max},
      {"pooling_mode_mean_tokens", PoolingMode::mean},
      {"pooling_mode_mean_sqrt_len_tokens", PoolingMode::mean_sqrt_len_tokens},
      {"pooling_mode_weightedmean_tokens", PoolingMode::weighted_mean},
      {"pooling_mode_lasttoken", PoolingMode::last_token}};
  std::vector<PoolingMode> modes;
  const auto named = object.find("pooling_mode");
  if (named != object.end()) {
    const Json list = named->is_array() ? *named : Json::array({*named});
    for (const Json& name : list) modes.push_back(pooling_mode_from_name(name.get<std::string>()));
    check(!modes.empty(), "\"pooling_mode\" is an empty list");
    return modes;
  }
  for (const auto& [name, mode] : flags) {
    bool set = false;
    ConfigFields(object, file, kind).read(name, set);
    if (set) modes.push_back(mode);
  }
  return modes.empty() ? std::vector{PoolingMode::mean} : modes;
}

void read_pooling(const fs::path& directory, SentenceConfig& config) {
  const fs::path file = directory / "config.json";
  const Json object = read_json_object(file);
  const ConfigFields fields(object, file, kind);
  fields.read("word_embedding_dimension", config.pooled_width);
  fields.read("embedding_dimension", config.pooled_width);
  fields.read("include_prompt", config.pooling.include_prompt);
  try {
    config.pooling.modes = read_pooling_modes(object, file);
  } catch (const Json::exception&) {
    fail("{}: \"pooling_mode\" is {}, expected a name or a list of names", file.string(),
         object.at("pooling_mode").dump());
  }
}

// "torch.nn.modules.activation.Tanh"; none for the identity.
std::optional<ops::ActivationKind> torch_activation(const std::string& name, const fs::path& file) {
  using ops::ActivationKind;
  constexpr std::pair<const char*, std::optional<ActivationKind>> known[] = {
      {"Identity", std::nullopt},     {"Tanh", ActivationKind::tanh}, {"ReLU", ActivationKind::relu},
      {"GELU", ActivationKind::gelu}, {"SiLU", ActivationKind::silu}, {"Sigmoid", ActivationKind::sigmoid}};
  const std::string last = name.substr(name.rfind('.') + 1);
  for (const auto& [activation, activation_kind] : known)
    if (name.starts_with("torch.") && last == activation) return activation_kind;
  fail("{}: \"activation_function\" is \"{}\", expected torch's Identity, Tanh, ReLU, GELU, SiLU or Sigmoid",
       file.string(), name);
}

DenseModule read_dense(const fs::path& directory) {
  const fs::path file = directory / "config.json";
  const Json object = read_json_object(file);
  const ConfigFields fields(object, file, kind);
  DenseModule dense{.directory = directory};
  fields.read("in_features", dense.in_features);
  fields.read("out_features", dense.out_features);
  check(dense.in_features > 0 && dense.out_features > 0,
        "{}: \"in_features\" and \"out_features\" are {} and {}, expected at least 1", file.string(),
        dense.in_features, dense.out_features);
  fields.read("bias", dense.bias);
  std::string activation = "torch.nn.modules.activation.Tanh";
  fields.read("activation_function", activation);
  dense.activation = torch_activation(activation, file);
  fields.refuse("use_residual", false);
  expect(fields, "module_input_name", "sentence_embedding");
  expect(fields, "module_output_name", "sentence_embedding");
  return dense;
}

void read_normalize(const fs::path& directory) {
  const fs::path file = directory / "config.json";
  const Json object = object_or_none(file);
  const ConfigFields fields(object, file, kind);
  expect(fields, "module_input_name", "sentence_embedding");
  expect(fields, "module_output_name", "sentence_embedding");
}

// config_sentence_transformers.json: what is put before texts.
void read_prompts(const fs::path& directory, SentenceConfig& config) {
  const fs::path file = directory / "config_sentence_transformers.json";
  const Json object = object_or_none(file);
  const ConfigFields fields(object, file, kind);
  expect(fields, "model_type", "SentenceTransformer");
  fields.read("prompts", config.prompts);
  fields.read("truncate_dim", config.truncate_width);
  check(config.truncate_width >= 0, "{}: \"truncate_dim\" is {}, expected at least 1", file.string(),
        config.truncate_width);
  std::string name;
  fields.read("default_prompt_name", name);
  if (name.empty()) return;
  const auto prompt = config.prompts.find(name);
  check(prompt != config.prompts.end(), "{}: \"default_prompt_name\" is \"{}\", which \"prompts\" lacks",
        file.string(), name);
  config.default_prompt = prompt->second;
}

}  // namespace

SentenceConfig read_sentence_config(const fs::path& directory) {
  check(fs::is_directory(directory), "{} is not a model directory", directory.string());
  SentenceConfig config;
  config.encoder = directory;
  if (!fs::exists(directory / "modules.json")) {
    read_encoder(config);
    return config;
  }
  const auto modules = read_modules(directory);
  const auto sits = [&](std::size_t at, const char* type) {
    check(at < modules.size() && modules[at].type == type,
          "{}: module {} is {}, expected {} (a Transformer, a Pooling, then Dense and Normalize as needed)",
          (directory / "modules.json").string(), at, at < modules.size() ? modules[at].type : "missing",
          type);
  };
  sits(0, "Transformer");
  sits(1, "Pooling");
  config.encoder = modules[0].directory;
  read_encoder(config);
  read_pooling(modules[1].directory, config);
  for (std::size_t i = 2; i < modules.size(); ++i) {
    if (modules[i].type == "Dense") {
      config.modules.emplace_back(read_dense(modules[i].directory));
    } else {
      sits(i, "Normalize");
      read_normalize(modules[i].directory);
      config.modules.emplace_back(NormalizeModule());
    }
  }
  read_prompts(directory, config);
  return config;
}

}  // namespace attune::models
