// A family of networks that read texts: its configuration, its network, its own layers of every head, its
// names in checkpoints.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "attune/models/text/encoder.h"
#include "attune/models/text/input_format.h"
#include "attune/models/weight_table.h"
#include "attune/nn/parameters.h"

namespace attune::models {

struct TextFacts {
  std::string model_type;   // "bert", as in config.json
  std::string class_names;  // "Bert": Hugging Face's classes are BertModel, BertForMaskedLM, ...
  std::int64_t vocab_size = 0, width = 0;
  std::int64_t layers = 0, heads = 0, feed_forward = 0;  // feed_forward: the width of its inner layer
  std::int64_t max_length = 0;                           // the most tokens of a text, special ones included
  std::int64_t token_types = 0;  // how many texts of an input it tells apart; 0: it does not
  std::int64_t padding_token = 0;
  bool causal = false;                             // a token sees those before it only
  std::string choice_class = "ForMultipleChoice";  // ends the name of Hugging Face's class
  // How texts become inputs, where it is not as the tokenizer says.
  std::optional<InputFormat> input_format = {};
};

// Layers on top of the hidden states (B, T, D). What they give depends on the head.
using HeadLayers = std::function<Tensor(const Tensor& hidden, const nn::Context& context)>;

// Scores over the vocabulary: weight transform(hidden) + bias.
struct VocabularyHead {
  HeadLayers transform;  // (..., D) -> (..., E)
  Tensor weight, bias;   // (V, E), the word embedding; (V)
};

// Shapes as in TextEncoder. Parameters of heads are named below the scope's own "predictions", "classifier",
// "pair", "span" and "pooler".
class TextFamily {
 public:
  virtual ~TextFamily() = default;

  virtual const TextFacts& facts() const = 0;
  // config.json as it was read, with the fields that this library knows; without the head's.
  virtual nlohmann::ordered_json config() const = 0;
  // The names of HF's class without a head, or of those with one.
  virtual WeightTable weights(bool with_head) const = 0;
  // The same of the class for multiple choice, where that names something otherwise.
  virtual WeightTable choice_weights() const { return weights(/*with_head=*/true); }

  virtual std::unique_ptr<TextEncoder> make_encoder(const nn::Scope& scope) const = 0;
  // A text in one vector: -> (B, D). Empty when the family has none.
  virtual HeadLayers make_pooler(const nn::Scope& scope) const = 0;
  virtual VocabularyHead make_vocabulary(const nn::Scope& scope, const TextEncoder& encoder) const = 0;
  virtual HeadLayers make_classifier(const nn::Scope& scope, std::int64_t outputs) const = 0;  // (B, outputs)
  virtual HeadLayers make_choice(const nn::Scope& scope) const = 0;                            // (B, 1)
  virtual HeadLayers make_token_classifier(const nn::Scope& scope,
                                           std::int64_t outputs) const = 0;  // (B, T, outputs)
  virtual HeadLayers make_span(const nn::Scope& scope) const = 0;  // (B, T, 2): an answer's start and end
  // Whether the second text follows the first: (B, 2). Empty when the family is not pre-trained on it.
  virtual HeadLayers make_pair(const nn::Scope& scope) const = 0;
  // (V, D): the output layer that predicts the next token from a hidden state, where the family was
  // pre-trained so; else undefined.
  virtual Tensor next_token_weight(const TextEncoder&) const { return {}; }
};

// Whether that "model_type" is one of the families here.
bool is_text_family(std::string_view model_type);

// The family of a model directory, by the "model_type" of its config.json. Throws Error, naming the known
// ones, for another, and naming the field for what a configuration asks for beyond them.
std::shared_ptr<const TextFamily> read_text_family(const std::filesystem::path& directory);
// The same of what a config.json holds; `name` stands for the file in errors.
std::shared_ptr<const TextFamily> make_text_family(const nlohmann::json& config, const std::string& name);

// The family with a vocabulary of `vocab_size` tokens, of which `padding` is the padding, whose texts become
// inputs by `format`.
std::shared_ptr<const TextFamily> with_input_format(const TextFamily& family, const InputFormat& format,
                                                    std::int64_t vocab_size, std::int64_t padding);

}  // namespace attune::models
