// The tokens of a text on disk, mapped and never read as a whole. The file: tokens (uint16 for vocabularies
// of up to 65,536, else uint32; little-endian), zeros to a multiple of 8 bytes, the positions at which
// documents begin (uint64), and a footer that says what it holds and what it was made from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attune/io/file.h"

namespace attune::text {

// Writes beside `path` and renames in commit(): a cache is there as a whole or not at all.
class TokenCacheWriter {
 public:
  TokenCacheWriter(const std::filesystem::path& path, std::int64_t vocab_size, std::uint64_t fingerprint);

  // The next token begins a document.
  void begin_document() { documents_.push_back(tokens_); }
  void append(std::span<const std::int32_t> ids);
  std::uint64_t size() const { return tokens_; }
  void commit();

 private:
  io::AtomicFile file_;
  std::int64_t vocab_size_;
  std::uint64_t fingerprint_;
  std::uint64_t tokens_ = 0;
  std::vector<std::uint64_t> documents_;
};

class TokenCache {
 public:
  // The cache at `path`, or nothing when there is none, it is not whole, or it was made from something else.
  static std::optional<TokenCache> open(const std::filesystem::path& path, std::int64_t vocab_size,
                                        std::uint64_t fingerprint);

  std::int64_t size() const { return size_; }
  // Copies tokens [begin, begin + ids.size()), which must be in range, to `ids`. Throws Error for a token
  // outside the vocabulary: the file has been damaged.
  template <typename Id>  // std::int32_t or std::int64_t
  void read(std::int64_t begin, std::span<Id> ids) const;
  std::span<const std::uint64_t> documents() const { return documents_; }

 private:
  std::shared_ptr<const io::MappedFile> file_;
  std::int64_t vocab_size_ = 0;
  std::int64_t size_ = 0;
  std::span<const std::uint64_t> documents_;
};

}  // namespace attune::text
