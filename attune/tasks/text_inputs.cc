#include "attune/tasks/text_inputs.h"

#include <algorithm>

#include "attune/tasks/targets.h"

namespace attune::tasks {

namespace {

std::int32_t token_of(const text::Tokenizer& tokenizer, const std::string& name) {
  const auto id = tokenizer.token_to_id(name);
  check(id.has_value(), "the tokenizer has no token \"{}\", which the model's inputs are built with", name);
  return *id;
}

// START text EXTRACT or START first DELIMITER second EXTRACT (Radford et al., 2018, section 3.3).
TextInput encode_formatted(const text::Tokenizer& tokenizer, std::string_view first,
                           const std::string_view* second, std::int64_t max_length,
                           const models::InputFormat& format) {
  const std::int64_t room = max_length - added_tokens(tokenizer, second != nullptr, format);
  check(room >= 0, "an input of {} tokens has no room for those around the text", max_length);
  check(second != nullptr || !format.symmetric,
        "the model compares two texts, got one: give the second with --pair, after a tab or as a column");
  const text::EncodeOptions options{
      .add_special_tokens = false,
      .truncation = text::Truncation{.max_length = static_cast<std::size_t>(room)}};
  const text::Encoding texts = second != nullptr ? tokenizer.encode_pair(first, *second, options)
                                                 : tokenizer.encode_single(first, options);
  const std::int32_t start = token_of(tokenizer, format.start), extract = token_of(tokenizer, format.extract);
  std::vector<std::int32_t> parts[2];
  for (std::size_t i = 0; i < texts.size(); ++i)
    parts[texts.sequence_ids[i] == 1 ? 1 : 0].push_back(texts.ids[i]);
  const auto join = [&](std::initializer_list<std::span<const std::int32_t>> pieces) {
    std::vector<std::int32_t> ids{start};
    for (const auto piece : pieces) ids.insert(ids.end(), piece.begin(), piece.end());
    ids.push_back(extract);
    return ids;
  };
  if (second == nullptr) return {join({parts[0]}), {}};
  const std::int32_t delimiter[] = {token_of(tokenizer, format.delimiter)};
  TextInput input{join({parts[0], delimiter, parts[1]}), {}};
  if (format.symmetric) input.swapped = join({parts[1], delimiter, parts[0]});
  return input;
}

}  // namespace

TextInput encode_input(const text::Tokenizer& tokenizer, std::string_view first,
                       const std::string_view* second, std::int64_t max_length,
                       const std::optional<models::InputFormat>& format) {
  if (format) return encode_formatted(tokenizer, first, second, max_length, *format);
  const text::EncodeOptions options{.truncation =
                                        text::Truncation{.max_length = static_cast<std::size_t>(max_length)}};
  text::Encoding encoding = second != nullptr ? tokenizer.encode_pair(first, *second, options)
                                              : tokenizer.encode_single(first, options);
  return {std::move(encoding.ids), std::move(encoding.type_ids)};
}

std::int64_t added_tokens(const text::Tokenizer& tokenizer, bool pair,
                          const std::optional<models::InputFormat>& format) {
  if (format) return pair ? 3 : 2;
  return static_cast<std::int64_t>(tokenizer.added_special_tokens(pair));
}

std::vector<TextInput> encode_inputs(const text::Tokenizer& tokenizer, const text::Table& table, bool pairs,
                                     std::int64_t max_length,
                                     const std::optional<models::InputFormat>& format) {
  std::vector<TextInput> inputs;
  inputs.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string_view second = pairs ? table.value(row, 1) : std::string_view();
    inputs.push_back(
        encode_input(tokenizer, table.value(row, 0), pairs ? &second : nullptr, max_length, format));
  }
  return inputs;
}

std::vector<std::int64_t> lengths_of(std::span<const TextInput> inputs) {
  std::vector<std::int64_t> lengths;
  lengths.reserve(inputs.size());
  for (const TextInput& input : inputs) lengths.push_back(static_cast<std::int64_t>(input.ids.size()));
  return lengths;
}

models::TextBatch make_text_batch(std::span<const TextInput> inputs, std::span<const std::uint32_t> which,
                                  const models::TextFacts& facts) {
  const bool both_orders = !which.empty() && !inputs[which.front()].swapped.empty();
  const auto texts = static_cast<std::int64_t>(which.size()), rows = both_orders ? 2 * texts : texts;
  std::size_t longest = 1;
  bool padded = false;
  for (const std::uint32_t i : which) longest = std::max(longest, inputs[i].ids.size());
  const auto length = static_cast<std::int64_t>(longest);
  models::TextBatch batch{.ids = Tensor::full({rows, length}, facts.padding_token, DType::int64),  // (B, T)
                          .mask = Tensor::zeros({rows, length}, DType::boolean)};                  // (B, T)
  if (facts.token_types > 1) batch.token_types = Tensor::zeros({rows, length}, DType::int64);      // (B, T)
  for (std::int64_t row = 0; row < rows; ++row) {
    const TextInput& input = inputs[which[static_cast<std::size_t>(row % texts)]];
    std::ranges::copy(row < texts ? input.ids : input.swapped, row_of(batch.ids, row).begin());
    if (facts.token_types > 1) std::ranges::copy(input.token_types, row_of(batch.token_types, row).begin());
    std::fill_n(batch.mask.mutable_data<bool>() + row * length, input.ids.size(), true);
    padded = padded || input.ids.size() < longest;
  }
  if (!padded) batch.mask = {};
  return batch;
}

}  // namespace attune::tasks
