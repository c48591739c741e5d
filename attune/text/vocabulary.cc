#include "attune/text/vocabulary.h"

#include <bit>
#include <functional>
#include <utility>

namespace attune::text {

Vocabulary::Vocabulary(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  slots_.resize(std::bit_ceil(2 * tokens_.size() + 2), -1);
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    if (tokens_[id].empty()) continue;
    std::int32_t& slot = slots_[slot_of(tokens_[id])];
    if (slot < 0) slot = static_cast<std::int32_t>(id);
  }
}

std::size_t Vocabulary::slot_of(std::string_view text) const {
  std::size_t slot = std::hash<std::string_view>()(text) & (slots_.size() - 1);
  while (slots_[slot] >= 0 && token(slots_[slot]) != text) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const {
  const std::int32_t id = slots_[slot_of(token)];
  if (id < 0) return std::nullopt;
  return id;
}

}  // namespace attune::text
