// The tokens of a tokenizer, as bytes, and their ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

class Vocabulary {
 public:
  // tokens[id] is the token; an empty one is an id that is not in use. Of equal tokens, find() gives the
  // first.
  explicit Vocabulary(std::vector<std::string> tokens);

  // Number of ids, 0 to size() - 1.
  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  bool contains(std::int64_t id) const { return id >= 0 && id < size(); }
  // `id` must be in range.
  const std::string& token(std::int32_t id) const { return tokens_[static_cast<std::size_t>(id)]; }
  std::optional<std::int32_t> find(std::string_view token) const;

 private:
  // Where the token is in slots_, or the free slot where it would be.
  std::size_t slot_of(std::string_view token) const;

  std::vector<std::string> tokens_;
  std::vector<std::int32_t> slots_;  // A hash table of ids, open addressing, -1 for free.
};

}  // namespace attune::text
