// What a model looked at while it read, or wrote, a text.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::command {

// Whose attention: of the encoder or the decoder to the sequence itself, or of the decoder to the source.
enum class AttentionKind { encoder, decoder, cross };

struct AttentionRequest {
  std::filesystem::path directory;
  std::string input;
  // What a translator is made to write; its own translation when not given.
  std::optional<std::string> target = {};
  std::optional<AttentionKind> kind = {};  // cross for a translator, decoder for a GPT when not given
};

struct AttentionView {
  AttentionKind kind;
  std::vector<std::string> source;  // the tokens that are looked at, as bytes
  // The tokens that look; of cross-attention, the tokens that are written while looking.
  std::vector<std::string> target;
  std::vector<Tensor> layers;  // (1, H, target, source) each
  std::string unit = "token";  // what one of them is
};

// Throws UsageError for a request that the kind of model cannot meet, Error for a directory that is no model
// and for text that is longer than the model takes.
AttentionView view_attention(const AttentionRequest& request);

}  // namespace attune::command
