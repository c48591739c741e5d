#include "apps/attune/text_model_run.h"

#include <algorithm>

#include "attune/base/error.h"
#include "attune/tasks/text_inputs.h"

namespace attune::command {

std::int64_t input_length(std::int64_t max_length, bool pairs, const text::Tokenizer& tokenizer,
                          const models::TextFacts& facts) {
  const std::int64_t length = max_length > 0 ? std::min(max_length, facts.max_length) : facts.max_length;
  const std::int64_t added = tasks::added_tokens(tokenizer, pairs, facts.input_format);
  const std::int64_t least = added + (pairs ? 2 : 1);
  if (length < least)
    fail_usage("--max-length is {}, expected at least {}: the tokenizer adds {} special tokens", length,
               least, added);
  return length;
}

double lm_weight_of(double wanted, const models::TextFacts& facts) {
  if (wanted < 0) return facts.causal ? 0.5 : 0;
  if (wanted > 0 && !facts.causal)
    fail_usage("--lm-weight is for openai-gpt and gpt2; a {} does not predict the next token",
               facts.model_type);
  return wanted;
}

}  // namespace attune::command
