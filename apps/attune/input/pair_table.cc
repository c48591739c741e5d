#include "apps/attune/input/pair_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <filesystem>
#include <optional>
#include <span>
#include <unordered_map>

#include "apps/attune/command.h"
#include "apps/attune/input/text_table.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/text/tables/table.h"

namespace attune::command {
namespace {

// With more than these, what a column calls prefixes are no tasks that anyone wants a figure of each of.
constexpr std::size_t most_tasks = 32;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\v\f\r\n") == text.npos; }

struct PrefixedFile {
  std::string path, prefix;
};

// FILE or FILE=PREFIX. A file may have "=" in its name.
PrefixedFile prefixed(const std::string& argument, const std::string& common) {
  const auto equals = argument.find('=');
  if (equals == argument.npos || std::filesystem::exists(argument)) return {argument, common};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

std::string own_prefix(std::string_view value) {
  if (value.empty()) return "";
  const bool divides = value.ends_with(' ') || value.ends_with('\t') || value.ends_with('\n');
  return std::string(value) + (divides ? "" : ": ");
}

// The prefix as a word that a metric can begin with, "cola_sentence" for "cola sentence: "; without a prefix
// the file's name.
std::string task_name(std::string_view prefix, const std::string& path) {
  std::string name;
  for (const char c : prefix) {
    const bool divides =
        static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) == 0;
    if (!divides) name += c;
    if (divides && !name.empty() && name.back() != '_') name += '_';
  }
  while (name.ends_with('_')) name.pop_back();
  if (!name.empty()) return name;
  const std::string file = std::filesystem::path(path).filename().string();
  return file.substr(0, file.find('.', 1));
}

using Ids = std::vector<std::int32_t>;

// Encodes every text, on all threads. Errors name the text by its number.
template <typename Encode>
std::vector<Ids> encode_all(const std::vector<std::string>& texts, const char* side, Encode&& encode) {
  std::vector<Ids> all(texts.size());
  std::vector<std::optional<std::string>> errors(texts.size());
  cpu::parallel_for(std::ssize(texts), 64, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      try {
        all[i] = encode(texts[i]);
      } catch (const text::EncodeError& error) {
        errors[i] = error.reason();
      }
    }
  });
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i]) fail("{} {} (\"{}\"): {}", side, i + 1, texts[i].substr(0, 60), *errors[i]);
  }
  return all;
}

bool cut(Ids& ids, std::int64_t limit) {
  if (std::ssize(ids) <= limit) return false;
  const std::int32_t end = ids.back();
  ids.resize(static_cast<std::size_t>(limit));
  ids.back() = end;
  return true;
}

}  // namespace

bool PairColumns::given(const CLI::App& verb) const {
  for (const char* flag : {"--source", "--target", "--prefix-column", "--columns"}) {
    if (verb.get_option(flag)->count() > 0) return true;
  }
  return false;
}

void add_pair_flags(CLI::App& verb, const char* group, PairColumns& columns) {
  add_value(verb, group, "--source", columns.source, "Column with the source");
  add_value(verb, group, "--target", columns.target, "Column with what is to be written for it");
  add_value(verb, group, "--prefix", columns.prefix,
            "Text before every source that says which task it is: 'summarize: '");
  add_value(verb, group, "--prefix-column", columns.prefix_column,
            "Column with such a text for each row; ': ' is put behind it unless it ends in a blank");
  add_value(verb, group, "--columns", columns.names,
            "NAME,NAME,...: names of the columns of a table without a header line");
}

TextPairs read_pair_tables(const std::vector<std::string>& files, const PairColumns& columns) {
  std::vector<std::string> wanted = {columns.source, columns.target};
  if (!columns.prefix_column.empty()) wanted.push_back(columns.prefix_column);
  TextPairs pairs;
  std::unordered_map<std::string, std::size_t> tasks;
  for (const std::string& argument : files) {
    const auto [path, prefix] = prefixed(argument, columns.prefix);
    const text::Table table = text::read_table(path, wanted, {.column_names = split_names(columns.names)});
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const std::string_view source = table.value(row, 0), target = table.value(row, 1);
      if (is_blank(source) || is_blank(target)) {
        ++pairs.empty;
        continue;
      }
      const std::string whole = prefix + (wanted.size() > 2 ? own_prefix(table.value(row, 2)) : "");
      pairs.sources.push_back(whole + std::string(source));
      pairs.targets.emplace_back(target);
      const auto [task, is_new] = tasks.emplace(task_name(whole, path), tasks.size());
      if (is_new) pairs.tasks.push_back(task->first);
      pairs.task_of.push_back(task->second);
    }
  }
  if (pairs.tasks.size() > most_tasks) {
    pairs.tasks.clear();
    pairs.task_of.clear();
  }
  check(!pairs.sources.empty(), "{}: all of their {} rows have an empty side", fmt::join(files, ", "),
        pairs.empty);
  return pairs;
}

EncodedPairs encode_pairs(const TextPairs& pairs, const text::TranslationTokenizer& tokenizer,
                          const text::ParallelLimits& limits) {
  auto sources = encode_all(pairs.sources, "source",
                            [&](const std::string& text) { return tokenizer.encode_source(text); });
  auto targets = encode_all(pairs.targets, "target",
                            [&](const std::string& text) { return tokenizer.encode_target(text); });
  EncodedPairs encoded{text::ParallelCorpus(tokenizer.vocab_size())};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    encoded.cut_sources += cut(sources[i], limits.source);
    encoded.cut_targets += cut(targets[i], limits.target);
    encoded.corpus.source.append(sources[i]);
    encoded.corpus.target.append(targets[i]);
  }
  return encoded;
}

std::string left_out(const TextPairs& pairs, const EncodedPairs& encoded,
                     const text::ParallelLimits& limits) {
  std::vector<std::string> parts;
  if (pairs.empty > 0) parts.push_back(fmt::format("left out: {} with an empty side", pairs.empty));
  if (encoded.cut_sources > 0)
    parts.push_back(fmt::format("cut: {} sources to {} tokens", encoded.cut_sources, limits.source));
  if (encoded.cut_targets > 0)
    parts.push_back(fmt::format("cut: {} targets to {} tokens", encoded.cut_targets, limits.target));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace attune::command
