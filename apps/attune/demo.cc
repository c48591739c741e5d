// attune demo: trains the Transformer of "Attention Is All You Need" (1706.03762) in about a minute to
// translate dates that people wrote into ISO 8601.
#include <fmt/format.h>

#include <filesystem>

#include "apps/attune/command.h"
#include "apps/attune/demo_dates.h"
#include "apps/attune/demo_tales.h"
#include "apps/attune/translation_run.h"
#include "apps/attune/translator.h"
#include "attune/io/file.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t pairs = 50000, held_out_pairs = 1000, steps = 600;

TranslationRun demo_run(const fs::path& out, const fs::path& text, const fs::path& held_out) {
  TranslationRun run;
  run.train = {text.string()};
  run.valid = {held_out.string()};
  run.tokenizer = "bpe:260";  // Bytes and special tokens: no room for merges, so a token is a character.
  run.layers = 2;
  run.heads = 4;
  run.width = 128;
  run.context = 64;
  run.dropout = 0;
  run.label_smoothing = 0;
  run.batch_tokens = 4096;
  run.place.out = out.string();
  run.place.overwrite = true;
  run.training.max_steps = steps;
  run.training.learning_rate = 2e-3;
  run.training.warmup_steps = 100;
  run.training.eval_steps = steps / 3;
  run.training.save_steps = steps;
  run.training.save_total_limit = 1;
  return run;
}

std::vector<std::string> translate(Translator& translator, std::span<const DatePair> dates) {
  std::vector<std::string> sources, result;
  for (const DatePair& date : dates) sources.push_back(date.source);
  for (auto& translated : translator.translate(sources, [](std::size_t, const std::string&) {}))
    result.push_back(std::move(translated.text));
  return result;
}

std::int64_t exact_matches(std::span<const DatePair> dates, const std::vector<std::string>& translations) {
  std::int64_t right = 0;
  for (std::size_t i = 0; i < dates.size(); ++i) right += translations[i] == dates[i].target;
  return right;
}

void report(const fs::path& out, std::span<const DatePair> held_out) {
  Translator translator({.directory = out.string(), .num_beams = 1, .max_new_tokens = 16, .batch_size = 100});
  const auto right = exact_matches(held_out, translate(translator, held_out));
  fmt::print("\nExact match on {} spellings of dates it never saw: {:.1f} %. Some more, written by hand:\n",
             held_out.size(), 100.0 * static_cast<double>(right) / static_cast<double>(held_out.size()));
  const auto translations = translate(translator, unseen_dates());
  for (std::size_t i = 0; i < translations.size(); ++i) {
    const auto& [source, target] = unseen_dates()[i];
    fmt::print("  {:<42} {}{}\n", source, translations[i],
               translations[i] == target ? "" : fmt::format("  (wrong: it is {})", target));
  }
}

int run(const fs::path& out) {
  fs::create_directories(out);
  const fs::path text = out / "dates.tsv", held_out = out / "held-out-dates.tsv";
  const DateCorpus corpus = demo_dates(pairs, held_out_pairs, /*seed=*/1);
  io::write_text_atomically(text, tab_separated(corpus.training));
  io::write_text_atomically(held_out, tab_separated(corpus.held_out));
  const TranslationRun options = demo_run(out, text, held_out);
  fmt::print(
      "Attune's demo: a Transformer of {0} + {0} layers, {1} heads, width {2} learns to read dates, "
      "character by\n"
      "character: \"{3}\" is {4}. The {5} pairs are made up; every tenth date is held out in all its "
      "spellings.\n\n",
      options.layers, options.heads, options.width, corpus.training[0].source, corpus.training[0].target,
      pairs);
  std::fflush(stdout);
  const auto result = train_translation(options, stderr);
  if (result.end == train::TrainingResult::End::interrupted) {
    fmt::print("\nStopped at step {} of {}. Run 'attune demo' again to start anew.\n", result.steps_done,
               result.max_steps);
    return 128 + result.signal;
  }
  report(out, corpus.held_out);
  fmt::print(
      "\nThe model is in {0}. What to do next:\n"
      "  attune translate {0} \"friday 8 june 1990\"\n"
      "  attune info {0} --shapes\n"
      "  attune train translation --train SRC TGT --valid SRC TGT --out runs/mine\n",
      out.string());
  return 0;
}

}  // namespace

void add_demo(Program& program) {
  auto out = std::make_shared<std::string>("runs/demo");
  CLI::App& verb = *program.app.add_subcommand(
      "demo", "Train a small Transformer in about a minute to translate dates, and see how it does");
  verb.add_option("--out", *out, "Directory of the model")->capture_default_str();
  add_threads(verb);
  add_tales_demo(verb, program);
  verb.callback([out, &program, &verb] {
    if (verb.get_subcommands().empty()) program.exit_code = run(*out);
  });
}

}  // namespace attune::command
