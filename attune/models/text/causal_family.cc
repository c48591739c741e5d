#include "attune/models/text/causal_family.h"

#include "attune/models/text/head_layers.h"
#include "attune/ops/embedding/embedding.h"
#include "attune/ops/views/views.h"

namespace attune::models {

Tensor last_tokens(const Tensor& hidden, const TextBatch& batch) {
  const std::int64_t texts = hidden.dim(0), tokens = hidden.dim(1), width = hidden.dim(2);
  const Tensor rows = Tensor::empty({texts}, DType::int64);  // (B): of (B T, D)
  for (std::int64_t text = 0; text < texts; ++text) {
    std::int64_t last = tokens - 1;
    if (batch.mask.defined()) {
      const bool* const seen = batch.mask.data<bool>() + text * tokens;
      while (last > 0 && !seen[last]) --last;
    }
    rows.mutable_data<std::int64_t>()[text] = text * tokens + last;
  }
  const Tensor table = ops::reshape(hidden, {texts * tokens, width});   // (B T, D)
  return ops::reshape(ops::embedding(rows, table), {texts, 1, width});  // (B, 1, D)
}

void CausalTextFamily::read(const ConfigFields& fields) {
  fields.read("summary_first_dropout", head_dropout_);
  check(head_dropout_ >= 0 && head_dropout_ < 1,
        "{}: \"summary_first_dropout\" is {}, expected 0 <= summary_first_dropout < 1", fields.path(),
        head_dropout_);
  check(facts_.padding_token < facts_.vocab_size,
        "{}: \"pad_token_id\" is {}, expected a token of the vocabulary of {}", fields.path(),
        facts_.padding_token, facts_.vocab_size);
  facts_.causal = true;
  facts_.choice_class = "DoubleHeadsModel";
  facts_.input_format = read_input_format(fields);
}

HeadLayers CausalTextFamily::make_classifier(const nn::Scope& scope, std::int64_t outputs) const {
  const nn::Linear score(scope / "classifier", facts_.width, outputs, initializer_, /*with_bias=*/false);
  return [layers = dropout_linear(score, head_dropout_)](const Tensor& hidden, const nn::Context& context) {
    return layers(nn::for_products(first_token(hidden), context), context);  // (B, outputs)
  };
}

HeadLayers CausalTextFamily::make_choice(const nn::Scope& scope) const {
  const auto expect = [&](const char* name, const nlohmann::json& expected) {
    const auto field = source_.find(name);
    check(field == source_.end() || *field == expected,
          "config.json: \"{}\" is {}, expected {} for a {}DoubleHeadsModel", name, field->dump(),
          expected.dump(), facts_.class_names);
  };
  expect("summary_type", "cls_index");
  expect("summary_use_proj", true);
  expect("summary_proj_to_labels", true);
  expect("summary_activation", nullptr);
  const nn::Linear summary(scope / "classifier" / "summary", facts_.width, 1, initializer_);
  return [layers = dropout_linear(summary, head_dropout_)](const Tensor& hidden, const nn::Context& context) {
    return layers(nn::for_products(first_token(hidden), context), context);  // (B, 1)
  };
}

WeightTable CausalTextFamily::with_heads(WeightTable table, bool with_head) {
  using Prefixes = std::vector<std::string>;
  table.prefixes = with_head ? Prefixes{"transformer.", ""} : Prefixes{"", "transformer."};
  const auto rule = [&table](const char* ours, const char* theirs) {
    table.rules.push_back({.ours = ours, .checkpoint = theirs, .prefixed = false});
  };
  rule("classifier.weight", "score.weight");
  rule("classifier.summary.weight", "multiple_choice_head.summary.weight");
  rule("classifier.summary.bias", "multiple_choice_head.summary.bias");
  // Other heads than the one that is read.
  for (const char* name : {"lm_head.weight", "score.*", "multiple_choice_head.*"})
    table.ignored.emplace_back(name);
  return table;
}

}  // namespace attune::models
