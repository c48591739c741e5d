// attune info DIR: what a model is, what it takes, how it was trained.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/loss_plot.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/gpt2/summary.h"
#include "attune/text/tokenizer.h"

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

// "layers.3.attention.output.weight" -> "layers.*.attention": layers are alike and are counted together.
std::string block_of(const std::string& name) {
  if (!name.starts_with("layers.")) return name.substr(0, name.find('.'));
  const auto block = name.find('.', 7) + 1;
  return "layers.*." + name.substr(block, name.find('.', block) - block);
}

void print_parameters(const nn::Parameters& parameters, std::int64_t layers) {
  std::vector<std::pair<std::string, std::int64_t>> blocks;
  for (const nn::Parameter& parameter : parameters.all()) {
    const std::string block = block_of(parameter.name);
    const auto found =
        std::find_if(blocks.begin(), blocks.end(), [&](const auto& b) { return b.first == block; });
    (found == blocks.end() ? blocks.emplace_back(block, 0) : *found).second += parameter.tensor.elements();
  }
  fmt::print("Parameters\n");
  for (const auto& [block, count] : blocks) {
    fmt::print(
        "  {:<30}{:>14}{}\n", block, fmt::format("{}", count),
        block.starts_with("layers.*") ? fmt::format("   {} layers of {}", layers, count / layers) : "");
  }
  fmt::print("  {:<30}{:>14}\n", "all", parameters.count());
}

void print_memory(const models::Gpt2Config& config, std::int64_t batch, std::int64_t tokens) {
  const auto inference = models::gpt2_inference_memory(config, batch);
  const auto training = models::gpt2_training_memory(config, batch, tokens);
  fmt::print("\nMemory in float32, batch of {}\n", batch);
  fmt::print("  inference, {} positions: {} = weights {} + keys and values {} + activations {}\n",
             config.n_positions, mebibytes(inference.total()), mebibytes(inference.parameters),
             mebibytes(inference.cache), mebibytes(inference.activations));
  fmt::print("  training, {} tokens each: {} = weights {} + gradients and moments {} + activations {}\n",
             tokens, mebibytes(training.total()), mebibytes(training.parameters),
             mebibytes(training.optimizer), mebibytes(training.activations));
}

void print_tokenizer(const std::filesystem::path& directory) {
  const bool has_tokenizer = std::filesystem::exists(directory / "tokenizer.json") ||
                             std::filesystem::exists(directory / "vocab.json");
  if (!has_tokenizer) {
    fmt::print("\nTokenizer        none in this directory\n");
    return;
  }
  const auto tokenizer = text::load_tokenizer(directory);
  fmt::print("\nTokenizer        {}, {} tokens", tokenizer->kind(), tokenizer->vocab_size());
  const auto& special = tokenizer->special();
  if (special.eos) fmt::print(", end of text {} ({})", tokenizer->id_to_token(*special.eos), *special.eos);
  fmt::print("\n");
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

void run(const Options& options) {
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  if (options.batch_size > most_sequences)
    fail_usage("--batch-size is {}, expected at most {}", options.batch_size, most_sequences);
  if (options.tokens < 0) fail_usage("--context is {}, expected 0 (the model's) or more", options.tokens);
  const std::filesystem::path directory = options.directory;
  check(std::filesystem::is_directory(directory), "{} is not a model directory", options.directory);
  const auto config = models::read_gpt2_config(directory);
  const std::int64_t tokens = options.tokens > 0 ? options.tokens : config.n_positions;
  if (tokens > config.n_positions)
    fail_usage("--context is {}, the model's context is {}", tokens, config.n_positions);
  const models::Gpt2 model(config);

  fmt::print("{}: GPT-2, {} layers, {} heads, width {}, feed-forward {}, context {}, vocabulary {}{}\n\n",
             options.directory, config.n_layer, config.n_head, config.n_embd, config.n_inner,
             config.n_positions, config.vocab_size, config.tie_word_embeddings ? ", tied output" : "");
  print_parameters(model.parameters(), config.n_layer);
  print_memory(config, options.batch_size, tokens);
  if (options.shapes) {
    fmt::print(
        "\nShapes (B sequences, T tokens, D width, H heads, Dh head width, F feed-forward, V vocabulary)\n");
    for (const auto& [block, shape] : models::gpt2_shapes(config, options.batch_size, tokens)) {
      fmt::print("  {:<40}{}\n", block, shape);
    }
  }
  print_tokenizer(directory);
  print_history(directory);
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
