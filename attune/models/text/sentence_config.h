// What a sentence-transformers directory says of how texts become vectors (modules.json and the files that it
// names), as versions 0.4 to 6 of sentence-transformers write it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attune/models/text/pooling.h"
#include "attune/ops/activation/activation.h"

namespace attune::models {

// act(W v + b)
struct DenseModule {
  std::filesystem::path directory;  // of its weights
  std::int64_t in_features = 0, out_features = 0;
  bool bias = true;
  std::optional<ops::ActivationKind> activation = ops::ActivationKind::tanh;  // none: the identity
};

// v / |v|
struct NormalizeModule {};

using VectorModule = std::variant<DenseModule, NormalizeModule>;

struct SentenceConfig {
  std::filesystem::path encoder;  // directory of the encoder and its tokenizer
  std::int64_t max_length = 0;    // most tokens of a text, special ones included; 0: as the encoder has it
  bool lowercase = false;         // texts are read in lower case, whatever the tokenizer does
  std::int64_t pooled_width = 0;  // of a token's state, as the pooling expects it; 0: not said
  Pooling pooling;
  std::vector<VectorModule> modules;           // what becomes of the pooled vectors, in order
  std::int64_t truncate_width = 0;             // numbers of the vectors that are kept; 0: all
  std::map<std::string, std::string> prompts;  // what is put before texts, by what it is for
  std::string default_prompt;                  // before those of which nothing is said
};

// Reads it. A directory without modules.json is an encoder alone: the mean over the tokens, as
// sentence-transformers takes it. Throws Error that names the file and the module or field that is not known
// here.
SentenceConfig read_sentence_config(const std::filesystem::path& directory);

}  // namespace attune::models
