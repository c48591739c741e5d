// The configuration of BERT and of the families that are its module with other names, as in HF's config.json.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "attune/models/config_fields.h"
#include "attune/nn/encoder_layer.h"

namespace attune::models {

// BERT-base (1810.04805, section 3) unless said otherwise.
struct BertConfig {
  std::int64_t vocab_size = 30522;  // V
  std::int64_t hidden_size = 768;   // the width D
  std::int64_t num_hidden_layers = 12, num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;  // the feed-forward width F
  ops::ActivationKind hidden_act = ops::ActivationKind::gelu;
  double hidden_dropout_prob = 0.1, attention_probs_dropout_prob = 0.1;
  std::optional<double> classifier_dropout;  // of what a classifier reads; none: hidden_dropout_prob
  std::int64_t max_position_embeddings = 512;
  std::int64_t type_vocab_size = 2;
  double initializer_range = 0.02, layer_norm_eps = 1e-12;
  std::int64_t pad_token_id = 0;

  // Throws UsageError naming the field for sizes that make no model.
  void validate() const;

  double head_dropout() const { return classifier_dropout.value_or(hidden_dropout_prob); }
  nn::Initializer initializer() const { return nn::Initializer::normal(initializer_range); }
  nn::LayerOptions layer() const;
  nn::LayerInitializers layer_initializers() const;
};

// Reads the fields into `config`, which holds the family's defaults. What they ask for beyond BERT (a
// decoder, relative positions) is an error that names the field.
void read_bert_fields(const ConfigFields& fields, BertConfig& config);
void write_bert_fields(const BertConfig& config, nlohmann::ordered_json& object);

// What all families of encoders ask of sizes: positive, not absurd. Throws UsageError naming the field.
void expect_size(const char* field, std::int64_t value);
void expect_layers(const char* field, std::int64_t value);  // and no more than anyone trains
void expect_probability(const char* field, double value);
// Fields of early versions and of decoders that no family here has.
void refuse_beyond_encoders(const ConfigFields& fields);

// Calls validate() of a configuration; the error names the file.
template <typename Config>
void validate_read(const Config& config, const ConfigFields& fields) {
  try {
    config.validate();
  } catch (const Error& error) {
    fail("{}: {}", fields.path(), error.what());
  }
}

}  // namespace attune::models
