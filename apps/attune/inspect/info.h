// How attune info describes a model, whatever its family.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attune/models/summary.h"
#include "attune/models/weight_table.h"
#include "attune/nn/parameters.h"

namespace attune::command {

struct InfoOptions {
  std::string directory;
  bool shapes = false;
  std::int64_t batch_size = 1, tokens = 0;
};

// --context, or the model's when it is not given. Throws UsageError for more than that.
std::int64_t tokens_of(const InfoOptions& options, std::int64_t context);

struct Description {
  std::string title;  // behind the directory: "GPT-2, 12 layers, ..."
  const nn::Parameters& parameters;
  std::optional<models::WeightTable> table;  // to check the directory's weights; none: that was done
  models::MemoryEstimate inference, training;
  std::int64_t positions, tokens;  // that inference and training are estimated for
  std::string letters;             // what they stand for in the shapes
  std::vector<models::ShapeLine> shapes;
  std::string tokenizer;  // tokenizer_text() or another
};

// What the tokenizer of a directory is: "wordpiece, 30522 tokens".
std::string tokenizer_text(const std::filesystem::path& directory);
std::string translation_tokenizer_text(const std::filesystem::path& directory);

// Prints it, and what the directory tells of the training. Throws Error for weights that do not fit.
void print_description(const InfoOptions& options, const Description& description);

void describe_gpt(const InfoOptions& options);
void describe_gpt2(const InfoOptions& options);
void describe_prefix_lm(const InfoOptions& options);
void describe_transformer(const InfoOptions& options);
void describe_t5(const InfoOptions& options);
void describe_forecaster(const InfoOptions& options);
// Encoders, with a head or without, and GPT and GPT-2 with a head for texts.
void describe_text_model(const InfoOptions& options);

}  // namespace attune::command
