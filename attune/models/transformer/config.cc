#include "attune/models/transformer/config.h"

#include <algorithm>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using nlohmann::ordered_json;

// What a MarianConfig is where config.json does not say.
TransformerConfig marian_defaults() {
  TransformerConfig config;
  config.vocab_size = 58101;
  config.max_position_embeddings = 1024;
  config.d_model = 1024;
  config.encoder_layers = config.decoder_layers = 12;
  config.encoder_attention_heads = config.decoder_attention_heads = 16;
  config.encoder_ffn_dim = config.decoder_ffn_dim = 4096;
  config.activation_function = ops::ActivationKind::gelu;
  config.scale_embedding = false;
  config.pad_token_id = config.decoder_start_token_id = 58100;
  config.eos_token_id = 0;
  return config;
}

// Beyond the paper's architecture: what other families of the same code, or early versions of it, can say.
void expect_paper(const ConfigFields& fields) {
  fields.expect_model_type("marian");
  fields.refuse("is_encoder_decoder", true);
  fields.refuse("share_encoder_decoder_embeddings", true);
  fields.refuse("tie_word_embeddings", true);
  fields.refuse("static_position_embeddings", true);
  fields.refuse("normalize_before", false);
  fields.refuse("normalize_embedding", false);
  fields.refuse("add_final_layer_norm", false);
  for (const char* name : {"encoder_layerdrop", "decoder_layerdrop"}) {
    double probability = 0;
    fields.read(name, probability);
    check(probability == 0, "{}: \"{}\" is {}, which Attune's Transformer does not have (only 0)",
          fields.path(), name, probability);
  }
}

// "bad_words_ids": sequences that are never generated, of which only single tokens are known here.
void read_suppressed(const ConfigFields& fields, std::vector<std::int64_t>& tokens) {
  if (!fields.has("bad_words_ids")) return;
  std::vector<std::vector<std::int64_t>> sequences;
  fields.read("bad_words_ids", sequences);
  tokens.clear();
  for (const auto& sequence : sequences) {
    check(sequence.size() == 1,
          "{}: \"bad_words_ids\" forbids a sequence of {} tokens, expected single tokens", fields.path(),
          sequence.size());
    tokens.push_back(sequence.front());
  }
}

// A token that ends a target: one id, also where the file lists the only one.
void read_end(const ConfigFields& fields, const char* name, std::int64_t& id) {
  std::vector<std::int64_t> ids;
  if (!fields.is_list(name)) return fields.read(name, id);
  fields.read(name, ids);
  check(ids.size() == 1, "{}: \"{}\" lists {} tokens, expected one", fields.path(), name, ids.size());
  id = ids.front();
}

// A token that the file may take away by null or a number below zero.
void read_optional(const ConfigFields& fields, const char* name, std::optional<std::int64_t>& id) {
  if (!fields.has(name)) return;
  std::int64_t number = -1;
  read_end(fields, name, number);
  id = number >= 0 ? std::optional(number) : std::nullopt;
}

// config.json says it in early checkpoints; generation_config.json has the last word.
void read_generation(const ConfigFields& fields, TransformerConfig& config) {
  fields.read("pad_token_id", config.pad_token_id);
  read_end(fields, "eos_token_id", config.eos_token_id);
  fields.read("decoder_start_token_id", config.decoder_start_token_id);
  read_optional(fields, "bos_token_id", config.bos_token_id);
  read_optional(fields, "forced_eos_token_id", config.forced_eos_token_id);
  read_suppressed(fields, config.suppressed_tokens);
  fields.read("renormalize_logits", config.renormalize_logits);
}

void read_architecture(const ConfigFields& fields, TransformerConfig& config) {
  fields.read("vocab_size", config.vocab_size);
  fields.read("max_position_embeddings", config.max_position_embeddings);
  fields.read("d_model", config.d_model);
  fields.read("encoder_layers", config.encoder_layers);
  fields.read("decoder_layers", config.decoder_layers);
  fields.read("encoder_attention_heads", config.encoder_attention_heads);
  fields.read("decoder_attention_heads", config.decoder_attention_heads);
  fields.read("encoder_ffn_dim", config.encoder_ffn_dim);
  fields.read("decoder_ffn_dim", config.decoder_ffn_dim);
  fields.read("dropout", config.dropout);
  fields.read("attention_dropout", config.attention_dropout);
  fields.read("activation_dropout", config.activation_dropout);
  fields.read("scale_embedding", config.scale_embedding);
  std::string activation(ops::name_of(config.activation_function));
  fields.read("activation_function", activation);
  config.activation_function = ops::activation_from_name(activation);
  std::int64_t decoder_vocabulary = config.vocab_size;
  fields.read("decoder_vocab_size", decoder_vocabulary);
  check(decoder_vocabulary == config.vocab_size,
        "{}: \"decoder_vocab_size\" is {}, expected the {} of \"vocab_size\": the embeddings are shared",
        fields.path(), decoder_vocabulary, config.vocab_size);
}

void set_tokens(const TransformerConfig& config, ordered_json& object) {
  set_token(object, "bos_token_id", config.bos_token_id);
  object["eos_token_id"] = config.eos_token_id;
  object["pad_token_id"] = config.pad_token_id;
  object["decoder_start_token_id"] = config.decoder_start_token_id;
  set_token(object, "forced_eos_token_id", config.forced_eos_token_id);
}

// generation_config.json: as it was read, with the fields that this library knows.
ordered_json generation_of(const TransformerConfig& config) {
  ordered_json object = {{"_from_model_config", false}};
  if (!config.generation_config.empty()) object = ordered_json::parse(config.generation_config);
  set_tokens(config, object);
  if (!object.contains("max_length")) object["max_length"] = config.max_position_embeddings;
  object.erase("bad_words_ids");
  for (const std::int64_t id : config.suppressed_tokens) object["bad_words_ids"].push_back({id});
  if (config.renormalize_logits) object["renormalize_logits"] = true;
  return object;
}

}  // namespace

void TransformerConfig::validate() const {
  const auto positive = [](const char* name, std::int64_t value) {
    if (value < 1) fail_usage("{} is {}, expected at least 1", name, value);
    if (value > (std::int64_t{1} << 31)) fail_usage("{} is {}, which is too large", name, value);
  };
  positive("vocabulary", vocab_size);
  positive("most tokens", max_position_embeddings);
  positive("width", d_model);
  positive("encoder layers", encoder_layers);
  positive("decoder layers", decoder_layers);
  if (const auto most = std::max(encoder_layers, decoder_layers); most > most_layers)
    fail_usage("layers is {}, expected at most {}", most, most_layers);
  positive("feed-forward width", std::min(encoder_ffn_dim, decoder_ffn_dim));
  for (const std::int64_t heads : {encoder_attention_heads, decoder_attention_heads}) {
    positive("heads", heads);
    if (d_model % heads != 0) fail_usage("a width of {} cannot be divided among {} heads", d_model, heads);
  }
  if (d_model % 2 != 0) fail_usage("the width is {}, expected an even number (sines and cosines)", d_model);
  for (const double probability : {dropout, attention_dropout, activation_dropout}) {
    if (!(probability >= 0 && probability < 1))
      fail_usage("dropout is {}, expected 0 <= dropout < 1", probability);
  }
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

nn::LayerOptions TransformerConfig::encoder() const {
  return {.width = d_model,
          .heads = encoder_attention_heads,
          .hidden = encoder_ffn_dim,
          .activation = activation_function,
          .dropout = dropout,
          .attention_dropout = attention_dropout,
          .activation_dropout = activation_dropout};
}

nn::LayerOptions TransformerConfig::decoder() const {
  nn::LayerOptions options = encoder();
  options.heads = decoder_attention_heads;
  options.hidden = decoder_ffn_dim;
  return options;
}

TransformerConfig read_transformer_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json", generation_path = directory / "generation_config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "Transformer");
  expect_paper(fields);
  TransformerConfig config = marian_defaults();
  config.forced_eos_token_id = 0;
  read_architecture(fields, config);
  read_generation(fields, config);
  if (std::filesystem::exists(generation_path)) {
    config.generation_config = io::read_text(generation_path);
    const nlohmann::json generation = read_json_object(generation_path);
    config.forced_eos_token_id.reset();
    read_generation(ConfigFields(generation, generation_path, "Transformer"), config);
  }
  try {
    config.validate();
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
  return config;
}

void write_transformer_config(const TransformerConfig& config, const std::filesystem::path& directory) {
  ordered_json object = {{"architectures", {"MarianMTModel"}},
                         {"model_type", "marian"},
                         {"is_encoder_decoder", true},
                         {"vocab_size", config.vocab_size},
                         {"decoder_vocab_size", config.vocab_size},
                         {"max_position_embeddings", config.max_position_embeddings},
                         {"d_model", config.d_model},
                         {"encoder_layers", config.encoder_layers},
                         {"decoder_layers", config.decoder_layers},
                         {"encoder_attention_heads", config.encoder_attention_heads},
                         {"decoder_attention_heads", config.decoder_attention_heads},
                         {"encoder_ffn_dim", config.encoder_ffn_dim},
                         {"decoder_ffn_dim", config.decoder_ffn_dim},
                         {"activation_function", ops::name_of(config.activation_function)},
                         {"dropout", config.dropout},
                         {"attention_dropout", config.attention_dropout},
                         {"activation_dropout", config.activation_dropout},
                         {"scale_embedding", config.scale_embedding},
                         {"static_position_embeddings", true},
                         {"normalize_before", false},
                         {"normalize_embedding", false},
                         {"share_encoder_decoder_embeddings", true},
                         {"tie_word_embeddings", true},
                         {"torch_dtype", "float32"}};
  set_tokens(config, object);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");

  io::write_text_atomically(directory / "generation_config.json", generation_of(config).dump(2) + "\n");
}

}  // namespace attune::models
