// attune info DIR: what a model is, what it takes, how it was trained.
#include "apps/attune/inspect/info.h"

#include <filesystem>

#include "apps/attune/command.h"
#include "attune/base/error.h"
#include "attune/models/config_fields.h"
#include "attune/models/forecasting/families.h"
#include "attune/models/text/family.h"
#include "attune/models/text/head_kind.h"

namespace attune::command {
namespace {

constexpr std::int64_t most_sequences = 1'000'000;  // more would overflow the sums of large models

void run(const InfoOptions& options) {
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  if (options.batch_size > most_sequences)
    fail_usage("--batch-size is {}, expected at most {}", options.batch_size, most_sequences);
  if (options.tokens < 0) fail_usage("--context is {}, expected 0 (the model's) or more", options.tokens);
  check(std::filesystem::is_directory(options.directory), "{} is not a model directory", options.directory);
  if (models::is_forecaster(options.directory)) return describe_forecaster(options);
  const std::string type = models::read_model_type(options.directory);
  if (type == "marian") return describe_transformer(options);
  if (type == "t5") return describe_t5(options);
  if (type == "prefix-lm") return describe_prefix_lm(options);
  const bool predicts_next = type == "gpt2" || type == "openai-gpt";
  if (models::is_text_family(type) &&
      !(predicts_next && models::read_head_kind(options.directory) == models::HeadKind::language_model))
    return describe_text_model(options);
  if (type == "openai-gpt") return describe_gpt(options);
  describe_gpt2(options);
}

}  // namespace

void add_info(Program& program) {
  auto options = std::make_shared<InfoOptions>();
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
