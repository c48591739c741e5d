#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/attune/inspect/info.h"
#include "apps/attune/inspect/loss_plot.h"
#include "attune/base/error.h"
#include "attune/text/tokenizer.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::command {
namespace {

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
  const std::string cache =
      inference.cache > 0 ? fmt::format(" + keys and values {}", mebibytes(inference.cache)) : "";
  fmt::print("  inference, {} positions: {} = weights {}{} + activations {}\n", positions,
             mebibytes(inference.total()), mebibytes(inference.parameters), cache,
             mebibytes(inference.activations));
  fmt::print("  training, {} tokens each: {} = weights {} + gradients and moments {} + activations {}\n",
             tokens, mebibytes(training.total()), mebibytes(training.parameters),
             mebibytes(training.optimizer), mebibytes(training.activations));
}

void print_shapes(const std::string& letters, const std::vector<models::ShapeLine>& shapes) {
  fmt::print("\nShapes ({})\n", letters);
  for (const auto& [block, shape] : shapes) fmt::print("  {:<44}{}\n", block, shape);
}

std::string tokenizer_text(std::string_view kind, std::int64_t size, const text::SpecialTokens& special,
                           const std::function<std::string(std::int32_t)>& token) {
  std::string text = fmt::format("{}, {} tokens", kind, size);
  const auto add = [&](const char* what, const std::optional<std::int32_t>& id) {
    if (id) text += fmt::format(", {} {} ({})", what, token(*id), *id);
  };
  add("end of text", special.eos);
  add("mask", special.mask);
  return text;
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

}  // namespace

std::int64_t tokens_of(const InfoOptions& options, std::int64_t context) {
  if (options.tokens > context)
    fail_usage("--context is {}, the model's context is {}", options.tokens, context);
  return options.tokens > 0 ? options.tokens : context;
}

std::string tokenizer_text(const std::filesystem::path& directory) {
  const char* const files[] = {"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model"};
  if (std::ranges::none_of(files,
                           [&](const char* file) { return std::filesystem::exists(directory / file); }))
    return "none in this directory";
  const auto tokenizer = text::load_tokenizer(directory);
  return tokenizer_text(tokenizer->kind(), tokenizer->vocab_size(), tokenizer->special(),
                        [&](std::int32_t id) { return tokenizer->id_to_token(id); });
}

std::string translation_tokenizer_text(const std::filesystem::path& directory) {
  const auto tokenizer = text::load_translation_tokenizer(directory);
  return tokenizer_text(tokenizer->kind(), tokenizer->vocab_size(), tokenizer->special(),
                        [&](std::int32_t id) { return tokenizer->id_to_token(id); });
}

void print_description(const InfoOptions& options, const Description& description) {
  fmt::print("{}: {}\n\n", options.directory, description.title);
  print_parameters(description.parameters);
  print_memory(description.inference, description.training, options.batch_size, description.positions,
               description.tokens);
  if (options.shapes) print_shapes(description.letters, description.shapes);
  fmt::print("\nTokenizer        {}\n", description.tokenizer);
  print_history(options.directory);
  if (description.table) models::check_weights(description.parameters, *description.table, options.directory);
}

}  // namespace attune::command
