// New encoders: a family by its name, of sizes that a user gives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/models/text/family.h"

namespace attune::models {

// BERT-mini (Turc et al., 1908.08962) unless said otherwise.
struct TextSizes {
  std::int64_t layers = 4, heads = 4, width = 256;
  std::int64_t feed_forward = 0;  // 0: four times the width
  std::int64_t context = 128;     // the most tokens of a text, special ones included
  double dropout = 0.1;           // of hidden states and of attention's weights
  // ALBERT's alone; 0: as in its paper, 128 and 1.
  std::int64_t embedding_width = 0;
  std::int64_t layer_groups = 0;  // layers of a group share their weights; as many as layers: none do
};

// What a family must know of the tokenizer.
struct TextVocabulary {
  std::int64_t size = 0;
  std::optional<std::int64_t> padding = {};
  std::optional<std::int64_t> begin = {}, end = {};  // [CLS] or <s>; [SEP] or </s>
};

// bert, roberta, distilbert, albert.
const std::vector<std::string>& new_family_names();
bool is_new_family(std::string_view name);

// Throws UsageError for an unknown name, naming the known ones, and for sizes that make no model. What the
// sizes leave open is as Hugging Face's configuration of the family has it.
std::shared_ptr<const TextFamily> new_text_family(std::string_view name, const TextSizes& sizes,
                                                  const TextVocabulary& vocabulary);

}  // namespace attune::models
