#include "attune/models/gpt2/config.h"

#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using nlohmann::ordered_json;

void expect_gpt2(const ConfigFields& fields) {
  fields.expect_model_type("gpt2");
  fields.refuse("scale_attn_weights", true);
  fields.refuse("scale_attn_by_inverse_layer_idx", false);
  fields.refuse("reorder_and_upcast_attn", false);
  fields.refuse("add_cross_attention", false);
}

}  // namespace

void Gpt2Config::validate() const {
  const auto positive = [](const char* name, std::int64_t value) {
    if (value < 1) fail_usage("{} is {}, expected at least 1", name, value);
    if (value > (std::int64_t{1} << 31)) fail_usage("{} is {}, which is too large", name, value);
  };
  positive("vocabulary", vocab_size);
  positive("context", n_positions);
  positive("width", n_embd);
  positive("layers", n_layer);
  if (n_layer > most_layers) fail_usage("layers is {}, expected at most {}", n_layer, most_layers);
  positive("heads", n_head);
  positive("feed-forward width", n_inner);
  if (n_embd % n_head != 0) fail_usage("a width of {} cannot be divided among {} heads", n_embd, n_head);
  for (double probability : {resid_pdrop, embd_pdrop, attn_pdrop}) {
    if (!(probability >= 0 && probability < 1))
      fail_usage("dropout is {}, expected 0 <= dropout < 1", probability);
  }
  if (!(layer_norm_epsilon > 0))
    fail_usage("layer norm epsilon is {}, expected a positive number", layer_norm_epsilon);
}

Gpt2Config read_gpt2_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  return read_gpt2_fields(ConfigFields(object, path, "GPT-2"));
}

Gpt2Config read_gpt2_fields(const ConfigFields& fields) {
  expect_gpt2(fields);
  Gpt2Config config;
  fields.read("vocab_size", config.vocab_size);
  fields.read("n_ctx", config.n_positions);  // the name in early checkpoints
  fields.read("n_positions", config.n_positions);
  fields.read("n_embd", config.n_embd);
  fields.read("n_layer", config.n_layer);
  fields.read("n_head", config.n_head);
  config.n_inner = 4 * config.n_embd;
  fields.read("n_inner", config.n_inner);
  std::string activation = "gelu_new";
  fields.read("activation_function", activation);
  fields.read("resid_pdrop", config.resid_pdrop);
  fields.read("embd_pdrop", config.embd_pdrop);
  fields.read("attn_pdrop", config.attn_pdrop);
  fields.read("layer_norm_epsilon", config.layer_norm_epsilon);
  fields.read("initializer_range", config.initializer_range);
  fields.read("tie_word_embeddings", config.tie_word_embeddings);
  fields.read("bos_token_id", config.bos_token_id);
  fields.read("eos_token_id", config.eos_token_id);
  fields.read("pad_token_id", config.pad_token_id);
  try {
    config.activation_function = ops::activation_from_name(activation);
    config.validate();
  } catch (const Error& error) {
    fail("{}: {}", fields.path(), error.what());
  }
  return config;
}

void write_gpt2_config(const Gpt2Config& config, const std::filesystem::path& directory) {
  ordered_json object = {{"architectures", {"GPT2LMHeadModel"}},
                         {"model_type", "gpt2"},
                         {"vocab_size", config.vocab_size},
                         {"n_positions", config.n_positions},
                         {"n_embd", config.n_embd},
                         {"n_layer", config.n_layer},
                         {"n_head", config.n_head},
                         {"n_inner", config.n_inner},
                         {"activation_function", ops::name_of(config.activation_function)},
                         {"resid_pdrop", config.resid_pdrop},
                         {"embd_pdrop", config.embd_pdrop},
                         {"attn_pdrop", config.attn_pdrop},
                         {"layer_norm_epsilon", config.layer_norm_epsilon},
                         {"initializer_range", config.initializer_range},
                         {"tie_word_embeddings", config.tie_word_embeddings},
                         {"torch_dtype", "float32"}};
  set_token(object, "bos_token_id", config.bos_token_id);
  set_token(object, "eos_token_id", config.eos_token_id);
  set_token(object, "pad_token_id", config.pad_token_id);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");

  ordered_json generation = {{"_from_model_config", false}};
  set_token(generation, "bos_token_id", config.bos_token_id);
  set_token(generation, "eos_token_id", config.eos_token_id);
  set_token(generation, "pad_token_id", config.pad_token_id);
  io::write_text_atomically(directory / "generation_config.json", generation.dump(2) + "\n");
}

}  // namespace attune::models
