// What GPT and GPT-2 share as families of texts: a token sees those before it only, so the last one stands
// for the text (Radford et al., 2018, section 3.2).
#pragma once

#include <utility>

#include "attune/models/config_fields.h"
#include "attune/models/text/family.h"

namespace attune::models {

// (B, T, D) -> (B, 1, D): the last token of each text that is not padding.
Tensor last_tokens(const Tensor& hidden, const TextBatch& batch);

template <typename Network>
class CausalTextEncoder : public TextEncoder {
 public:
  template <typename Config>
  CausalTextEncoder(const nn::Scope& scope, const Config& config, const TextFacts& facts)
      : max_length_(facts.max_length), name_(facts.class_names), network_(scope, config) {}

  Tensor hidden_states(const TextBatch& batch, const nn::Context& context) const override {
    expect_batch(batch, max_length_, name_.c_str());
    return network_.hidden_states(batch.ids, batch.mask, context);  // (B, T, D)
  }
  const Tensor& word_embedding() const override { return network_.word_embedding(); }
  Tensor text_states(const Tensor& hidden, const TextBatch& batch) const override {
    return last_tokens(hidden, batch);  // (B, 1, D)
  }

 private:
  std::int64_t max_length_;
  std::string name_;
  Network network_;
};

class CausalTextFamily : public TextFamily {
 public:
  const TextFacts& facts() const override { return facts_; }
  nlohmann::ordered_json config() const override { return source_; }

  HeadLayers make_pooler(const nn::Scope&) const override { return {}; }
  VocabularyHead make_vocabulary(const nn::Scope&, const TextEncoder&) const override { return {}; }
  HeadLayers make_classifier(const nn::Scope& scope, std::int64_t outputs) const override;
  HeadLayers make_choice(const nn::Scope& scope) const override;
  HeadLayers make_token_classifier(const nn::Scope&, std::int64_t) const override { return {}; }
  HeadLayers make_span(const nn::Scope&) const override { return {}; }
  HeadLayers make_pair(const nn::Scope&) const override { return {}; }

 protected:
  // What the families' configurations have in common: config.json as it was read, and its facts.
  template <typename Config>
  CausalTextFamily(const nlohmann::json& object, const ConfigFields& fields, const Config& config,
                   const char* model_type, const char* class_names)
      : source_(object),
        facts_{.model_type = model_type,
               .class_names = class_names,
               .vocab_size = config.vocab_size,
               .width = config.n_embd,
               .layers = config.n_layer,
               .heads = config.n_head,
               .max_length = config.n_positions,
               .padding_token = config.pad_token_id.value_or(0)},
        initializer_(nn::Initializer::normal(config.initializer_range)) {
    read(fields);
  }

  void set_feed_forward(std::int64_t width) { facts_.feed_forward = width; }
  // The table of a language model with those of the heads; `with_head` as in TextFamily::weights().
  static WeightTable with_heads(WeightTable table, bool with_head);

 private:
  void read(const ConfigFields& fields);

  nlohmann::ordered_json source_;
  TextFacts facts_;
  nn::Initializer initializer_;
  double head_dropout_ = 0.1;  // "summary_first_dropout": the paper's dropout of the classifier (section 4.1)
};

}  // namespace attune::models
