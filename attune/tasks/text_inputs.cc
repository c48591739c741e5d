#include "attune/tasks/text_inputs.h"

#include <algorithm>

#include "attune/tasks/targets.h"

namespace attune::tasks {

TextInput encode_input(const text::Tokenizer& tokenizer, std::string_view first,
                       const std::string_view* second, std::int64_t max_length) {
  const text::EncodeOptions options{.truncation =
                                        text::Truncation{.max_length = static_cast<std::size_t>(max_length)}};
  text::Encoding encoding = second != nullptr ? tokenizer.encode_pair(first, *second, options)
                                              : tokenizer.encode_single(first, options);
  return {std::move(encoding.ids), std::move(encoding.type_ids)};
}

std::vector<TextInput> encode_inputs(const text::Tokenizer& tokenizer, const text::Table& table, bool pairs,
                                     std::int64_t max_length) {
  std::vector<TextInput> inputs;
  inputs.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string_view second = pairs ? table.value(row, 1) : std::string_view();
    inputs.push_back(encode_input(tokenizer, table.value(row, 0), pairs ? &second : nullptr, max_length));
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
  const auto rows = static_cast<std::int64_t>(which.size());
  std::size_t longest = 1;
  bool padded = false;
  for (const std::uint32_t i : which) longest = std::max(longest, inputs[i].ids.size());
  const auto length = static_cast<std::int64_t>(longest);
  models::TextBatch batch{.ids = Tensor::full({rows, length}, facts.padding_token, DType::int64),  // (B, T)
                          .mask = Tensor::zeros({rows, length}, DType::boolean)};                  // (B, T)
  if (facts.token_types > 1) batch.token_types = Tensor::zeros({rows, length}, DType::int64);      // (B, T)
  for (std::int64_t row = 0; row < rows; ++row) {
    const TextInput& input = inputs[which[static_cast<std::size_t>(row)]];
    std::ranges::copy(input.ids, row_of(batch.ids, row).begin());
    if (facts.token_types > 1) std::ranges::copy(input.token_types, row_of(batch.token_types, row).begin());
    std::fill_n(batch.mask.mutable_data<bool>() + row * length, input.ids.size(), true);
    padded = padded || input.ids.size() < longest;
  }
  if (!padded) batch.mask = {};
  return batch;
}

}  // namespace attune::tasks
