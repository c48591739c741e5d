// attune info DIR: what a model is, what it takes, how it was trained.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/attune/command.h"
#include "apps/attune/loss_plot.h"
#include "apps/attune/model_options.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/models/config_fields.h"
#include "attune/models/gpt/gpt.h"
#include "attune/models/gpt/summary.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/gpt2/summary.h"
#include "attune/models/prefix_lm/prefix_lm.h"
#include "attune/models/prefix_lm/summary.h"
#include "attune/models/t5/summary.h"
#include "attune/models/t5/t5.h"
#include "attune/models/transformer/summary.h"
#include "attune/models/transformer/transformer.h"
#include "attune/models/weight_table.h"
#include "attune/text/tokenizer.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::command {
namespace {

constexpr std::int64_t most_sequences = 1'000'000;  // more would overflow the sums of large models

struct Options {
  std::string directory;
  bool shapes = false;
  std::int64_t batch_size = 1, tokens = 0;
};

std::string mebibytes(std::int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

// Layers are alike and are counted together.
struct Block {
  std::string name;  // of "decoder.layers.3.self_attention.output.weight": "decoder.layers.*.self_attention"
  std::int64_t parameters = 0;
  std::set<std::string> layers;  // their numbers
};

// The block of a parameter; `layer` becomes its layer's number, or "".
std::string block_of(const std::string& name, std::string& layer) {
  layer.clear();
  const auto layers = name.find("layers.");
  if (layers == std::string::npos) return name.substr(0, name.find('.'));
  const auto number = layers + 7, block = name.find('.', number) + 1;
  layer = name.substr(number, block - 1 - number);
  return name.substr(0, number) + "*." + name.substr(block, name.find('.', block) - block);
}

void print_parameters(const nn::Parameters& parameters) {
  std::vector<Block> blocks;
  for (const nn::Parameter& parameter : parameters.all()) {
    if (!parameter.trained) continue;
    std::string layer;
    const std::string name = block_of(parameter.name, layer);
    const auto found = std::find_if(blocks.begin(), blocks.end(), [&](auto& b) { return b.name == name; });
    Block& block = found == blocks.end() ? blocks.emplace_back(Block{name, 0, {}}) : *found;
    block.parameters += parameter.tensor.elements();
    if (!layer.empty()) block.layers.insert(layer);
  }
  fmt::print("Parameters\n");
  for (const auto& [name, count, layers] : blocks) {
    const auto number = static_cast<std::int64_t>(layers.size());
    fmt::print("  {:<38}{:>14}{}\n", name, fmt::format("{}", count),
               number > 0 ? fmt::format("   {} layers of {}", number, count / number) : "");
  }
  fmt::print("  {:<38}{:>14}\n", "all", parameters.count());
}

void print_memory(const models::MemoryEstimate& inference, const models::MemoryEstimate& training,
                  std::int64_t batch, std::int64_t positions, std::int64_t tokens) {
  fmt::print("\nMemory in float32, batch of {}\n", batch);
  fmt::print("  inference, {} positions: {} = weights {} + keys and values {} + activations {}\n", positions,
             mebibytes(inference.total()), mebibytes(inference.parameters), mebibytes(inference.cache),
             mebibytes(inference.activations));
  fmt::print("  training, {} tokens each: {} = weights {} + gradients and moments {} + activations {}\n",
             tokens, mebibytes(training.total()), mebibytes(training.parameters),
             mebibytes(training.optimizer), mebibytes(training.activations));
}

void print_shapes(const std::string& letters, const std::vector<models::ShapeLine>& shapes) {
  fmt::print("\nShapes ({})\n", letters);
  for (const auto& [block, shape] : shapes) fmt::print("  {:<44}{}\n", block, shape);
}

void print_tokenizer(std::string_view kind, std::int64_t size, const text::SpecialTokens& special,
                     const std::function<std::string(std::int32_t)>& token) {
  fmt::print("\nTokenizer        {}, {} tokens", kind, size);
  if (special.eos) fmt::print(", end of text {} ({})", token(*special.eos), *special.eos);
  fmt::print("\n");
}

void print_tokenizer(const std::filesystem::path& directory) {
  const char* const files[] = {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model"};
  if (std::ranges::none_of(files,
                           [&](const char* file) { return std::filesystem::exists(directory / file); })) {
    fmt::print("\nTokenizer        none in this directory\n");
    return;
  }
  const auto tokenizer = text::load_tokenizer(directory);
  print_tokenizer(tokenizer->kind(), tokenizer->vocab_size(), tokenizer->special(),
                  [&](std::int32_t id) { return tokenizer->id_to_token(id); });
}

std::vector<HistoryPoint> read_history(const std::filesystem::path& log, const char* field) {
  std::vector<HistoryPoint> points;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object() || !object.contains("step") || !object.contains(field)) continue;
    if (object["step"].is_number() && object[field].is_number())
      points.push_back({object["step"], object[field]});
  }
  return points;
}

void print_history(const std::filesystem::path& directory) {
  const auto losses = read_history(directory / "log.jsonl", "loss");
  if (losses.empty()) return;
  fmt::print("\nTraining         {:.0f} steps, loss {:.4f} -> {:.4f}\n", losses.back().step,
             losses.front().loss, losses.back().loss);
  const auto evaluations = read_history(directory / "log.jsonl", "eval_loss");
  if (!evaluations.empty()) {
    const auto best = *std::min_element(evaluations.begin(), evaluations.end(),
                                        [](const auto& a, const auto& b) { return a.loss < b.loss; });
    fmt::print("Validation       loss {:.4f} at the end, best {:.4f} at step {:.0f}\n",
               evaluations.back().loss, best.loss, best.step);
  }
  fmt::print("{}", plot_losses(losses, 64, 10));
}

// --context, or the model's when it is not given.
std::int64_t tokens_of(const Options& options, std::int64_t context) {
  if (options.tokens > context)
    fail_usage("--context is {}, the model's context is {}", options.tokens, context);
  return options.tokens > 0 ? options.tokens : context;
}

void describe_gpt2(const Options& options) {
  const auto config = models::read_gpt2_config(options.directory);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.n_positions);
  fmt::print("{}: GPT-2, {} layers, {} heads, width {}, feed-forward {}, context {}, vocabulary {}{}\n\n",
             options.directory, config.n_layer, config.n_head, config.n_embd, config.n_inner,
             config.n_positions, config.vocab_size, config.tie_word_embeddings ? ", tied output" : "");
  const models::Gpt2 model(config);
  print_parameters(model.parameters());
  print_memory(models::gpt2_inference_memory(config, batch),
               models::gpt2_training_memory(config, batch, tokens), batch, config.n_positions, tokens);
  if (options.shapes)
    print_shapes("B sequences, T tokens, D width, H heads, Dh head width, F feed-forward, V vocabulary",
                 models::gpt2_shapes(config, batch, tokens));
  print_tokenizer(options.directory);
  print_history(options.directory);
  models::check_weights(model.parameters(), models::gpt2_weight_table(), options.directory);
}

void describe_gpt(const Options& options) {
  const auto config = models::read_gpt_config(options.directory);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.n_positions);
  fmt::print(
      "{}: GPT, {} layers, {} heads, width {}, feed-forward {}, context {}, vocabulary {}, tied output\n\n",
      options.directory, config.n_layer, config.n_head, config.n_embd, config.feed_forward_width(),
      config.n_positions, config.vocab_size);
  const models::Gpt model(config);
  print_parameters(model.parameters());
  print_memory(models::gpt_inference_memory(config, batch),
               models::gpt_training_memory(config, batch, tokens), batch, config.n_positions, tokens);
  if (options.shapes)
    print_shapes("B sequences, T tokens, D width, H heads, Dh head width, F feed-forward, V vocabulary",
                 models::gpt_shapes(config, batch, tokens));
  print_tokenizer(options.directory);
  print_history(options.directory);
  models::check_weights(model.parameters(), models::gpt_weight_table(), options.directory);
}

void describe_transformer(const Options& options) {
  const auto config = models::read_transformer_config(options.directory);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.max_position_embeddings);
  fmt::print(
      "{}: Transformer encoder-decoder, {}+{} layers, {} heads, width {}, feed-forward {}, context {}, "
      "vocabulary {}, tied embeddings\n\n",
      options.directory, config.encoder_layers, config.decoder_layers, config.encoder_attention_heads,
      config.d_model, config.encoder_ffn_dim, config.max_position_embeddings, config.vocab_size);
  const models::Transformer model(config);
  print_parameters(model.parameters());
  print_memory(models::transformer_inference_memory(config, batch, tokens),
               models::transformer_training_memory(config, batch, tokens), batch, tokens, tokens);
  if (options.shapes)
    print_shapes("B pairs, S source and T target tokens, D width, H heads, F feed-forward, V vocabulary",
                 models::transformer_shapes(config, batch, tokens));
  const auto tokenizer = text::load_translation_tokenizer(options.directory);
  print_tokenizer(tokenizer->kind(), tokenizer->vocab_size(), tokenizer->special(),
                  [&](std::int32_t id) { return tokenizer->id_to_token(id); });
  print_history(options.directory);
  models::check_weights(model.parameters(), models::transformer_weight_table(), options.directory);
}

// Relative positions set no limit: shapes and memory are of so many tokens unless --context says otherwise.
constexpr std::int64_t usual_tokens = 512;

void describe_t5(const Options& options) {
  const auto model = models::load_t5(options.directory);  // mapped, not read; its output may be tied or not
  const models::T5Config& config = model->config();
  const std::int64_t batch = options.batch_size;
  const std::int64_t tokens = options.tokens > 0 ? tokens_of(options, models::T5::most_tokens) : usual_tokens;
  fmt::print(
      "{}: T5 encoder-decoder, {}+{} layers, {} heads of {}, width {}, feed-forward {}{}, {} position "
      "buckets, "
      "vocabulary {}{}\n\n",
      options.directory, config.num_layers, config.num_decoder_layers, config.num_heads, config.d_kv,
      config.d_model, config.d_ff, config.is_gated_act ? " gated" : "", config.relative_attention_num_buckets,
      config.vocab_size, config.tie_word_embeddings ? ", tied output" : "");
  print_parameters(model->parameters());
  print_memory(models::t5_inference_memory(config, batch, tokens),
               models::t5_training_memory(config, batch, tokens), batch, tokens, tokens);
  if (options.shapes)
    print_shapes(
        "B pairs, S source and T target tokens, D width, H heads, Dh head width, F feed-forward, V "
        "vocabulary",
        models::t5_shapes(config, batch, tokens));
  print_tokenizer(options.directory);
  print_history(options.directory);
}

void describe_prefix_lm(const Options& options) {
  const auto config = models::read_prefix_lm_config(options.directory);
  const models::T5Config& blocks = config.blocks;
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, config.n_positions);
  fmt::print(
      "{}: prefix language model, {} layers, {} heads of {}, width {}, feed-forward {}{}, context {}, "
      "vocabulary {}{}\n\n",
      options.directory, blocks.num_layers, blocks.num_heads, blocks.d_kv, blocks.d_model, blocks.d_ff,
      blocks.is_gated_act ? " gated" : "", config.n_positions, blocks.vocab_size,
      blocks.tie_word_embeddings ? ", tied output" : "");
  const models::PrefixLanguageModel model(config);
  print_parameters(model.parameters());
  print_memory(models::prefix_lm_inference_memory(config, batch),
               models::prefix_lm_training_memory(config, batch, tokens), batch, config.n_positions, tokens);
  if (options.shapes)
    print_shapes("B sequences, T tokens, D width, H heads, Dh head width, F feed-forward, V vocabulary",
                 models::prefix_lm_shapes(config, batch, tokens));
  print_tokenizer(options.directory);
  print_history(options.directory);
  models::check_weights(model.parameters(), models::prefix_lm_weight_table(), options.directory);
}

void run(const Options& options) {
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  if (options.batch_size > most_sequences)
    fail_usage("--batch-size is {}, expected at most {}", options.batch_size, most_sequences);
  if (options.tokens < 0) fail_usage("--context is {}, expected 0 (the model's) or more", options.tokens);
  check(std::filesystem::is_directory(options.directory), "{} is not a model directory", options.directory);
  const std::string type = models::read_model_type(options.directory);
  if (type == "marian") return describe_transformer(options);
  if (type == "openai-gpt") return describe_gpt(options);
  if (type == "t5") return describe_t5(options);
  if (type == "prefix-lm") return describe_prefix_lm(options);
  describe_gpt2(options);
}

}  // namespace

void add_info(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App& verb =
      *program.app.add_subcommand("info", "Describe a model: parameters, shapes, memory, training");
  verb.add_option("directory", options->directory, "Model directory")->required();
  verb.add_flag("--shapes", options->shapes, "Show the shapes through the network");
  verb.add_option("--batch-size", options->batch_size, "Sequences, for shapes and memory")
      ->capture_default_str();
  verb.add_option("--context", options->tokens,
                  "Tokens of each, for shapes and memory (default: the model's context)");
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
