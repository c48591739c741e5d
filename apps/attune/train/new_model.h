// --model of a run that may start a new model: a directory, or the name of a family.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "attune/models/t5/config.h"
#include "attune/text/tokenizer.h"

namespace attune::command {

using Families = std::vector<std::string>;

// Whether `model` is the name of one of them. A model directory of that name is meant rather than the family.
bool is_family(const std::string& model, const Families& families);

// Flags of a new model's sizes, and --tokenizer, beside a --model that is a directory: throws UsageError.
void expect_new_model(const CLI::App& verb, const std::string& model, const Families& families);

// T5, and its version 1.1 with a gated feed-forward network and an output layer of its own.
inline const Families t5_families = {"t5", "t5-v1.1"};

// The sizes of a new T5.
struct T5Sizes {
  std::int64_t layers, heads, width;
  std::int64_t feed_forward;  // 0: four times the width
  double dropout;
};

// Of the family `name`, with the tokenizer's end of text and padding, which starts the decoder.
models::T5Config new_t5_config(const std::string& name, const T5Sizes& sizes, std::int64_t vocab_size,
                               const text::SpecialTokens& special);

}  // namespace attune::command
