#include "apps/attune/use/translator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "apps/attune/use/model_options.h"
#include "attune/base/error.h"
#include "attune/generate/search_defaults.h"
#include "attune/io/message.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\v\f\r") == std::string_view::npos; }

// A model may write the end of a line, which would shift all lines behind it.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// What the user asks for, and what the directory does.
generate::SequenceOptions search_options(const TranslatorOptions& options,
                                         const generate::SearchDefaults& defaults) {
  const auto choose = [](const auto& asked, const auto& by_directory, auto otherwise) {
    return asked.value_or(by_directory.value_or(otherwise));
  };
  generate::SequenceOptions search;
  search.num_beams = choose(options.num_beams, defaults.num_beams, options.default_num_beams);
  search.length_penalty =
      choose(options.length_penalty, defaults.length_penalty, Translator::default_length_penalty);
  search.max_new_tokens =
      choose(options.max_new_tokens, defaults.max_new_tokens, Translator::default_max_new_tokens);
  search.ignore_end_of_text = options.ignore_end_of_text;
  search.sampling = options.sampling;
  return search;
}

}  // namespace

void TranslatorOptions::validate() const {
  const auto positive = [](const char* flag, std::int64_t value) {
    if (value < 1) fail_usage("{} is {}, expected at least 1", flag, value);
  };
  positive("--num-beams", num_beams.value_or(1));
  positive("--max-new-tokens", max_new_tokens.value_or(1));
  positive("--batch-size", batch_size);
  if (length_penalty && !std::isfinite(*length_penalty))
    fail_usage("--length-penalty is {}, expected a number", *length_penalty);
  sampling.validate();
}

Translator::Translator(const TranslatorOptions& options) : options_(options) {
  options_.validate();
  check(std::filesystem::is_directory(options_.directory), "{} is not a model directory", options_.directory);
  const auto defaults = generate::read_search_defaults(options_.directory);
  search_ = search_options(options_, defaults);
  if (!defaults.not_done.empty()) {
    io::print_message(stderr,
                      "attune: {} asks for what Attune's search does not do, so it goes without: {}\n",
                      options_.directory, fmt::join(defaults.not_done, ", "));
  }
  model_ = models::load_sequence_to_sequence_model(options_.directory, {loaded_type(options_.dtype)});
  tokenizer_ = text::load_translation_tokenizer(options_.directory);
  check(tokenizer_->vocab_size() <= model_->vocab_size(),
        "{}: the tokenizer has {} tokens, the model takes {}", options_.directory, tokenizer_->vocab_size(),
        model_->vocab_size());
}

std::vector<std::int64_t> Translator::encode(std::string_view sentence, std::size_t index,
                                             const Warn& warn) const {
  const std::string text = options_.prefix + std::string(sentence);
  const std::string valid = text::replace_invalid_utf8(text);
  if (valid != text) warn(index, "has bytes that are not valid UTF-8, read as U+FFFD");
  const auto ids = tokenizer_->encode_source(valid);
  std::vector<std::int64_t> source(ids.begin(), ids.end());
  const std::int64_t most = model_->max_source_length();
  if (static_cast<std::int64_t>(source.size()) > most) {
    warn(index, fmt::format("has {} tokens, the model takes {}: only the beginning is translated",
                            source.size(), most));
    source.resize(static_cast<std::size_t>(most));
    source.back() = model_->end_of_text();
  }
  return source;
}

std::string Translator::text_of(const std::vector<std::int64_t>& tokens) const {
  const std::vector<std::int32_t> ids(tokens.begin(), tokens.end());
  if (!options_.special_tokens) return one_line(tokenizer_->decode_target(ids));
  // Special tokens as they are called, with blanks around them.
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
    end = begin + 1;
    if (tokenizer_->is_special(ids[begin])) {
      parts.push_back(tokenizer_->id_to_token(ids[begin]));
      continue;
    }
    while (end < ids.size() && !tokenizer_->is_special(ids[end])) ++end;
    parts.push_back(one_line(tokenizer_->decode_target(std::span(ids).subspan(begin, end - begin))));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

std::vector<Translated> Translator::translate(std::span<const std::string> sentences, const Warn& warn) {
  std::vector<std::vector<std::int64_t>> sources(sentences.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (is_blank(sentences[i])) continue;
    sources[i] = encode(sentences[i], i, warn);
    source_tokens_ += static_cast<std::int64_t>(sources[i].size());
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sources[a].size() > sources[b].size(); });

  std::vector<Translated> results(sentences.size());
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(options_.batch_size)) {
    const std::size_t last = std::min(order.size(), first + static_cast<std::size_t>(options_.batch_size));
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::vector<std::int64_t>> batch;
    for (std::size_t i = first; i < last; ++i) batch.push_back(std::move(sources[order[i]]));
    const auto sequences = generate::generate_sequences(*model_, batch, search_);
    for (std::size_t i = first; i < last; ++i) {
      const generate::GeneratedSequence& best = sequences[i - first];
      results[order[i]] = {text_of(best.tokens), best.score};
      new_tokens_ += std::ssize(best.tokens);
    }
    batch_seconds_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return results;
}

}  // namespace attune::command
