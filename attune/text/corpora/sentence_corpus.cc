#include "attune/text/corpora/sentence_corpus.h"

#include <algorithm>
#include <optional>
#include <string>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/text/corpora/fingerprint.h"
#include "attune/text/corpora/line_reader.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;

// In the cache a token is twice its id, and one more where it begins a word; its "documents" are sentences,
// and one without tokens stands before every document.
constexpr std::int32_t codes_of_token = 2;

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto begin = line.find_first_not_of(blanks);
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::int32_t> codes_of(const Tokenizer& tokenizer, std::string_view line, bool words) {
  if (!words) {
    std::vector<std::int32_t> codes = tokenizer.encode(line);
    for (std::int32_t& code : codes) code = code * codes_of_token + 1;
    return codes;
  }
  const Encoding encoding = tokenizer.encode_single(line, {.add_special_tokens = false});
  std::vector<std::int32_t> codes;
  codes.reserve(encoding.size());
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const std::int32_t word = encoding.word_ids[i];
    const bool begins = i == 0 || word < 0 || word != encoding.word_ids[i - 1];
    codes.push_back(encoding.ids[i] * codes_of_token + (begins ? 1 : 0));
  }
  return codes;
}

// Lines that are encoded together. An empty one is a blank line.
struct Lines {
  std::vector<std::string> text;
  std::vector<std::int64_t> number;  // in the file
  std::vector<std::vector<std::int32_t>> codes;
};

// The next lines of a file, some megabytes of them; false at the end.
bool read_lines(LineReader& reader, Lines& lines, std::uint64_t& bytes) {
  constexpr std::size_t bytes_of_thread = std::size_t{1} << 20;
  const std::size_t wanted = bytes_of_thread * static_cast<std::size_t>(cpu::num_threads());
  lines = {};
  std::size_t held = 0;
  for (std::string line; held < wanted && reader.next(line);) {
    held += line.size() + 1;
    lines.text.emplace_back(trimmed(line));
    lines.number.push_back(reader.line());
  }
  bytes += held;
  return !lines.text.empty();
}

void encode_lines(const Tokenizer& tokenizer, bool words, const fs::path& path, Lines& lines) {
  constexpr std::int64_t lines_of_task = 64;
  lines.codes.resize(lines.text.size());
  std::vector<std::optional<EncodeError>> errors(lines.text.size());
  cpu::parallel_for(static_cast<std::int64_t>(lines.text.size()), lines_of_task,
                    [&](std::int64_t begin, std::int64_t end) {
                      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                        try {
                          lines.codes[i] = codes_of(tokenizer, lines.text[i], words);
                        } catch (const EncodeError& error) {
                          errors[i] = error;
                        }
                      }
                    });
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i]) fail("{}: line {}: {}", path.string(), lines.number[i], errors[i]->reason());
  }
}

void write_cache(const std::vector<fs::path>& files, const Tokenizer& tokenizer, bool words,
                 TokenCacheWriter& writer, const SentenceProgress& progress) {
  std::uint64_t bytes = 0;
  for (const fs::path& path : files) {
    LineReader reader(path);
    bool new_document = true;
    for (Lines lines; read_lines(reader, lines, bytes);) {
      encode_lines(tokenizer, words, path, lines);
      for (std::size_t i = 0; i < lines.text.size(); ++i) {
        if (lines.text[i].empty()) new_document = true;
        if (lines.codes[i].empty()) continue;
        if (new_document) writer.begin_document();
        writer.begin_document();
        writer.append(lines.codes[i]);
        new_document = false;
      }
      if (progress) progress(bytes);
    }
  }
  check(writer.size() > 0, "{} holds no text", files.front().string());
}

std::uint64_t fingerprint_of(const std::vector<fs::path>& files, const Tokenizer& tokenizer, bool words) {
  Fingerprint fingerprint;
  fingerprint.add("sentences");
  fingerprint.add(tokenizer);
  fingerprint.add(words ? 1 : 0);
  for (const fs::path& path : files) fingerprint.add_file(path);
  return fingerprint.value();
}

}  // namespace

SentenceCorpus::SentenceCorpus(TokenCache cache) : cache_(std::move(cache)) {
  const auto starts = cache_.documents();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool is_empty = i + 1 < starts.size() && starts[i + 1] == starts[i];
    if (is_empty) {
      documents_.push_back(static_cast<std::int64_t>(sentences_.size()));
    } else {
      sentences_.push_back(static_cast<std::int64_t>(starts[i]));
    }
  }
  documents_.push_back(static_cast<std::int64_t>(sentences_.size()));
  sentences_.push_back(cache_.size());
}

CorpusRange SentenceCorpus::sentence(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index);
  return {sentences_.at(at), sentences_.at(at + 1)};
}

CorpusRange SentenceCorpus::document(std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index);
  return {documents_.at(at), documents_.at(at + 1)};
}

std::int64_t SentenceCorpus::sentence_of(std::int64_t token) const {
  return std::ranges::upper_bound(sentences_, token) - sentences_.begin() - 1;
}

std::int64_t SentenceCorpus::document_of(std::int64_t sentence) const {
  return std::ranges::upper_bound(documents_, sentence) - documents_.begin() - 1;
}

bool SentenceCorpus::begins_document(std::int64_t token) const {
  const std::int64_t of = sentence_of(token);
  return sentence(of).begin == token && document(document_of(of)).begin == of;
}

std::vector<CorpusToken> SentenceCorpus::read(const CorpusRange& range) const {
  check(range.begin >= 0 && range.begin <= range.end && range.end <= tokens(),
        "cannot read tokens {} to {} of a corpus of {}", range.begin, range.end, tokens());
  std::vector<std::int32_t> codes(static_cast<std::size_t>(range.size()));
  cache_.read(range.begin, std::span(codes));
  std::vector<CorpusToken> read;
  read.reserve(codes.size());
  for (const std::int32_t code : codes) read.push_back({code / codes_of_token, code % codes_of_token != 0});
  return read;
}

SentenceCorpus open_sentence_corpus(const std::vector<fs::path>& files, const Tokenizer& tokenizer,
                                    bool words, const fs::path& path, const SentenceProgress& progress) {
  check(!files.empty(), "no text files given");
  for (const fs::path& file : files) {
    check(fs::exists(file), "cannot open {}: No such file or directory", file.string());
    check(fs::is_regular_file(file), "{} is not a regular file, expected a text file", file.string());
  }
  const std::uint64_t fingerprint = fingerprint_of(files, tokenizer, words);
  const std::int64_t codes = tokenizer.vocab_size() * codes_of_token;
  std::optional<TokenCache> cache = TokenCache::open(path, codes, fingerprint);
  if (!cache) {
    TokenCacheWriter writer(path, codes, fingerprint);
    write_cache(files, tokenizer, words, writer, progress);
    writer.commit();
    cache = TokenCache::open(path, codes, fingerprint);
    check(cache.has_value(), "{} changed while it was written: does another run write it?", path.string());
  }
  return SentenceCorpus(std::move(*cache));
}

}  // namespace attune::text
