// Texts, or pairs of them, as the tokens that a model takes, and batches of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "attune/models/text/encoder.h"
#include "attune/models/text/family.h"
#include "attune/text/tables/table.h"
#include "attune/text/tokenizer.h"

namespace attune::tasks {

struct TextInput {
  std::vector<std::int32_t> ids, token_types;
  std::vector<std::int32_t> swapped = {};  // the ids in the other order, of a pair that has none
};

// One text, or two when `second` is given, cut to `max_length` tokens, the longer text first: as the
// tokenizer says, or as the model's input format does.
TextInput encode_input(const text::Tokenizer& tokenizer, std::string_view first,
                       const std::string_view* second, std::int64_t max_length,
                       const std::optional<models::InputFormat>& format = {});

// How many tokens that adds to the texts.
std::int64_t added_tokens(const text::Tokenizer& tokenizer, bool pair,
                          const std::optional<models::InputFormat>& format = {});

// The texts in the first column of each row, or the pairs in the first two; `pairs` says which.
std::vector<TextInput> encode_inputs(const text::Tokenizer& tokenizer, const text::Table& table, bool pairs,
                                     std::int64_t max_length,
                                     const std::optional<models::InputFormat>& format = {});

std::vector<std::int64_t> lengths_of(std::span<const TextInput> inputs);

// A batch (B, T) of the inputs that `which` names, padded on the right to the longest; (2 B, T) of pairs that
// have no order, the swapped ones behind.
models::TextBatch make_text_batch(std::span<const TextInput> inputs, std::span<const std::uint32_t> which,
                                  const models::TextFacts& facts);

}  // namespace attune::tasks
