#include "attune/text/corpora/token_cache.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "attune/base/error.h"

namespace attune::text {
namespace {

static_assert(std::endian::native == std::endian::little, "the files of Attune are little-endian");

struct Footer {
  std::uint64_t fingerprint;
  std::uint64_t vocab_size;
  std::uint64_t tokens;
  std::uint64_t documents;
  std::uint32_t version;
  std::uint32_t token_bytes;
  std::array<char, 8> magic;  // Last, so that a file that was cut off has none.
};
constexpr std::array<char, 8> kMagic = {'a', 't', 't', 'n', 't', 'o', 'k', 's'};
constexpr std::uint32_t kVersion = 1;

std::size_t token_bytes(std::int64_t vocab_size) { return vocab_size <= 65536 ? 2 : 4; }

std::uint64_t padding(std::uint64_t bytes) { return (8 - bytes % 8) % 8; }

// Whether the footer's counts are those of a file of that size, without overflow.
bool fits(const Footer& footer, std::uint64_t file_size) {
  const std::uint64_t room = file_size - sizeof(Footer);
  if (footer.tokens > room / footer.token_bytes || footer.documents > room / sizeof(std::uint64_t))
    return false;
  const std::uint64_t bytes = footer.tokens * footer.token_bytes;
  return bytes + padding(bytes) + footer.documents * sizeof(std::uint64_t) == room;
}

template <typename Stored, typename Id>
bool copy_tokens(const std::byte* data, std::int64_t begin, std::int64_t vocab_size, std::span<Id> ids) {
  const auto* tokens = reinterpret_cast<const Stored*>(data) + begin;
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    largest = std::max<std::uint32_t>(largest, tokens[i]);
    ids[i] = static_cast<Id>(tokens[i]);
  }
  return largest < vocab_size;
}

}  // namespace

TokenCacheWriter::TokenCacheWriter(const std::filesystem::path& path, std::int64_t vocab_size,
                                   std::uint64_t fingerprint)
    : file_(path), vocab_size_(vocab_size), fingerprint_(fingerprint) {}

void TokenCacheWriter::append(std::span<const std::int32_t> ids) {
  if (token_bytes(vocab_size_) == 4) {
    file_.write(std::as_bytes(ids));
  } else {
    const std::vector<std::uint16_t> narrow(ids.begin(), ids.end());
    file_.write(std::as_bytes(std::span(narrow)));
  }
  tokens_ += ids.size();
}

void TokenCacheWriter::commit() {
  const std::array<std::byte, 8> zeros{};
  file_.write(std::span(zeros).first(padding(file_.size())));
  file_.write(std::as_bytes(std::span(documents_)));
  const Footer footer{.fingerprint = fingerprint_,
                      .vocab_size = static_cast<std::uint64_t>(vocab_size_),
                      .tokens = tokens_,
                      .documents = documents_.size(),
                      .version = kVersion,
                      .token_bytes = static_cast<std::uint32_t>(token_bytes(vocab_size_)),
                      .magic = kMagic};
  file_.write(std::as_bytes(std::span(&footer, 1)));
  file_.commit();
}

std::optional<TokenCache> TokenCache::open(const std::filesystem::path& path, std::int64_t vocab_size,
                                           std::uint64_t fingerprint) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) < sizeof(Footer) || error) return std::nullopt;
  auto file = std::make_shared<const io::MappedFile>(path);
  Footer footer;
  std::memcpy(&footer, file->data() + file->size() - sizeof(Footer), sizeof(Footer));
  if (footer.magic != kMagic || footer.version != kVersion || footer.fingerprint != fingerprint ||
      footer.vocab_size != static_cast<std::uint64_t>(vocab_size) ||
      footer.token_bytes != token_bytes(vocab_size) || !fits(footer, file->size())) {
    return std::nullopt;
  }
  TokenCache cache;
  const std::byte* end = file->data() + file->size() - sizeof(Footer);
  cache.documents_ = {reinterpret_cast<const std::uint64_t*>(end) - footer.documents, footer.documents};
  cache.file_ = std::move(file);
  cache.vocab_size_ = vocab_size;
  cache.size_ = static_cast<std::int64_t>(footer.tokens);
  return cache;
}

template <typename Id>
void TokenCache::read(std::int64_t begin, std::span<Id> ids) const {
  const bool good = token_bytes(vocab_size_) == 2
                        ? copy_tokens<std::uint16_t>(file_->data(), begin, vocab_size_, ids)
                        : copy_tokens<std::uint32_t>(file_->data(), begin, vocab_size_, ids);
  check(good, "{} is damaged: it holds tokens outside the vocabulary of {}; delete it and it is made anew",
        file_->path().string(), vocab_size_);
}

template void TokenCache::read(std::int64_t, std::span<std::int32_t>) const;
template void TokenCache::read(std::int64_t, std::span<std::int64_t>) const;

}  // namespace attune::text
