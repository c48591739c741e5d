#include "attune/models/bert/bert.h"

#include "attune/ops/add/add.h"

namespace attune::models {

TextPositions positions_from_zero() {
  return {[](const Tensor& ids) { return Tensor::arange(ids.dim(1)); }};
}

TextEmbeddings::TextEmbeddings(const nn::Scope& scope, const Options& options, TextPositions positions)
    : word(scope / "word", options.vocab_size, options.width, options.initializer, options.padding_token),
      position(scope / "position", options.max_positions, options.width, options.initializer,
               positions.padding_index),
      positions_(std::move(positions)),
      norm_(scope / "norm", options.width, options.norm_epsilon),
      dropout_{options.dropout} {
  if (options.token_types > 0)
    token_type_.emplace_back(scope / "token_type", options.token_types, options.width, options.initializer);
}

Tensor TextEmbeddings::operator()(const TextBatch& batch, const nn::Context& context) const {
  const Tensor words = word(batch.ids);                // (B, T, E)
  Tensor beside = position(positions_.of(batch.ids));  // (T, E) or (B, T, E)
  if (!token_type_.empty())
    beside = ops::add(token_type_.front()(token_types_of(batch)), beside);  // (B, T, E)
  const Tensor normed =
      ops::layer_norm(ops::add(words, beside), norm_.weight, norm_.bias, norm_.epsilon);  // (B, T, E)
  return dropout_(normed, context);
}

TextLayers::TextLayers(const nn::Scope& scope, std::int64_t count, const nn::LayerOptions& options,
                       const nn::LayerInitializers& initializers) {
  for (std::int64_t i = 0; i < count; ++i) layers_.emplace_back(scope / i, options, initializers);
}

Tensor TextLayers::operator()(Tensor x, const TextBatch& batch, const nn::Context& context) const {
  ops::AttentionOptions mask;
  mask.key_mask = batch.mask;
  for (const nn::EncoderLayer& layer : layers_) x = layer(x, mask, context);  // (B, T, D)
  return nn::for_products(x, context);
}

Bert::Bert(const nn::Scope& scope, const BertConfig& config, std::int64_t max_length, TextPositions positions)
    : max_length_(max_length),
      embeddings_(scope / "embeddings",
                  {.vocab_size = config.vocab_size,
                   .width = config.hidden_size,
                   .max_positions = config.max_position_embeddings,
                   .token_types = config.type_vocab_size,
                   .padding_token = config.pad_token_id,
                   .norm_epsilon = config.layer_norm_eps,
                   .dropout = config.hidden_dropout_prob,
                   .initializer = config.initializer()},
                  std::move(positions)),
      layers_(scope / "layers", config.num_hidden_layers, config.layer(), config.layer_initializers()) {}

Tensor Bert::hidden_states(const TextBatch& batch, const nn::Context& context) const {
  expect_batch(batch, max_length_, "BERT");
  return layers_(embeddings_(batch, context), batch, context);  // (B, T, D)
}

void TextLayers::pack() {
  for (nn::EncoderLayer& layer : layers_) layer.pack();
}

void Bert::pack() { layers_.pack(); }

BertFamily::BertFamily(const BertConfig& config)
    : BertFamily(config, {.model_type = "bert",
                          .class_names = "Bert",
                          .vocab_size = config.vocab_size,
                          .width = config.hidden_size,
                          .max_length = config.max_position_embeddings,
                          .token_types = config.type_vocab_size,
                          .padding_token = config.pad_token_id}) {}

BertFamily::BertFamily(const BertConfig& config, TextFacts facts)
    : config_(config), facts_(std::move(facts)) {
  facts_.layers = config.num_hidden_layers;
  facts_.heads = config.num_attention_heads;
  facts_.feed_forward = config.intermediate_size;
  config_.validate();
}

BertFamily::BertFamily(const nlohmann::json& object, const ConfigFields& fields)
    : BertFamily([&] {
        BertConfig config;
        read_bert_fields(fields, config);
        validate_read(config, fields);
        return config;
      }()) {
  source_ = object;
}

nlohmann::ordered_json BertFamily::config() const {
  nlohmann::ordered_json object = source_;
  write_bert_fields(config_, object);
  return object;
}

std::unique_ptr<TextEncoder> BertFamily::make_encoder(const nn::Scope& scope) const {
  return std::make_unique<Bert>(scope, config_, facts_.max_length, positions_from_zero());
}

nn::Linear BertFamily::linear(const nn::Scope& scope, std::int64_t outputs) const {
  return nn::Linear(scope, config_.hidden_size, outputs, config_.initializer());
}

HeadLayers BertFamily::make_pooler(const nn::Scope& scope) const {
  return first_token_dense(linear(scope / "pooler", config_.hidden_size), ops::ActivationKind::tanh);
}

VocabularyHead BertFamily::make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const {
  return vocabulary_head(scope / "predictions", config_.hidden_size, config_.initializer(),
                         config_.hidden_act, config_.layer_norm_eps, encoder.word_embedding());
}

HeadLayers BertFamily::make_classifier(const nn::Scope& scope, std::int64_t outputs) const {
  return in_order(make_pooler(scope),
                  dropout_linear(linear(scope / "classifier", outputs), config_.head_dropout()));
}

HeadLayers BertFamily::make_choice(const nn::Scope& scope) const { return make_classifier(scope, 1); }

HeadLayers BertFamily::make_token_classifier(const nn::Scope& scope, std::int64_t outputs) const {
  return dropout_linear(linear(scope / "classifier", outputs), config_.head_dropout());
}

HeadLayers BertFamily::make_span(const nn::Scope& scope) const {
  return dropout_linear(linear(scope / "span", 2), 0);
}

HeadLayers BertFamily::make_pair(const nn::Scope& scope) const {
  return in_order(make_pooler(scope), dropout_linear(linear(scope / "pair", 2), 0));
}

}  // namespace attune::models
