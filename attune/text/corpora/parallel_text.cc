#include "attune/text/corpora/parallel_text.h"

#include <algorithm>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;

const fs::path& first_of(const std::vector<fs::path>& paths) {
  if (paths.size() != 1 && paths.size() != 2) {
    fail_usage(
        "{} files of parallel text given, expected two, SOURCE TARGET, or one with SOURCE<tab>TARGET lines",
        paths.size());
  }
  return paths[0];
}

void expect_utf8(std::string_view text, const LineReader& reader) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const CodePoint point = decode_code_point(text.substr(at));
    check(point.status == CodePoint::Status::valid,
          "{}: line {}, offset {} in it: invalid UTF-8 (byte 0x{:02X}): save the file as UTF-8",
          reader.path().string(), reader.line(), at, static_cast<unsigned char>(text[at]));
    at += point.length;
  }
}

std::int64_t lines_in(LineReader& reader) {
  for (std::string line; reader.next(line);) continue;
  return reader.line();
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\v\f\r") == std::string_view::npos; }

// Pairs that are encoded together, on all threads.
struct Block {
  std::vector<SentencePair> pairs;
  std::vector<std::int64_t> lines;
  std::vector<std::vector<std::int32_t>> sources, targets;
};

bool read_block(ParallelReader& reader, Block& block, std::int64_t& empty) {
  constexpr std::size_t wanted = 1 << 14;
  block.pairs.clear();
  block.lines.clear();
  for (SentencePair pair; block.pairs.size() < wanted && reader.next(pair);) {
    if (is_blank(pair.source) || is_blank(pair.target)) {
      ++empty;
      continue;
    }
    block.pairs.push_back(std::move(pair));
    block.lines.push_back(reader.line());
  }
  return !block.pairs.empty();
}

void encode_block(const TranslationTokenizer& tokenizer, const fs::path& path, Block& block) {
  block.sources.resize(block.pairs.size());
  block.targets.resize(block.pairs.size());
  std::vector<std::optional<std::string>> errors(block.pairs.size());
  cpu::parallel_for(static_cast<std::int64_t>(block.pairs.size()), 64,
                    [&](std::int64_t begin, std::int64_t end) {
                      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                        try {
                          block.sources[i] = tokenizer.encode_source(block.pairs[i].source);
                          block.targets[i] = tokenizer.encode_target(block.pairs[i].target);
                        } catch (const EncodeError& error) {
                          errors[i] = error.reason();
                        }
                      }
                    });
  for (std::size_t i = 0; i < errors.size(); ++i) {  // the first one in the text, however threads ran
    if (errors[i]) fail("{}: line {}: {}", path.string(), block.lines[i], *errors[i]);
  }
}

}  // namespace

ParallelReader::ParallelReader(const std::vector<fs::path>& paths) : source_(first_of(paths)) {
  if (paths.size() == 2) target_.emplace(paths[1]);
  for (const fs::path& path : paths) {
    check(fs::is_regular_file(path),
          "{} is not a regular file, and is read more than once: write it to a file first", path.string());
  }
}

bool ParallelReader::next(SentencePair& pair) { return target_ ? next_of_two(pair) : next_of_columns(pair); }

bool ParallelReader::next_of_two(SentencePair& pair) {
  const bool has_source = source_.next(pair.source), has_target = target_->next(pair.target);
  if (has_source != has_target) {
    const std::int64_t sources = lines_in(source_), targets = lines_in(*target_);
    fail("{} has {} lines, {} has {}: expected as many, line by line the translations of one another",
         source_.path().string(), sources, target_->path().string(), targets);
  }
  if (!has_source) return false;
  expect_utf8(pair.source, source_);
  expect_utf8(pair.target, *target_);
  return true;
}

bool ParallelReader::next_of_columns(SentencePair& pair) {
  std::string line;
  if (!source_.next(line)) return false;
  expect_utf8(line, source_);
  const auto tabs = std::count(line.begin(), line.end(), '\t');
  check(tabs == 1 || line.empty(),
        "{}: line {} has {} tabs, expected one, between a sentence and its translation; or give two files, "
        "SOURCE TARGET",
        source_.path().string(), source_.line(), tabs);
  const std::size_t tab = std::min(line.find('\t'), line.size());
  pair.source = line.substr(0, tab);
  pair.target = line.substr(std::min(tab + 1, line.size()));
  return true;
}

void TokenSequences::append(std::span<const std::int32_t> ids) {
  if (wide_tokens_) {
    wide_.insert(wide_.end(), ids.begin(), ids.end());
  } else {
    narrow_.insert(narrow_.end(), ids.begin(), ids.end());
  }
  ends_.push_back(static_cast<std::uint64_t>(tokens()) + ids.size());
}

std::int64_t TokenSequences::length(std::int64_t index) const {
  return static_cast<std::int64_t>(ends_[static_cast<std::size_t>(index)] - begin_of(index));
}

void TokenSequences::read(std::int64_t index, std::span<std::int64_t> ids) const {
  const auto begin = static_cast<std::ptrdiff_t>(begin_of(index));
  if (wide_tokens_) {
    std::copy_n(wide_.begin() + begin, length(index), ids.begin());
  } else {
    std::copy_n(narrow_.begin() + begin, length(index), ids.begin());
  }
}

ParallelCorpus read_parallel_corpus(const std::vector<fs::path>& paths, const TranslationTokenizer& tokenizer,
                                    const ParallelLimits& limits) {
  ParallelReader reader(paths);
  ParallelCorpus corpus(tokenizer.vocab_size());
  for (Block block; read_block(reader, block, corpus.empty);) {
    encode_block(tokenizer, reader.path(), block);
    for (std::size_t i = 0; i < block.pairs.size(); ++i) {
      const auto source = static_cast<std::int64_t>(block.sources[i].size());
      const auto target = static_cast<std::int64_t>(block.targets[i].size());
      if (source > limits.source || target > limits.target) {
        ++corpus.too_long;
        continue;
      }
      corpus.source.append(block.sources[i]);
      corpus.target.append(block.targets[i]);
    }
  }
  check(corpus.size() > 0, "{} holds no pair of sentences to use: {}", paths[0].string(),
        reader.line() == 0 ? "it is empty" : left_out(corpus));
  return corpus;
}

std::string left_out(const ParallelCorpus& corpus) {
  std::string reasons;
  if (corpus.empty > 0) reasons = fmt::format("{} with an empty side", corpus.empty);
  if (corpus.too_long > 0) {
    reasons +=
        fmt::format("{}{} longer than the model takes", reasons.empty() ? "" : " and ", corpus.too_long);
  }
  return reasons.empty() ? "" : fmt::format("left out: {}", reasons);
}

}  // namespace attune::text
