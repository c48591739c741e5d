// attune tokenizer train|encode|decode|info: learns, runs and describes tokenizers.
#include "attune/text/tokenizer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/input/arriving_lines.h"
#include "attune/base/error.h"
#include "attune/text/corpora/line_reader.h"
#include "attune/text/tokenizer_choice.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {
namespace {

using Json = nlohmann::ordered_json;
using UseLine = std::function<void(const std::string& line)>;

struct EncodeRun {
  std::string tokenizer, input;
  std::vector<std::string> words;
  bool has_text = false, no_special_tokens = false, json = false, timings = false;
};

struct DecodeRun {
  std::string tokenizer, input;
  std::vector<std::string> ids;
  bool skip_special_tokens = false, json = false;
};

struct TrainRun {
  std::vector<std::string> files;
  std::string separator, model = "bpe", out;
  std::int64_t vocab_size = 8000;
};

// Lines of the arguments, of a file or of standard input, one after another.
void for_each_line(const std::vector<std::string>& words, bool has_text, const std::string& input,
                   const UseLine& use) {
  if (has_text && !input.empty()) fail_usage("give the text as an argument or with --input, not both");
  if (has_text) return use(fmt::format("{}", fmt::join(words, " ")));
  if (!input.empty()) {
    text::LineReader reader(input);
    for (std::string line; reader.next(line);) use(line);
    return;
  }
  ArrivingLines reader(STDIN_FILENO, "standard input");
  for (auto lines = reader.next(1024); !lines.empty(); lines = reader.next(1024)) {
    for (const std::string& line : lines) use(line);
    check(std::fflush(stdout) == 0, "standard output cannot be written");
  }
}

Json encoding_json(const std::string& line, const text::Encoding& encoding) {
  Json offsets = Json::array();
  for (const auto& [begin, end] : text::character_offsets(line, encoding.offsets))
    offsets.push_back({begin, end});
  return {{"ids", encoding.ids},
          {"tokens", encoding.tokens},
          {"offsets", std::move(offsets)},
          {"type_ids", encoding.type_ids},
          {"word_ids", encoding.word_ids},
          {"special_tokens_mask", encoding.special_tokens_mask},
          {"attention_mask", encoding.attention_mask}};
}

void encode(const EncodeRun& run) {
  const auto tokenizer = text::load_tokenizer(run.tokenizer);
  const text::EncodeOptions options{.add_special_tokens = !run.no_special_tokens,
                                    .truncation = tokenizer->lengths().truncation};
  std::size_t number = 0, bytes = 0, tokens = 0;
  std::chrono::duration<double> seconds{};
  for_each_line(run.words, run.has_text, run.input, [&](const std::string& line) {
    ++number;
    const auto start = std::chrono::steady_clock::now();
    const text::Encoding encoding = [&] {
      try {
        text::Encoding one = tokenizer->encode_single(line, options);
        if (tokenizer->lengths().padding) text::pad({&one, 1}, *tokenizer->lengths().padding);
        return one;
      } catch (const text::EncodeError& error) {
        fail("line {}, offset {}: {}", number + error.line() - 1, error.offset(), error.reason());
      }
    }();
    seconds += std::chrono::steady_clock::now() - start;
    bytes += line.size();
    tokens += encoding.size();
    if (run.json) {
      Json json = encoding_json(line, encoding);
      for (const text::Encoding& window : encoding.overflowing)
        json["overflowing"].push_back(encoding_json(line, window));
      fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
      fmt::print("{}\n", fmt::join(encoding.ids, " "));
    }
  });
  if (run.timings) {
    const Json line = {
        {"lines", number}, {"bytes", bytes}, {"tokens", tokens}, {"encode_seconds", seconds.count()}};
    fmt::print(stderr, "{}\n", line.dump());
  }
}

std::vector<std::int32_t> parse_ids(const std::string& line) {
  std::vector<std::int32_t> ids;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    if (end > at) {
      std::int32_t id = 0;
      const auto [rest, error] = std::from_chars(line.data() + at, line.data() + end, id);
      check(error == std::errc() && rest == line.data() + end,
            "\"{}\" is no token id, expected numbers and blanks", line.substr(at, end - at));
      ids.push_back(id);
    }
    at = end + 1;
  }
  return ids;
}

void decode(const DecodeRun& run) {
  const auto tokenizer = text::load_tokenizer(run.tokenizer);
  for_each_line(run.ids, !run.ids.empty(), run.input, [&](const std::string& line) {
    const std::string text = tokenizer->decode(parse_ids(line), run.skip_special_tokens);
    const std::string valid = text::replace_invalid_utf8(text);
    fmt::print("{}\n", run.json ? Json(valid).dump() : valid);
  });
}

void print_special(const text::Tokenizer& tokenizer, const char* role, std::optional<std::int32_t> id) {
  if (id) fmt::print("  {:<14}{} ({})\n", role, tokenizer.id_to_token(*id), *id);
}

void print_stage(const Json& json, const char* name) {
  const Json& stage = json.at(name);
  if (stage.is_null()) return;
  std::vector<std::string> types;
  for (const char* list : {"normalizers", "pretokenizers", "decoders", "processors"}) {
    for (const Json& part : stage.value(list, Json::array()))
      types.push_back(part.at("type").get<std::string>());
  }
  if (types.empty()) types.push_back(stage.at("type").get<std::string>());
  fmt::print("  {:<16}{}\n", name, fmt::join(types, ", "));
}

void describe(const std::string& path) {
  const auto tokenizer = text::load_tokenizer(path);
  const Json json = tokenizer->to_json();
  fmt::print("{}: {}, {} tokens, {} of them added\n\nStages\n", path, tokenizer->kind(),
             tokenizer->vocab_size(), json.at("added_tokens").size());
  for (const char* stage : {"normalizer", "pre_tokenizer", "model", "post_processor", "decoder"}) {
    print_stage(json, stage);
  }
  const text::SpecialTokens& special = tokenizer->special();
  fmt::print("\nSpecial tokens\n");
  print_special(*tokenizer, "begin", special.bos);
  print_special(*tokenizer, "end", special.eos);
  print_special(*tokenizer, "unknown", special.unk);
  print_special(*tokenizer, "padding", special.pad);
  print_special(*tokenizer, "class", special.cls);
  print_special(*tokenizer, "separator", special.sep);
  print_special(*tokenizer, "mask", special.mask);
  fmt::print("  added to a text: {}, to a pair: {}\n", tokenizer->added_special_tokens(false),
             tokenizer->added_special_tokens(true));
}

void train(const TrainRun& run) {
  constexpr std::int64_t kUnlimited = 1'000'000'000;  // The context is the model's to say.
  constexpr std::string_view kSized[] = {"bpe", "wordpiece", "wordpiece-cased", "unigram"};
  const bool sized = std::ranges::find(kSized, run.model) != std::end(kSized);
  if (!sized && run.model != "char")
    fail_usage("--model is {}, expected {} or char", run.model, fmt::join(kSized, ", "));
  const std::string choice = sized ? fmt::format("{}:{}", run.model, run.vocab_size) : run.model;
  text::TextFiles files{{run.files.begin(), run.files.end()}, std::nullopt};
  if (!run.separator.empty()) files.separator = run.separator;
  const auto tokenizer = text::choose_tokenizer(choice, files);
  std::filesystem::create_directories(run.out);
  text::save_tokenizer(*tokenizer, run.out, kUnlimited);
  fmt::print("{}: {}, {} tokens\n", run.out, tokenizer->kind(), tokenizer->vocab_size());
}

void add_encode(CLI::App& tokenizer) {
  auto run = std::make_shared<EncodeRun>();
  CLI::App& verb = *tokenizer.add_subcommand("encode", "Token ids of a text, or of lines: a line for a line");
  verb.add_option("tokenizer", run->tokenizer, "Directory with a tokenizer, or tokenizer.json")->required();
  auto* text = verb.add_option("text", run->words, "Text to encode (default: standard input, line by line)")
                   ->take_all();
  verb.add_option("--input", run->input, "File to encode line by line; also .gz")->group("Text");
  verb.add_flag("--no-special-tokens", run->no_special_tokens,
                "Without the tokens of the format, such as [CLS]")
      ->group("Output");
  verb.add_flag("--json", run->json, "A JSON object a line: ids, tokens, offsets in characters, masks")
      ->group("Output");
  verb.add_flag("--timings", run->timings, "Print what encoding took as JSON on standard error")
      ->group("Output");
  verb.callback([run, text] {
    run->has_text = text->count() > 0;
    encode(*run);
  });
}

void add_decode(CLI::App& tokenizer) {
  auto run = std::make_shared<DecodeRun>();
  CLI::App& verb = *tokenizer.add_subcommand("decode", "Text of token ids, a line for a line");
  verb.add_option("tokenizer", run->tokenizer, "Directory with a tokenizer, or tokenizer.json")->required();
  verb.add_option("ids", run->ids, "Ids (default: standard input, lines of ids)")->take_all();
  verb.add_option("--input", run->input, "File with lines of ids")->group("Text");
  verb.add_flag("--skip-special-tokens", run->skip_special_tokens, "Leave out tokens of the format")
      ->group("Output");
  verb.add_flag("--json", run->json, "A JSON string a line: a text may have several")->group("Output");
  verb.callback([run] { decode(*run); });
}

void add_tokenizer_info(CLI::App& tokenizer) {
  auto path = std::make_shared<std::string>();
  CLI::App& verb =
      *tokenizer.add_subcommand("info", "Describe a tokenizer: stages, vocabulary, special tokens");
  verb.add_option("tokenizer", *path, "Directory with a tokenizer, or tokenizer.json")->required();
  verb.callback([path] { describe(*path); });
}

void add_tokenizer_train(CLI::App& tokenizer) {
  auto run = std::make_shared<TrainRun>();
  CLI::App& verb = *tokenizer.add_subcommand("train", "Learn a vocabulary from text");
  verb.add_option("--train", run->files, "Text files, plain or .gz")->required()->group("Text");
  verb.add_option("--separator", run->separator, "Line that stands between the documents of a file")
      ->group("Text");
  verb.add_option(
          "--model,--type", run->model,
          "bpe (byte-level), wordpiece (BERT, lower case), wordpiece-cased, unigram (SentencePiece's) or "
          "char (characters)")
      ->capture_default_str()
      ->group("Vocabulary");
  verb.add_option("--vocab-size", run->vocab_size, "Ids in all, but for characters")
      ->capture_default_str()
      ->group("Vocabulary");
  verb.add_option("--out", run->out, "Directory to write")->required()->group("Output");
  verb.callback([run] { train(*run); });
}

}  // namespace

void add_tokenizer(Program& program) {
  CLI::App& verb = *program.app.add_subcommand("tokenizer", "Learn, run and describe tokenizers");
  verb.require_subcommand(1);
  add_tokenizer_train(verb);
  add_encode(verb);
  add_decode(verb);
  add_tokenizer_info(verb);
}

}  // namespace attune::command
