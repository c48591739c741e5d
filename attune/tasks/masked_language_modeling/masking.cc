#include "attune/tasks/masked_language_modeling/masking.h"

#include <algorithm>
#include <cmath>

#include "attune/base/error.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {

void MaskingOptions::validate() const {
  if (!(probability > 0 && probability <= 1))
    fail_usage("--mask-probability is {}, expected 0 < probability <= 1", probability);
  const auto expect_share = [](const char* flag, double value) {
    if (!(value >= 0 && value <= 1)) fail_usage("{} is {}, expected 0 to 1", flag, value);
  };
  expect_share("--mask-replace-probability", mask_replace_probability);
  expect_share("--random-replace-probability", random_replace_probability);
  constexpr double rounding = 1e-9;
  if (mask_replace_probability + random_replace_probability > 1 + rounding)
    fail_usage("--mask-replace-probability {} and --random-replace-probability {} are more than 1 together",
               mask_replace_probability, random_replace_probability);
}

Masking::Masking(const text::Tokenizer& tokenizer, const MaskingOptions& options) : options_(options) {
  options_.validate();
  check(tokenizer.special().mask.has_value(),
        "the tokenizer has no mask token (\"mask_token\"): it is none of a masked language model");
  mask_token_ = *tokenizer.special().mask;
  for (std::int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    special_.push_back(tokenizer.is_special(id) || id == mask_token_);
    if (!special_.back() && !tokenizer.id_to_token(id).empty()) ordinary_.push_back(id);
  }
  check(!ordinary_.empty(), "the tokenizer has special tokens only: there is nothing to predict");
}

std::vector<MaskingUnit> Masking::units(std::span<const std::int32_t> ids,
                                        std::span<const std::uint8_t> begins_word) const {
  std::vector<MaskingUnit> units;
  for (std::size_t begin = 0; begin < ids.size();) {
    std::size_t end = begin + 1;
    while (options_.whole_words && end < ids.size() && begins_word[end] == 0) ++end;
    const bool is_text = std::none_of(
        ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.begin() + static_cast<std::ptrdiff_t>(end),
        [&](std::int32_t id) { return special_[static_cast<std::size_t>(id)]; });
    if (is_text) units.push_back({static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end)});
    begin = end;
  }
  return units;
}

std::int32_t Masking::replacement(std::int32_t id, Generator& generator) const {
  const double drawn = uniform(generator);
  if (drawn < options_.mask_replace_probability) return mask_token_;
  if (drawn < options_.mask_replace_probability + options_.random_replace_probability)
    return ordinary_[static_cast<std::size_t>(uniform_integer(generator, ordinary_.size()))];
  return id;
}

std::vector<std::int64_t> Masking::mask(std::span<std::int32_t> ids, std::vector<MaskingUnit> units,
                                        Generator& generator) const {
  std::vector<std::int64_t> targets(ids.size(), ignored_target);
  std::int64_t tokens = 0, predicted = 0;
  for (const MaskingUnit& unit : units) tokens += unit.end - unit.begin;
  const auto wanted = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(
             std::floor(options_.probability * static_cast<double>(tokens) + uniform(generator))));
  for (std::size_t i = 0; i < units.size() && predicted < wanted; ++i) {
    std::swap(units[i], units[i + uniform_integer(generator, units.size() - i)]);
    const auto [begin, end] = units[i];
    if (predicted > 0 && predicted + end - begin > wanted) continue;
    for (auto at = static_cast<std::size_t>(begin); at < static_cast<std::size_t>(end); ++at) {
      targets[at] = ids[at];
      ids[at] = replacement(ids[at], generator);
    }
    predicted += end - begin;
  }
  return targets;
}

}  // namespace attune::tasks
