// Texts as vectors (Sentence-BERT: Reimers and Gurevych, 1908.10084): an encoder, a pooling of its hidden
// states, and what may follow: dense layers, unit length.
//
// Shapes: B texts, T tokens, D width of the encoder, N width of the vectors.
#pragma once

#include <filesystem>
#include <memory>
#include <variant>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/models/text/sentence_config.h"
#include "attune/nn/linear.h"

namespace attune::models {

class SentenceEmbedder {
 public:
  // A sentence-transformers directory, or that of an encoder alone (read_sentence_config()). Throws Error for
  // what is damaged or not known here, and for widths that do not fit one another.
  explicit SentenceEmbedder(const std::filesystem::path& directory, const LoadOptions& options = {});

  const SentenceConfig& config() const { return config_; }
  const TextFacts& facts() const { return encoder_->facts(); }
  std::int64_t width() const { return width_; }            // N
  std::int64_t max_length() const { return max_length_; }  // the most tokens of a text, special ones included

  // Makes the encoder ready for many tokens (TextEncoder::pack()).
  void pack() { encoder_->pack(); }

  // -> (B, N) float32. The first `prompt_tokens` of every text are those of a prompt.
  Tensor embed(const TextBatch& batch, std::int64_t prompt_tokens, const nn::Context& context) const;

 private:
  struct Dense {
    explicit Dense(const DenseModule& module, const LoadOptions& options);

    nn::Parameters parameters;
    nn::Linear linear;
    std::optional<ops::ActivationKind> activation;
  };
  struct Normalize {};

  SentenceConfig config_;
  std::unique_ptr<BareTextModel> encoder_;
  std::vector<std::variant<std::unique_ptr<Dense>, Normalize>> modules_;
  std::int64_t max_length_, width_;
};

}  // namespace attune::models
