// A pretrained encoder with a head on it, in Hugging Face's layout.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attune/models/text/family.h"
#include "attune/models/text/labels.h"

namespace attune::models {

// What all heads share. The heads are the classes that derive from it (attune/models/text/heads.h).
class TextModel {
 public:
  virtual ~TextModel() = default;
  TextModel(const TextModel&) = delete;
  TextModel& operator=(const TextModel&) = delete;

  const TextFacts& facts() const { return family_->facts(); }
  const TextLabels& labels() const { return labels_; }
  const nn::Parameters& parameters() const { return parameters_; }
  // Their names in a checkpoint.
  WeightTable weight_table() const { return table(); }
  const TextEncoder& encoder() const { return *encoder_; }
  // Makes the encoder ready for inference on many tokens (TextEncoder::pack()).
  void pack() { encoder_->pack(); }

  // Allocates every parameter and draws its first values, as Hugging Face's classes start out; the padding
  // token's embedding is zero.
  void initialize(Generator& generator) const;
  // Binds every parameter to the checkpoint's, but for the fresh ones of the options. Throws Error that lists
  // what does not fit.
  LoadReport load(const std::filesystem::path& directory, const LoadOptions& options = {});
  // Writes config.json and model.safetensors. What config.json said beside what is known here is kept, and so
  // are the types in which the weights were stored, as long as that loses nothing.
  void save(const std::filesystem::path& directory) const;

 protected:
  // `suffix` ends the name of Hugging Face's class: "ForMaskedLM", or "Model" for none of them.
  TextModel(std::shared_ptr<const TextFamily> family, TextLabels labels, std::string suffix);

  nn::Scope root() { return nn::Scope(parameters_); }
  const TextFamily& family() const { return *family_; }
  // `layers`, unless the family has none: then an error that names the class.
  HeadLayers required(HeadLayers layers) const;
  // The family's, unless it has none: then an error that says so.
  Tensor next_token_weight() const;
  // Hugging Face's names: those of the class without a head, or with one.
  virtual WeightTable table() const { return family_->weights(/*with_head=*/suffix_ != "Model"); }

 private:
  std::shared_ptr<const TextFamily> family_;
  TextLabels labels_;
  std::string suffix_;
  nn::Parameters parameters_;
  std::unique_ptr<TextEncoder> encoder_;
  StoredTypes stored_;
};

}  // namespace attune::models
