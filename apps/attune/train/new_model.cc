#include "apps/attune/train/new_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "attune/base/error.h"

namespace attune::command {

bool is_family(const std::string& model, const Families& families) {
  return std::ranges::find(families, model) != families.end() &&
         !std::filesystem::exists(std::filesystem::path(model) / "config.json");
}

void expect_new_model(const CLI::App& verb, const std::string& model, const Families& families) {
  if (verb.get_option("--model")->count() == 0 || is_family(model, families)) return;
  for (const char* flag : {"--tokenizer", "--layers", "--heads", "--width", "--feed-forward", "--dropout"}) {
    if (verb.get_option(flag)->count() > 0)
      fail_usage("{} is of a new model, that of --model {} has its own", flag, model);
  }
  check(std::filesystem::is_directory(model), "--model {}: expected a model directory{}{}", model,
        families.empty() ? "" : ", or a family to start anew: ", fmt::join(families, ", "));
}

models::T5Config new_t5_config(const std::string& name, const T5Sizes& sizes, std::int64_t vocab_size,
                               const text::SpecialTokens& special) {
  models::T5Config config;
  config.vocab_size = vocab_size;
  config.d_model = sizes.width;
  config.d_kv = sizes.width / sizes.heads;
  config.d_ff = sizes.feed_forward > 0 ? sizes.feed_forward : 4 * sizes.width;
  config.num_layers = config.num_decoder_layers = sizes.layers;
  config.num_heads = sizes.heads;
  config.dropout_rate = sizes.dropout;
  if (name == "t5-v1.1") {
    config.is_gated_act = true;
    config.activation = ops::ActivationKind::gelu_tanh;
    config.tie_word_embeddings = config.scale_decoder_outputs = false;
  }
  check(special.eos && special.pad, "the tokenizer of a T5 needs an end of text and padding");
  config.eos_token_id = *special.eos;
  config.pad_token_id = config.decoder_start_token_id = *special.pad;
  return config;
}

}  // namespace attune::command
