#include "apps/attune/train/encoder_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/io/message.h"
#include "attune/tasks/classification/label_map.h"
#include "attune/tasks/text_inputs.h"

namespace attune::command {

void validate_encoder_run(bool has_data, const EncoderChoice& encoder, std::int64_t max_length,
                          std::int64_t batch_size, const RunPlace& place) {
  if (!has_data && !place.resume) fail_usage("--train FILE is missing: what should the model learn from?");
  if (!place.resume) encoder.validate();
  place.validate();
  expect_positive("--batch-size", batch_size);
  if (max_length < 0) fail_usage("--max-length is {}, expected 0 (what the model takes) or more", max_length);
}

std::vector<std::string> labels_to_learn(std::vector<std::string> found, const EncoderChoice& encoder) {
  std::vector<std::string> names = tasks::LabelMap::of_labels(std::move(found)).names();
  check(names.size() > 1, "everything in the training data has the label \"{}\": there is nothing to learn",
        names.front());
  return stored_labels_or(std::move(names), encoder);
}

std::vector<std::string> stored_labels_or(std::vector<std::string> names, const EncoderChoice& encoder) {
  if (encoder.is_new()) return names;
  std::vector<std::string> stored = models::read_text_labels(encoder.model).names;
  const bool covered = std::ranges::all_of(
      names, [&](const std::string& name) { return std::ranges::find(stored, name) != stored.end(); });
  return covered ? stored : names;
}

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

void tell_fresh(std::FILE* progress, const std::vector<std::string>& fresh) {
  if (progress != nullptr && !fresh.empty())
    io::print_message(progress, "new, to be learned: {}\n", fmt::join(fresh, ", "));
}

}  // namespace attune::command
