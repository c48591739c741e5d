// attune info of models that predict the next token.
#include <fmt/format.h>

#include "apps/attune/inspect/info.h"
#include "attune/models/gpt/gpt.h"
#include "attune/models/gpt/summary.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/gpt2/summary.h"
#include "attune/models/prefix_lm/prefix_lm.h"
#include "attune/models/prefix_lm/summary.h"

namespace attune::command {
namespace {

constexpr const char* letters =
    "B sequences, T tokens, D width, H heads, Dh head width, F feed-forward, V vocabulary";

}  // namespace

void describe_gpt2(const InfoOptions& options) {
  const auto config = models::read_gpt2_config(options.directory);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.n_positions);
  const models::Gpt2 model(config);
  print_description(options,
                    {.title = fmt::format(
                         "GPT-2, {} layers, {} heads, width {}, feed-forward {}, context {}, vocabulary {}{}",
                         config.n_layer, config.n_head, config.n_embd, config.n_inner, config.n_positions,
                         config.vocab_size, config.tie_word_embeddings ? ", tied output" : ""),
                     .parameters = model.parameters(),
                     .table = models::gpt2_weight_table(),
                     .inference = models::gpt2_inference_memory(config, batch),
                     .training = models::gpt2_training_memory(config, batch, tokens),
                     .positions = config.n_positions,
                     .tokens = tokens,
                     .letters = letters,
                     .shapes = models::gpt2_shapes(config, batch, tokens),
                     .tokenizer = tokenizer_text(options.directory)});
}

void describe_gpt(const InfoOptions& options) {
  const auto config = models::read_gpt_config(options.directory);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.n_positions);
  const models::Gpt model(config);
  print_description(
      options,
      {.title = fmt::format(
           "GPT, {} layers, {} heads, width {}, feed-forward {}, context {}, vocabulary {}, tied output",
           config.n_layer, config.n_head, config.n_embd, config.feed_forward_width(), config.n_positions,
           config.vocab_size),
       .parameters = model.parameters(),
       .table = models::gpt_weight_table(),
       .inference = models::gpt_inference_memory(config, batch),
       .training = models::gpt_training_memory(config, batch, tokens),
       .positions = config.n_positions,
       .tokens = tokens,
       .letters = letters,
       .shapes = models::gpt_shapes(config, batch, tokens),
       .tokenizer = tokenizer_text(options.directory)});
}

void describe_prefix_lm(const InfoOptions& options) {
  const auto config = models::read_prefix_lm_config(options.directory);
  const models::T5Config& blocks = config.blocks;
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.n_positions);
  const models::PrefixLanguageModel model(config);
  print_description(
      options,
      {.title = fmt::format(
           "prefix language model, {} layers, {} heads of {}, width {}, feed-forward {}{}, context {}, "
           "vocabulary {}{}",
           blocks.num_layers, blocks.num_heads, blocks.d_kv, blocks.d_model, blocks.d_ff,
           blocks.is_gated_act ? " gated" : "", config.n_positions, blocks.vocab_size,
           blocks.tie_word_embeddings ? ", tied output" : ""),
       .parameters = model.parameters(),
       .table = models::prefix_lm_weight_table(),
       .inference = models::prefix_lm_inference_memory(config, batch),
       .training = models::prefix_lm_training_memory(config, batch, tokens),
       .positions = config.n_positions,
       .tokens = tokens,
       .letters = letters,
       .shapes = models::prefix_lm_shapes(config, batch, tokens),
       .tokenizer = tokenizer_text(options.directory)});
}

}  // namespace attune::command
