#include "attune/models/t5/config.h"

#include <algorithm>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using nlohmann::ordered_json;

// "relu", "gated-gelu": HF takes the approximation by tanh for the GELU of a gate.
void read_feed_forward(const std::string& name, T5Config& config) {
  const std::string gated = "gated-";
  config.is_gated_act = name.starts_with(gated);
  const std::string activation = config.is_gated_act ? name.substr(gated.size()) : name;
  config.activation =
      name == "gated-gelu" ? ops::ActivationKind::gelu_tanh : ops::activation_from_name(activation);
}

std::string feed_forward_name(const T5Config& config) {
  if (!config.is_gated_act) return std::string(ops::name_of(config.activation));
  if (config.activation == ops::ActivationKind::gelu_tanh) return "gated-gelu";
  check(config.activation != ops::ActivationKind::gelu,
        "T5: its configuration has no name for a gate with the exact GELU");
  return "gated-" + std::string(ops::name_of(config.activation));
}

void expect_t5(const ConfigFields& fields) {
  fields.expect_model_type("t5");
  fields.refuse("is_encoder_decoder", true);
  fields.refuse("is_decoder", false);
}

void read_end(const ConfigFields& fields, std::int64_t& id) {
  if (!fields.is_list("eos_token_id")) return fields.read("eos_token_id", id);
  std::vector<std::int64_t> ids;
  fields.read("eos_token_id", ids);
  check(ids.size() == 1, "{}: \"eos_token_id\" lists {} tokens, expected one", fields.path(), ids.size());
  id = ids.front();
}

void read_generation(const ConfigFields& fields, T5Config& config) {
  fields.read("pad_token_id", config.pad_token_id);
  config.decoder_start_token_id = config.pad_token_id;
  fields.read("decoder_start_token_id", config.decoder_start_token_id);
  read_end(fields, config.eos_token_id);
  fields.read("forced_eos_token_id", config.forced_eos_token_id);
  fields.refuse("renormalize_logits", false);
  std::vector<std::vector<std::int64_t>> sequences;
  fields.read("bad_words_ids", sequences);
  for (const auto& sequence : sequences) {
    check(sequence.size() == 1,
          "{}: \"bad_words_ids\" forbids a sequence of {} tokens, expected single tokens", fields.path(),
          sequence.size());
    config.suppressed_tokens.push_back(sequence.front());
  }
}

// As PyTorch calls it.
const char* dtype_name(io::StoredType type) {
  return type == io::StoredType::f16 ? "float16" : type == io::StoredType::bf16 ? "bfloat16" : "float32";
}

void set_tokens(const T5Config& config, ordered_json& object) {
  object["pad_token_id"] = config.pad_token_id;
  object["eos_token_id"] = config.eos_token_id;
  object["decoder_start_token_id"] = config.decoder_start_token_id;
}

// generation_config.json: as it was read, with the fields that this library knows.
ordered_json generation_of(const T5Config& config) {
  ordered_json object = {{"_from_model_config", false}};
  if (!config.generation_config.empty()) object = ordered_json::parse(config.generation_config);
  set_tokens(config, object);
  if (config.forced_eos_token_id) object["forced_eos_token_id"] = *config.forced_eos_token_id;
  object.erase("bad_words_ids");
  for (const std::int64_t id : config.suppressed_tokens) object["bad_words_ids"].push_back({id});
  return object;
}

}  // namespace

void read_t5_blocks(const ConfigFields& fields, T5Config& config) {
  fields.read("vocab_size", config.vocab_size);
  fields.read("d_model", config.d_model);
  fields.read("d_kv", config.d_kv);
  fields.read("d_ff", config.d_ff);
  fields.read("num_layers", config.num_layers);
  config.num_decoder_layers = config.num_layers;
  fields.read("num_decoder_layers", config.num_decoder_layers);
  fields.read("num_heads", config.num_heads);
  fields.read("relative_attention_num_buckets", config.relative_attention_num_buckets);
  fields.read("relative_attention_max_distance", config.relative_attention_max_distance);
  fields.read("dropout_rate", config.dropout_rate);
  fields.read("layer_norm_epsilon", config.layer_norm_epsilon);
  fields.read("initializer_factor", config.initializer_factor);
  std::string feed_forward = "relu";
  fields.read("feed_forward_proj", feed_forward);
  read_feed_forward(feed_forward, config);
  fields.read("tie_word_embeddings", config.tie_word_embeddings);
  config.scale_decoder_outputs = config.tie_word_embeddings;  // the sign of version 1.0 before HF 5
  fields.read("scale_decoder_outputs", config.scale_decoder_outputs);
}

void write_t5_blocks(const T5Config& config, io::StoredType type, ordered_json& object) {
  object["vocab_size"] = config.vocab_size;
  object["d_model"] = config.d_model;
  object["d_kv"] = config.d_kv;
  object["d_ff"] = config.d_ff;
  object["num_layers"] = config.num_layers;
  object["num_decoder_layers"] = config.num_decoder_layers;
  object["num_heads"] = config.num_heads;
  object["relative_attention_num_buckets"] = config.relative_attention_num_buckets;
  object["relative_attention_max_distance"] = config.relative_attention_max_distance;
  object["dropout_rate"] = config.dropout_rate;
  object["layer_norm_epsilon"] = config.layer_norm_epsilon;
  object["initializer_factor"] = config.initializer_factor;
  object["feed_forward_proj"] = feed_forward_name(config);
  object["tie_word_embeddings"] = config.tie_word_embeddings;
  object["scale_decoder_outputs"] = config.scale_decoder_outputs;
  object["dtype"] = dtype_name(type);
}

void T5Config::validate() const {
  const auto positive = [](const char* name, std::int64_t value) {
    if (value < 1) fail_usage("{} is {}, expected at least 1", name, value);
    if (value > (std::int64_t{1} << 31)) fail_usage("{} is {}, which is too large", name, value);
  };
  positive("vocab_size", vocab_size);
  positive("d_model", d_model);
  positive("d_kv", d_kv);
  positive("d_ff", d_ff);
  positive("num_layers", num_layers);
  positive("num_decoder_layers", num_decoder_layers);
  if (const auto most = std::max(num_layers, num_decoder_layers); most > most_layers)
    fail_usage("the number of layers is {}, expected at most {}", most, most_layers);
  positive("num_heads", num_heads);
  if (relative_attention_num_buckets < 4 || relative_attention_num_buckets % 2 != 0)
    fail_usage("relative_attention_num_buckets is {}, expected an even number of at least 4",
               relative_attention_num_buckets);
  if (relative_attention_max_distance <= relative_attention_num_buckets / 2)
    fail_usage("relative_attention_max_distance is {}, expected more than half of the {} buckets",
               relative_attention_max_distance, relative_attention_num_buckets);
  if (!(dropout_rate >= 0 && dropout_rate < 1))
    fail_usage("dropout_rate is {}, expected 0 <= dropout < 1", dropout_rate);
  if (!(layer_norm_epsilon > 0))
    fail_usage("layer_norm_epsilon is {}, expected a positive number", layer_norm_epsilon);
  const auto token = [&](const char* name, std::int64_t id) {
    if (id < 0 || id >= vocab_size)
      fail_usage("{} is {}, expected a token of the vocabulary of {}", name, id, vocab_size);
  };
  token("pad_token_id", pad_token_id);
  token("eos_token_id", eos_token_id);
  token("decoder_start_token_id", decoder_start_token_id);
  if (forced_eos_token_id) token("forced_eos_token_id", *forced_eos_token_id);
  for (const std::int64_t id : suppressed_tokens) token("a suppressed token", id);
}

T5Config read_t5_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json", generation_path = directory / "generation_config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "T5");
  T5Config config;
  try {
    expect_t5(fields);
    read_t5_blocks(fields, config);
    read_generation(fields, config);
    if (std::filesystem::exists(generation_path)) {
      config.generation_config = io::read_text(generation_path);
      const nlohmann::json generation = read_json_object(generation_path);
      config.suppressed_tokens.clear();
      read_generation(ConfigFields(generation, generation_path, "T5"), config);
    }
    config.validate();
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(directory.string())) throw;  // it names the file
    fail("{}: {}", path.string(), message);
  }
  return config;
}

void write_t5_config(const T5Config& config, const std::filesystem::path& directory, io::StoredType type) {
  ordered_json object = {
      {"architectures", {"T5ForConditionalGeneration"}}, {"model_type", "t5"}, {"is_encoder_decoder", true}};
  write_t5_blocks(config, type, object);
  set_tokens(config, object);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
  io::write_text_atomically(directory / "generation_config.json", generation_of(config).dump(2) + "\n");
}

}  // namespace attune::models
