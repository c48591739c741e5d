// attune generate DIR --prompt TEXT: continues a text, streaming it as it goes.
#include "attune/generate/generate.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/model_options.h"
#include "apps/attune/stop_words.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/message.h"
#include "attune/text/streaming_decoder.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

struct Options {
  std::string directory, prompt, prompt_file, dtype = "float32";
  bool has_prompt = false, timings = false;
  std::vector<std::string> stop;
  generate::GenerateOptions generate;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Seconds since this process started, by the operating system's clock.
double process_age() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const std::string stat = io::read_text("/proc/self/stat");
  // The command's name may hold spaces; the fields after it are counted from the last parenthesis.
  std::size_t at = stat.rfind(')') + 2;
  for (int field = 3; field < 22; ++field) at = stat.find(' ', at) + 1;
  const double started = std::stod(stat.substr(at)) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - started;
}

std::vector<std::int64_t> prompt_tokens(const Options& options, const text::Tokenizer& tokenizer,
                                        const models::CausalLanguageModel& model) {
  std::string prompt = options.prompt;
  if (!options.prompt_file.empty()) {
    prompt = io::read_text(options.prompt_file);
  } else if (!options.has_prompt) {
    prompt = read_standard_input();
  }
  const auto ids = tokenizer.encode(prompt);
  std::vector<std::int64_t> tokens(ids.begin(), ids.end());
  // A document begins after the end of another.
  if (tokens.empty() && model.end_of_text()) tokens.push_back(*model.end_of_text());
  check(!tokens.empty(), "the prompt is empty and the model has no token to begin with; give --prompt TEXT");
  return tokens;
}

struct Timings {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  double load = 0, prompt = 0, first_token = 0, decode = 0;
  std::int64_t prompt_tokens = 0, new_tokens = 0;

  void print() const {
    const double rate = new_tokens > 1 ? static_cast<double>(new_tokens - 1) / decode : 0;
    const nlohmann::ordered_json line = {{"load_seconds", load},     {"prompt_tokens", prompt_tokens},
                                         {"prompt_seconds", prompt}, {"first_token_seconds", first_token},
                                         {"new_tokens", new_tokens}, {"decode_seconds", decode},
                                         {"tokens_per_second", rate}};
    io::print_message(stderr, "{}\n", line.dump());
  }
};

void print_text(const std::string& text) {
  if (text.empty()) return;
  std::fwrite(text.data(), 1, text.size(), stdout);
  check(std::fflush(stdout) == 0, "standard output cannot be written");
}

void run(const Options& options) {
  Timings timings;
  options.generate.sampling.validate();
  const auto model = models::load_causal_language_model(options.directory, {loaded_type(options.dtype)});
  const auto tokenizer = text::load_tokenizer(options.directory);
  timings.load = seconds_since(timings.start);
  const auto prompt = prompt_tokens(options, *tokenizer, *model);
  timings.prompt_tokens = static_cast<std::int64_t>(prompt.size());

  text::StreamingDecoder decoder(*tokenizer);
  StopWords stop(options.stop);
  const auto begin = std::chrono::steady_clock::now();
  generate::generate(*model, {prompt}, options.generate, [&](std::size_t, std::int64_t token) {
    if (timings.new_tokens++ == 0) {
      timings.prompt = seconds_since(begin);
      timings.first_token = process_age();
    }
    print_text(stop.push(decoder.push(static_cast<std::int32_t>(token))));
    return !stop.found();
  });
  timings.decode = seconds_since(begin) - timings.prompt;
  if (!stop.found()) print_text(stop.push(decoder.finish()) + stop.finish());
  print_text("\n");
  if (options.timings) timings.print();
}

}  // namespace

void add_generate(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App& verb = *program.app.add_subcommand("generate", "Continue a text with a model");
  auto& o = *options;
  verb.add_option("directory", o.directory, "Model directory")->required();
  auto* prompt =
      verb.add_option("--prompt", o.prompt, "Text to continue (default: standard input)")->group("Text");
  verb.add_option("--prompt-file", o.prompt_file, "File with the text to continue")
      ->excludes(prompt)
      ->group("Text");
  add_value(verb, "Text", "--max-new-tokens", o.generate.max_new_tokens, "Most tokens to write");
  verb.add_option("--stop", o.stop, "End before this text; may be repeated")
      ->group("Text")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_flag("--ignore-eos", o.generate.ignore_end_of_text, "Go on past the end-of-text token")
      ->group("Text");
  auto& sampling = o.generate.sampling;
  add_value(verb, "Sampling", "--temperature", sampling.temperature,
            "Randomness; 0 always takes the best token");
  add_value(verb, "Sampling", "--top-k", sampling.top_k, "Choose among the k best; 0 is all");
  add_value(verb, "Sampling", "--top-p", sampling.top_p,
            "Choose among the best that together have this probability");
  add_value(verb, "Sampling", "--min-p", sampling.min_p,
            "Choose among those at least this fraction as probable as the best");
  add_value(verb, "Sampling", "--repetition-penalty", sampling.repetition_penalty,
            "Above 1 discourages tokens that occurred");
  add_value(verb, "Sampling", "--seed", sampling.seed, "Seed of the random numbers");
  add_value(verb, "Machine", "--dtype", o.dtype, "Type of the weights: float32 or bfloat16");
  verb.add_flag("--timings", o.timings, "Print timings as one JSON line on standard error")->group("Machine");
  add_threads(verb);
  verb.callback([options, prompt] {
    options->has_prompt = prompt->count() > 0;
    run(*options);
  });
}

}  // namespace attune::command
