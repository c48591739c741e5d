#include "attune/text/corpora/corpus.h"

#include <algorithm>
#include <optional>
#include <string>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/text/corpora/fingerprint.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;

std::uint64_t fingerprint_of(const TextFiles& files, const Tokenizer& tokenizer) {
  Fingerprint fingerprint;
  fingerprint.add(tokenizer);
  fingerprint.add(files.separator ? 1 : 0);
  fingerprint.add(files.separator.value_or(""));
  for (const fs::path& path : files.paths) fingerprint.add_file(path);
  return fingerprint.value();
}

// Parts that are encoded together, one after the other on each thread.
struct Batch {
  std::vector<TextPart> parts;
  std::vector<std::vector<std::int32_t>> ids;
};

bool read_batch(TextReader& reader, Batch& batch) {
  const std::size_t wanted = 4 * static_cast<std::size_t>(cpu::num_threads()) * TextReader::kPartBytes;
  batch.parts.clear();
  std::size_t bytes = 0;
  for (TextPart part; bytes < wanted && reader.next(part);) {
    bytes += part.text.size();
    batch.parts.push_back(std::move(part));
  }
  return !batch.parts.empty();
}

void encode_batch(const Tokenizer& tokenizer, Batch& batch) {
  batch.ids.resize(batch.parts.size());
  std::vector<std::optional<EncodeError>> errors(batch.parts.size());
  const auto count = static_cast<std::int64_t>(batch.parts.size());
  cpu::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      try {
        batch.ids[i] = tokenizer.encode(batch.parts[i].text);
      } catch (const EncodeError& error) {
        errors[i] = error;
      }
    }
  });
  for (std::size_t i = 0; i < errors.size(); ++i) {  // The first one in the text, however threads ran.
    if (errors[i]) batch.parts[i].rethrow(*errors[i]);
  }
}

void write_cache(const TextFiles& files, const Tokenizer& tokenizer, TokenCacheWriter& writer,
                 const CorpusProgress& progress) {
  const std::vector<TextRange> ranges = whole_files(files.paths);
  const std::uint64_t total = total_bytes(ranges);
  TextReader reader(ranges, files.separator,
                    [&](std::string_view text, std::size_t from) { return tokenizer.find_cut(text, from); });
  Batch batch;
  while (read_batch(reader, batch)) {
    encode_batch(tokenizer, batch);
    for (std::size_t i = 0; i < batch.parts.size(); ++i) {
      if (batch.parts[i].begins_document) {
        if (writer.size() > 0 && tokenizer.special().eos) writer.append({&*tokenizer.special().eos, 1});
        writer.begin_document();
      }
      writer.append(batch.ids[i]);
    }
    if (progress) progress(reader.position(), total);
  }
  check(writer.size() > 0, "{} holds no text beside separators", files.paths[0].string());
}

std::shared_ptr<const std::vector<std::uint32_t>> token_bytes(const Tokenizer& tokenizer) {
  auto bytes = std::make_shared<std::vector<std::uint32_t>>();
  for (std::int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    bytes->push_back(tokenizer.is_special(id) ? 0
                                              : static_cast<std::uint32_t>(tokenizer.id_to_token(id).size()));
  }
  return bytes;
}

}  // namespace

TokenCorpus open_corpus(const TextFiles& files, const Tokenizer& tokenizer, const fs::path& path,
                        const CorpusProgress& progress) {
  whole_files(files.paths);  // Says what is wrong with them also where a cache is there.
  const std::uint64_t fingerprint = fingerprint_of(files, tokenizer);
  std::optional<TokenCache> cache = TokenCache::open(path, tokenizer.vocab_size(), fingerprint);
  if (!cache) {
    TokenCacheWriter writer(path, tokenizer.vocab_size(), fingerprint);
    write_cache(files, tokenizer, writer, progress);
    writer.commit();
    cache = TokenCache::open(path, tokenizer.vocab_size(), fingerprint);
    check(cache.has_value(), "{} changed while it was written: does another run write it?", path.string());
  }
  return {std::move(*cache), token_bytes(tokenizer)};
}

std::vector<std::int32_t> TokenCorpus::tokens(std::int64_t begin, std::int64_t count) const {
  check(count >= 0 && count <= size(), "cannot read {} tokens of a corpus of {}", count, size());
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  read(begin, std::span(ids));
  return ids;
}

template <typename Id>
void TokenCorpus::read(std::int64_t begin, std::span<Id> ids) const {
  const auto count = static_cast<std::int64_t>(ids.size());
  check(begin >= 0 && count <= size() && begin <= size() - count,
        "cannot read {} tokens from position {} of a corpus of {}", count, begin, size());
  cache_.read(begin_ + begin, ids);
}

template void TokenCorpus::read(std::int64_t, std::span<std::int32_t>) const;
template void TokenCorpus::read(std::int64_t, std::span<std::int64_t>) const;

std::int64_t TokenCorpus::bytes() const {
  std::vector<std::int32_t> ids;
  std::int64_t bytes = 0;
  for (std::int64_t begin = 0; begin < size(); begin += static_cast<std::int64_t>(ids.size())) {
    ids.resize(static_cast<std::size_t>(std::min<std::int64_t>(size() - begin, 1 << 16)));
    read(begin, std::span(ids));
    for (const std::int32_t id : ids) bytes += (*token_bytes_)[static_cast<std::size_t>(id)];
  }
  return bytes;
}

std::vector<std::int64_t> TokenCorpus::documents() const {
  std::vector<std::int64_t> positions;
  for (const std::uint64_t start : cache_.documents()) {
    const auto position = static_cast<std::int64_t>(start);
    if (position >= begin_ && position < end_) positions.push_back(position - begin_);
  }
  return positions;
}

std::pair<TokenCorpus, TokenCorpus> TokenCorpus::split(double fraction) const {
  if (!(fraction > 0 && fraction < 1)) {
    fail_usage("the validation fraction is {}, expected more than 0 and less than 1", fraction);
  }
  const auto first = static_cast<std::int64_t>(static_cast<double>(size()) * (1 - fraction));
  check(first > 0 && first < size(),
        "a corpus of {} tokens is too short to leave a fraction of {} for validation", size(), fraction);
  std::pair<TokenCorpus, TokenCorpus> parts(*this, *this);
  parts.first.end_ = parts.second.begin_ = begin_ + first;
  return parts;
}

}  // namespace attune::text
