// attune embed DIR [TEXT...]: texts as vectors, or the texts that are nearest to a query.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/input/text_requests.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/model_options.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/io/npy.h"
#include "attune/tasks/embedding/text_embedding.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  TextRequest request;
  std::optional<std::string> query;  // --rank
  std::optional<std::string> prompt, prompt_name;
  std::int64_t top_k = 10;
  bool timings = false;

  bool ends_with(const char* extension) const {
    return std::filesystem::path(request.out).extension() == extension;
  }
  bool writes_json() const { return request.json || ends_with(".jsonl"); }
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// How long batches took, each from the end of the one before: its share of tokenising and writing counts.
class BatchTimes {
 public:
  void batch_done() {
    seconds_.push_back(seconds_since(last_));
    last_ = Clock::now();
  }
  void print(std::size_t texts) const {
    const nlohmann::ordered_json times = {{"texts", texts}, {"batch_seconds", seconds_}};
    fmt::print(stderr, "{}\n", times.dump());
  }

 private:
  Clock::time_point last_ = Clock::now();
  std::vector<double> seconds_;
};

// Vectors of texts as they come, and the texts where they are wanted again.
class Embedding {
 public:
  explicit Embedding(const Options& options)
      : options_(options),
        embedder_(options.request.directory, {.type = loaded_type(options.request.dtype)}) {}

  std::size_t width() const { return static_cast<std::size_t>(embedder_.width()); }

  std::vector<float> embed(std::span<const std::string> texts, const std::string& prompt) {
    const auto batch_done = [this] { times_.batch_done(); };
    auto vectors = embedder_.embed(texts, {.prompt = prompt,
                                           .batch_size = options_.request.batch_size,
                                           .how = context_of(options_.request.dtype),
                                           .after_batch = batch_done});
    check_scores(vectors, options_.request.directory);
    return vectors;
  }

  // Calls visit(texts, vectors) for stretches of the texts of the request.
  template <typename Visit>
  void for_each_stretch(const std::string& prompt, Visit visit) {
    std::size_t count = 0;
    times_ = {};
    const auto most = static_cast<std::size_t>(32 * options_.request.batch_size);
    command::for_each_stretch(options_.request, most, [&](std::span<const RequestedText> stretch) {
      std::vector<std::string> texts;
      for (const RequestedText& text : stretch) texts.push_back(text.first);
      count += texts.size();
      const std::vector<float> vectors = embed(texts, prompt);
      visit(std::move(texts), vectors);
    });
    if (options_.timings) times_.print(count);
  }

  // What is put before texts: what the user says, or else what the model wants.
  std::string prompt_or(const std::string& default_prompt) const {
    if (options_.prompt) return *options_.prompt;
    return options_.prompt_name ? embedder_.prompt_named(*options_.prompt_name) : default_prompt;
  }
  const tasks::TextEmbedder& embedder() const { return embedder_; }

 private:
  const Options& options_;
  tasks::TextEmbedder embedder_;
  BatchTimes times_;
};

// Text as JSON takes it.
nlohmann::ordered_json json_text(const std::string& text) { return text::replace_invalid_utf8(text); }

std::string line_of(const std::string& text, std::span<const float> vector, const Options& options) {
  if (!options.writes_json()) return fmt::format("{}\n", fmt::join(vector, " "));
  // The shortest digits that give the same float32: the JSON library would write those of a double.
  return fmt::format("{{\"text\":{},\"embedding\":[{}]}}\n", json_text(text).dump(), fmt::join(vector, ","));
}

void write_array(Embedding& embedding, const Options& options) {
  std::vector<float> all;
  embedding.for_each_stretch(embedding.prompt_or(embedding.embedder().prompt()),
                             [&](const std::vector<std::string>&, const std::vector<float>& vectors) {
                               all.insert(all.end(), vectors.begin(), vectors.end());
                             });
  io::write_npy(options.request.out, all, all.size() / embedding.width(), embedding.width());
}

void write_lines(Embedding& embedding, const Options& options) {
  Answers answers(options.request.out);
  embedding.for_each_stretch(embedding.prompt_or(embedding.embedder().prompt()),
                             [&](const std::vector<std::string>& texts, const std::vector<float>& vectors) {
                               std::string lines;
                               const std::size_t width = embedding.width();
                               for (std::size_t i = 0; i < texts.size(); ++i)
                                 lines +=
                                     line_of(texts[i], std::span(vectors).subspan(i * width, width), options);
                               answers.write(lines);
                             });
  answers.finish();
}

void rank(Embedding& embedding, const Options& options) {
  std::vector<std::string> texts;
  std::vector<float> vectors;
  embedding.for_each_stretch(embedding.embedder().document_prompt(),
                             [&](std::vector<std::string> some, const std::vector<float>& theirs) {
                               std::ranges::move(some, std::back_inserter(texts));
                               vectors.insert(vectors.end(), theirs.begin(), theirs.end());
                             });
  const std::string prompt = embedding.prompt_or(embedding.embedder().query_prompt());
  const auto query = embedding.embed(std::span(&*options.query, 1), prompt);
  Answers answers(options.request.out);
  std::string lines;
  for (const auto& [index, similarity] :
       tasks::rank_texts(query, vectors, static_cast<std::size_t>(options.top_k))) {
    const nlohmann::ordered_json json = {
        {"index", index}, {"similarity", similarity}, {"text", json_text(texts[index])}};
    lines +=
        options.writes_json() ? json.dump() + "\n" : fmt::format("{:.4f}\t{}\n", similarity, texts[index]);
  }
  answers.write(lines);
  answers.finish();
}

void run(const Options& options) {
  validate(options.request);
  if (options.top_k < 1) fail_usage("--top-k is {}, expected at least 1", options.top_k);
  if (options.prompt && options.prompt_name) fail_usage("--prompt and --prompt-name exclude one another");
  const bool array = options.ends_with(".npy");
  if (array && options.query)
    fail_usage("--rank writes texts, not vectors: --out is {}", options.request.out);
  if (array && options.request.json) fail_usage("--json goes with lines, not with {}", options.request.out);
  Embedding embedding(options);
  if (options.query) return rank(embedding, options);
  array ? write_array(embedding, options) : write_lines(embedding, options);
}

}  // namespace

void add_embed(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand(
      "embed", "Texts as vectors, by any encoder or as a sentence-transformers directory says");
  o.request.takes_pairs = false;
  add_request_flags(verb, o.request, "embed");
  verb.get_option("--out")->description(
      "File to write instead of standard output: .npy, NumPy's float32 (texts, width), or .jsonl, JSON "
      "lines");
  verb.add_option("--rank", o.query, "Query: print the texts that are nearest to it by cosine similarity")
      ->group("Data");
  add_value(verb, "Output", "--top-k", o.top_k, "With --rank: texts to print, the nearest first");
  verb.add_option("--prompt", o.prompt,
                  "Text to put before every text (with --rank, before the query) instead of the model's own")
      ->group("Data");
  verb.add_option("--prompt-name", o.prompt_name,
                  "The same, by its name in config_sentence_transformers.json")
      ->group("Data");
  verb.add_flag("--timings", o.timings, "Print seconds a batch as one JSON line on standard error")
      ->group("Machine");
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
