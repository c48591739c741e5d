// attune info of models that write a text for a text.
#include <fmt/format.h>

#include "apps/attune/inspect/info.h"
#include "attune/models/t5/summary.h"
#include "attune/models/t5/t5.h"
#include "attune/models/transformer/summary.h"
#include "attune/models/transformer/transformer.h"

namespace attune::command {
namespace {

// Relative positions set no limit: shapes and memory are of so many tokens unless --context says otherwise.
constexpr std::int64_t usual_tokens = 512;

}  // namespace

void describe_transformer(const InfoOptions& options) {
  const auto config = models::read_transformer_config(options.directory);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.max_position_embeddings);
  const models::Transformer model(config);
  print_description(
      options,
      {.title = fmt::format(
           "Transformer encoder-decoder, {}+{} layers, {} heads, width {}, feed-forward {}, context {}, "
           "vocabulary {}, tied embeddings",
           config.encoder_layers, config.decoder_layers, config.encoder_attention_heads, config.d_model,
           config.encoder_ffn_dim, config.max_position_embeddings, config.vocab_size),
       .parameters = model.parameters(),
       .table = models::transformer_weight_table(),
       .inference = models::transformer_inference_memory(config, batch, tokens),
       .training = models::transformer_training_memory(config, batch, tokens),
       .positions = tokens,
       .tokens = tokens,
       .letters = "B pairs, S source and T target tokens, D width, H heads, F feed-forward, V vocabulary",
       .shapes = models::transformer_shapes(config, batch, tokens),
       .tokenizer = translation_tokenizer_text(options.directory)});
}

void describe_t5(const InfoOptions& options) {
  const auto model = models::load_t5(options.directory);  // mapped, not read; its output may be tied or not
  const models::T5Config& config = model->config();
  const std::int64_t batch = options.batch_size;
  const std::int64_t tokens = options.tokens > 0 ? tokens_of(options, models::T5::most_tokens) : usual_tokens;
  print_description(
      options,
      {.title = fmt::format(
           "T5 encoder-decoder, {}+{} layers, {} heads of {}, width {}, feed-forward {}{}, {} position "
           "buckets, vocabulary {}{}",
           config.num_layers, config.num_decoder_layers, config.num_heads, config.d_kv, config.d_model,
           config.d_ff, config.is_gated_act ? " gated" : "", config.relative_attention_num_buckets,
           config.vocab_size, config.tie_word_embeddings ? ", tied output" : ""),
       .parameters = model->parameters(),
       .table = {},
       .inference = models::t5_inference_memory(config, batch, tokens),
       .training = models::t5_training_memory(config, batch, tokens),
       .positions = tokens,
       .tokens = tokens,
       .letters = "B pairs, S source and T target tokens, D width, H heads, Dh head width, F feed-forward, V "
                  "vocabulary",
       .shapes = models::t5_shapes(config, batch, tokens),
       .tokenizer = tokenizer_text(options.directory)});
}

}  // namespace attune::command
