// What the heads need of a network that reads texts: one that reads them both ways (BERT and its relatives),
// or from left to right (GPT).
#pragma once

#include <cstdint>
#include <string>

#include "attune/nn/context.h"
#include "attune/tensor/tensor.h"

namespace attune::models {

// Texts of a batch, or pairs of texts, shorter ones padded.
struct TextBatch {
  Tensor ids;               // (B, T) int64
  Tensor mask = {};         // (B, T) bool: false for padding; undefined when nothing is padded
  Tensor token_types = {};  // (B, T) int64: which text of a pair a token is of; undefined: the first
};

// Shapes: B texts, T tokens, D width, V vocabulary, E width of the embeddings (D in most families).
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  // The last layer's output: (B, T, D), in the type that products run in. Rows of padding mean nothing.
  virtual Tensor hidden_states(const TextBatch& batch, const nn::Context& context) const = 0;
  // What the heads of whole texts take of it: the state that stands for a text is the first of each, (B, ...,
  // D). That is the first token's, [CLS], unless the family says otherwise.
  virtual Tensor text_states(const Tensor& hidden, const TextBatch&) const { return hidden; }
  // Keeps beside every matrix of the layers a copy in the layout that long inputs are computed fastest with
  // (nn::Linear::pack()). Pays after some thousands of tokens; for inference alone.
  // A family that has none works as before.
  virtual void pack() {}
  // (V, E), which a masked language model's output layer is tied to.
  virtual const Tensor& word_embedding() const = 0;
};

// Throws Error, naming `family`, for a batch of wrong shapes or types, or of more than `max_length` tokens.
void expect_batch(const TextBatch& batch, std::int64_t max_length, const char* family);

// The token types of a batch, of which none is said: zeros (B, T).
Tensor token_types_of(const TextBatch& batch);

}  // namespace attune::models
