// attune demo text: trains a small GPT in about a minute on a text that the program makes itself.
#include "apps/attune/demo/demo_tales.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/attune/command.h"
#include "apps/attune/demo/demo_text.h"
#include "apps/attune/train/language_model_run.h"
#include "attune/autograd/tape.h"
#include "attune/generate/generate.h"
#include "attune/io/file.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/tasks/language_modeling/language_modeling.h"
#include "attune/text/corpora/corpus.h"
#include "attune/text/tokenizer.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t tales = 4000, held_out_tales = 200, steps = 1500;
constexpr const char* prompt = "One morning the ";

LanguageModelRun demo_run(const fs::path& out, const fs::path& text, const fs::path& held_out) {
  LanguageModelRun run;
  run.train = {text.string()};
  run.valid = {held_out.string()};
  run.layers = 4;
  run.heads = 4;
  run.width = 128;
  run.context = 128;
  run.batch_size = 12;
  run.place.out = out.string();
  run.place.overwrite = true;
  run.training.max_steps = steps;
  run.training.learning_rate = 2e-3;
  run.training.min_learning_rate = 1e-4;
  run.training.warmup_steps = 100;
  run.training.adam_beta2 = 0.99;
  run.training.weight_decay = 0.1;
  run.training.eval_steps = steps / 5;
  run.training.save_steps = steps;
  run.training.save_total_limit = 1;
  return run;
}

std::string sample(const models::CausalLanguageModel& model, const text::Tokenizer& tokenizer) {
  const auto ids = tokenizer.encode(prompt);
  generate::GenerateOptions options;
  options.max_new_tokens = 240;
  options.sampling = {.temperature = 0.7, .seed = 1};
  const auto tokens = generate::generate(model, {{ids.begin(), ids.end()}}, options).front();
  return prompt +
         tokenizer.decode(std::vector<std::int32_t>(tokens.begin(), tokens.end()), /*skip_special=*/true);
}

// The model before it has learned anything: the same sizes and first weights as the run's.
std::string sample_untrained(const LanguageModelRun& run) {
  const auto tokenizer = text::choose_tokenizer(run.tokenizer, {{run.train.begin(), run.train.end()}, {}},
                                                {run.valid.begin(), run.valid.end()});
  models::Gpt2Config config;
  config.vocab_size = tokenizer->vocab_size();
  config.n_positions = run.context;
  config.n_embd = run.width;
  config.n_layer = run.layers;
  config.n_head = run.heads;
  config.n_inner = 4 * run.width;
  const models::Gpt2 model(config);
  Generator generator{.seed = run.training.seed};
  model.parameters().initialize(generator);
  return sample(model, *tokenizer);
}

int run(const fs::path& out) {
  fs::create_directories(out);
  const fs::path text = out / "tales.txt", held_out = out / "held-out-tales.txt";
  io::write_text_atomically(text, demo_text(tales, 1));
  io::write_text_atomically(held_out, demo_text(held_out_tales, 2));
  const LanguageModelRun options = demo_run(out, text, held_out);
  fmt::print(
      "Attune's demo: a GPT of {} layers, {} heads, width {} learns to write small tales, letter by letter.\n"
      "The text is {:.1f} MB that this program made up; {} other tales are held out.\n\n"
      "Before training it writes:\n  {}\n\n",
      options.layers, options.heads, options.width, static_cast<double>(fs::file_size(text)) / 1e6,
      held_out_tales, sample_untrained(options));
  std::fflush(stdout);
  const auto result = train_language_model(options, stderr);
  if (result.end == train::TrainingResult::End::interrupted) {
    fmt::print("\nStopped at step {} of {}. Run 'attune demo text' again to start anew.\n", result.steps_done,
               result.max_steps);
    return 128 + result.signal;
  }
  const auto model = models::load_causal_language_model(out);
  const auto tokenizer = text::load_tokenizer(out);
  fmt::print(
      "\nAfter {} steps in {:.0f} s the loss on held-out tales is {:.3f} nats a letter. Now it writes:\n  "
      "{}\n\n"
      "The model is in {}. What to do next:\n"
      "  attune generate {} --prompt \"In the spring the old baker \"\n"
      "  attune info {} --shapes\n"
      "  attune train lm --train YOUR-TEXT.txt --valid-fraction 0.1 --max-steps 2000 --out runs/mine\n",
      result.steps_done, result.elapsed_seconds, result.best_metric.value_or(0), sample(*model, *tokenizer),
      out.string(), out.string(), out.string());
  return 0;
}

}  // namespace

void add_tales_demo(CLI::App& demo, Program& program) {
  auto out = std::make_shared<std::string>("runs/demo-text");
  CLI::App& verb = *demo.add_subcommand("text", "Train a small GPT in about a minute and see what it writes");
  verb.add_option("--out", *out, "Directory of the model")->capture_default_str();
  add_threads(verb);
  verb.callback([out, &program] { program.exit_code = run(*out); });
}

}  // namespace attune::command
