// attune generate DIR TEXT: continues a text with a language model, streaming it as it goes, or writes one
// for it with an encoder-decoder; many texts line by line.
#include "attune/generate/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/input/text_requests.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/model_options.h"
#include "apps/attune/use/stop_words.h"
#include "apps/attune/use/translator_flags.h"
#include "apps/attune/use/write_texts.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/message.h"
#include "attune/text/streaming_decoder.h"
#include "attune/text/tokenizer.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {
namespace {

// The group of the options that mean nothing to a language model.
constexpr const char* sequence_models = "Encoder-decoders";

struct Options {
  TextRequest request;
  std::string prompt, prompt_file;
  bool has_prompt = false, timings = false, ignore_end_of_text = false;
  std::vector<std::string> stop;
  std::optional<std::int64_t> max_new_tokens;
  std::optional<double> temperature;  // default: 1 of a language model, 0 of an encoder-decoder
  generate::SamplingOptions sampling;
  TranslatorOptions sequence;
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

std::vector<std::int64_t> prompt_tokens(const std::string& prompt, const text::Tokenizer& tokenizer,
                                        const models::CausalLanguageModel& model) {
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

generate::GenerateOptions generate_options(const Options& options) {
  generate::GenerateOptions how{.sampling = options.sampling,
                                .ignore_end_of_text = options.ignore_end_of_text};
  how.max_new_tokens = options.max_new_tokens.value_or(how.max_new_tokens);
  how.sampling.temperature = options.temperature.value_or(1);
  how.sampling.validate();
  return how;
}

struct LanguageModel {
  std::unique_ptr<models::CausalLanguageModel> model;
  std::unique_ptr<text::Tokenizer> tokenizer;

  explicit LanguageModel(const TextRequest& request)
      : model(models::load_causal_language_model(request.directory, {loaded_type(request.dtype)})),
        tokenizer(text::load_tokenizer(request.directory)) {}
};

// Continues one text, on standard output as it goes.
void stream(const Options& options, const std::string& text) {
  Timings timings;
  const generate::GenerateOptions how = generate_options(options);
  const LanguageModel language(options.request);
  timings.load = seconds_since(timings.start);
  const auto prompt = prompt_tokens(text, *language.tokenizer, *language.model);
  timings.prompt_tokens = static_cast<std::int64_t>(prompt.size());

  text::StreamingDecoder decoder(*language.tokenizer);
  StopWords stop(options.stop);
  const auto begin = std::chrono::steady_clock::now();
  generate::generate(*language.model, {prompt}, how, [&](std::size_t, std::int64_t token) {
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

// One continuation a text, in their order: a line, or JSON.
std::string continuations(const Options& options, const LanguageModel& language,
                          std::span<const RequestedText> texts, generate::GenerateOptions how,
                          std::size_t done) {
  const auto batch_size = static_cast<std::size_t>(options.request.batch_size);
  std::string lines;
  for (std::size_t first = 0; first < texts.size(); first += batch_size) {
    std::vector<std::vector<std::int64_t>> prompts;
    for (const auto& [text, second] : texts.subspan(first, std::min(batch_size, texts.size() - first)))
      prompts.push_back(
          prompt_tokens(second ? text + "\t" + *second : text, *language.tokenizer, *language.model));
    how.sampling.seed = options.sampling.seed + done + first;
    for (const auto& tokens : generate::generate(*language.model, prompts, how)) {
      const std::vector<std::int32_t> ids(tokens.begin(), tokens.end());
      StopWords stop(options.stop);
      std::string text = stop.push(text::replace_invalid_utf8(language.tokenizer->decode(ids)));
      if (!stop.found()) text += stop.finish();
      if (options.request.json) {
        lines += nlohmann::ordered_json{{"text", text}}.dump() + "\n";
      } else {
        std::replace(text.begin(), text.end(), '\n', ' ');  // a line a text
        lines += text + "\n";
      }
    }
  }
  return lines;
}

void continue_texts(const Options& options) {
  const TextRequest& request = options.request;
  validate(request);
  if (request.columns.pairs()) fail_usage("--text names two columns, expected one");
  const generate::GenerateOptions how = generate_options(options);
  const LanguageModel language(request);
  Answers answers(request.out);
  std::size_t done = 0;
  for_each_stretch(request, static_cast<std::size_t>(request.batch_size),
                   [&](std::span<const RequestedText> texts) {
                     answers.write(continuations(options, language, texts, how, done));
                     done += texts.size();
                   });
  answers.finish();
}

// The one text that --prompt, --prompt-file or TEXT gives, if there is one.
std::optional<std::string> single_text(const Options& options) {
  if (options.has_prompt) return options.prompt;
  if (!options.prompt_file.empty()) return io::read_text(options.prompt_file);
  if (options.request.texts.size() == 1) return options.request.texts.front();
  return std::nullopt;
}

void write_with_encoder_decoder(const Options& options) {
  WriteRequest request{.texts = options.request, .translator = options.sequence, .timings = options.timings};
  if (!options.stop.empty()) fail_usage("--stop is for language models; {} is none", request.texts.directory);
  if (const auto text = single_text(options)) request.texts.texts = {*text};
  request.translator.default_num_beams = 1;  // as transformers' generate()
  request.translator.max_new_tokens = options.max_new_tokens;
  request.translator.ignore_end_of_text = options.ignore_end_of_text;
  request.translator.sampling = options.sampling;
  request.translator.sampling.temperature = options.temperature.value_or(0);
  write_texts(request);
}

void run(const CLI::App& verb, const Options& options) {
  const TextRequest& request = options.request;
  (void)generate_options(options);  // wrong flags come before a wrong directory
  (void)loaded_type(request.dtype);
  const bool prompt = options.has_prompt || !options.prompt_file.empty();
  if (prompt && (!request.texts.empty() || !request.input.empty()))
    fail_usage("--prompt and --prompt-file exclude TEXT and --input");
  if (is_translation_model(request.directory)) return write_with_encoder_decoder(options);
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_group() == sequence_models && option->count() > 0)
      fail_usage("--{} is for encoder-decoders; {} is none", option->get_lnames().front(), request.directory);
  }
  const bool lines =
      !request.input.empty() || !request.out.empty() || request.json || request.texts.size() > 1;
  if (!lines) return stream(options, single_text(options) ? *single_text(options) : read_standard_input());
  if (!prompt) return continue_texts(options);
  Options with_text = options;
  with_text.request.texts = {*single_text(options)};
  continue_texts(with_text);
}

}  // namespace

void add_generate(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App& verb = *program.app.add_subcommand(
      "generate", "Continue a text with a language model, or write one for it with an encoder-decoder");
  auto& o = *options;
  add_request_flags(verb, o.request, "continue, or to write for");
  verb.remove_option(verb.get_option("--pair"));
  verb.get_option("texts")->description(
      "Texts, each in quotes (default: standard input; all of it is one text for a language model, each line "
      "for an encoder-decoder)");
  auto* prompt = verb.add_option("--prompt", o.prompt, "The text, in another way")->group("Data");
  verb.add_option("--prompt-file", o.prompt_file, "File that is the text")->excludes(prompt)->group("Data");
  verb.add_option("--max-new-tokens", o.max_new_tokens, "Most tokens to write")
      ->default_str("200; of an encoder-decoder generation_config.json's, or 200")
      ->group("Output");
  verb.add_option("--stop", o.stop, "End before this text; may be repeated")
      ->group("Output")
      ->take_all()
      ->allow_extra_args(false);
  verb.add_flag("--ignore-eos", o.ignore_end_of_text, "Go on past the end-of-text token")->group("Output");
  verb.add_option("--temperature", o.temperature, "Randomness; 0 always takes the best token")
      ->default_str("1; of an encoder-decoder 0")
      ->group("Sampling");
  auto& sampling = o.sampling;
  add_value(verb, "Sampling", "--top-k", sampling.top_k, "Choose among the k best; 0 is all");
  add_value(verb, "Sampling", "--top-p", sampling.top_p,
            "Choose among the best that together have this probability");
  add_value(verb, "Sampling", "--min-p", sampling.min_p,
            "Choose among those at least this fraction as probable as the best");
  add_value(verb, "Sampling", "--repetition-penalty", sampling.repetition_penalty,
            "Above 1 discourages tokens that occurred");
  add_value(verb, "Sampling", "--seed", sampling.seed, "Seed of the random numbers");
  o.sequence.default_num_beams = 1;
  add_beam_flags(verb, o.sequence, sequence_models);
  verb.add_option("--prefix", o.sequence.prefix, "Text before every text: 'summarize: '")
      ->group(sequence_models);
  verb.add_flag("--special-tokens", o.sequence.special_tokens, "Write special tokens too: <extra_id_0>")
      ->group(sequence_models);
  verb.add_flag("--timings", o.timings, "Print timings as one JSON line on standard error")->group("Machine");
  verb.callback([options, prompt, &verb] {
    options->has_prompt = prompt->count() > 0;
    run(verb, *options);
  });
}

}  // namespace attune::command
