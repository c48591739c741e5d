#include "attune/models/gpt/config.h"

#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using nlohmann::ordered_json;

// The names that an OpenAIGPTConfig knows. Its "gelu" is the approximation by tanh that others call gelu_new.
struct NamedActivation {
  const char* name;
  ops::ActivationKind kind;
};
constexpr NamedActivation activations[] = {{"gelu", ops::ActivationKind::gelu_tanh},
                                           {"relu", ops::ActivationKind::relu},
                                           {"silu", ops::ActivationKind::silu},
                                           {"swish", ops::ActivationKind::silu}};

ops::ActivationKind activation_of(const std::string& name) {
  for (const auto& [known, kind] : activations) {
    if (name == known) return kind;
  }
  fail("\"afn\" is \"{}\", expected gelu, relu, silu or swish", name);
}

const char* afn_of(ops::ActivationKind kind) {
  for (const auto& [name, known] : activations) {
    if (kind == known) return name;
  }
  fail("GPT: its configuration has no name for the activation {}", ops::name_of(kind));
}

void set_tokens(const GptConfig& config, ordered_json& object) {
  set_token(object, "bos_token_id", config.bos_token_id);
  set_token(object, "eos_token_id", config.eos_token_id);
  set_token(object, "pad_token_id", config.pad_token_id);
}

}  // namespace

void GptConfig::validate() const {
  const auto positive = [](const char* name, std::int64_t value) {
    if (value < 1) fail_usage("{} is {}, expected at least 1", name, value);
    if (value > (std::int64_t{1} << 31)) fail_usage("{} is {}, which is too large", name, value);
  };
  positive("vocab_size", vocab_size);
  positive("n_positions", n_positions);
  positive("n_embd", n_embd);
  positive("n_layer", n_layer);
  if (n_layer > most_layers) fail_usage("n_layer is {}, expected at most {}", n_layer, most_layers);
  positive("n_head", n_head);
  if (n_embd % n_head != 0) fail_usage("a width of {} cannot be divided among {} heads", n_embd, n_head);
  for (double probability : {resid_pdrop, embd_pdrop, attn_pdrop}) {
    if (!(probability >= 0 && probability < 1))
      fail_usage("dropout is {}, expected 0 <= dropout < 1", probability);
  }
  if (!(layer_norm_epsilon > 0))
    fail_usage("layer_norm_epsilon is {}, expected a positive number", layer_norm_epsilon);
}

GptConfig read_gpt_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  return read_gpt_fields(ConfigFields(object, path, "GPT"));
}

GptConfig read_gpt_fields(const ConfigFields& fields) {
  fields.expect_model_type("openai-gpt");
  fields.refuse("tie_word_embeddings", true);
  GptConfig config;
  fields.read("vocab_size", config.vocab_size);
  fields.read("n_ctx", config.n_positions);  // the name in early checkpoints
  fields.read("n_positions", config.n_positions);
  fields.read("n_embd", config.n_embd);
  fields.read("n_layer", config.n_layer);
  fields.read("n_head", config.n_head);
  std::string activation = "gelu";
  fields.read("afn", activation);
  fields.read("resid_pdrop", config.resid_pdrop);
  fields.read("embd_pdrop", config.embd_pdrop);
  fields.read("attn_pdrop", config.attn_pdrop);
  fields.read("layer_norm_epsilon", config.layer_norm_epsilon);
  fields.read("initializer_range", config.initializer_range);
  fields.read("bos_token_id", config.bos_token_id);
  fields.read("eos_token_id", config.eos_token_id);
  fields.read("pad_token_id", config.pad_token_id);
  try {
    config.afn = activation_of(activation);
    config.validate();
  } catch (const Error& error) {
    fail("{}: {}", fields.path(), error.what());
  }
  return config;
}

void write_gpt_config(const GptConfig& config, const std::filesystem::path& directory) {
  ordered_json object = {{"architectures", {"OpenAIGPTLMHeadModel"}},
                         {"model_type", "openai-gpt"},
                         {"vocab_size", config.vocab_size},
                         {"n_positions", config.n_positions},
                         {"n_embd", config.n_embd},
                         {"n_layer", config.n_layer},
                         {"n_head", config.n_head},
                         {"afn", afn_of(config.afn)},
                         {"resid_pdrop", config.resid_pdrop},
                         {"embd_pdrop", config.embd_pdrop},
                         {"attn_pdrop", config.attn_pdrop},
                         {"layer_norm_epsilon", config.layer_norm_epsilon},
                         {"initializer_range", config.initializer_range},
                         {"tie_word_embeddings", true},
                         {"torch_dtype", "float32"}};
  set_tokens(config, object);
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");

  ordered_json generation = {{"_from_model_config", false}};
  set_tokens(config, generation);
  io::write_text_atomically(directory / "generation_config.json", generation.dump(2) + "\n");
}

}  // namespace attune::models
