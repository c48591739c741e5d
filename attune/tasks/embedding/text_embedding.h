// Texts to vectors, and texts by what their vectors have in common with a query's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/models/text/sentence_embedder.h"
#include "attune/tasks/packing.h"
#include "attune/text/tokenizer.h"

namespace attune::tasks {

struct EmbeddingOptions {
  std::string_view prompt = {};  // put before every text
  std::int64_t batch_size = 32;
  nn::Context how = {};
  std::function<void()> after_batch = {};  // called when a batch is done
};

// A sentence encoder and its tokenizer.
class TextEmbedder {
 public:
  // Throws as SentenceEmbedder and load_tokenizer() do.
  explicit TextEmbedder(const std::filesystem::path& directory, const models::LoadOptions& options = {});

  std::int64_t width() const { return model_.width(); }

  // What the directory wants put before texts: before any; before one that asks; before those that may answer
  // (sentence-transformers' encode, encode_query and encode_document): the first of the names below that is
  // not empty.
  const std::string& prompt() const { return model_.config().default_prompt; }
  const std::string& query_prompt() const { return prompt_of({"query"}); }
  const std::string& document_prompt() const { return prompt_of({"document", "passage", "corpus"}); }
  // The one of that name. Throws UsageError with the names that there are.
  const std::string& prompt_named(const std::string& name) const;

  // One vector a text, in their order, end to end: N width() numbers. Texts longer than the model takes are
  // cut. Batches have texts of similar length. The weights are packed when it pays for the first time.
  std::vector<float> embed(std::span<const std::string> texts, const EmbeddingOptions& options);

 private:
  const std::string& prompt_of(std::initializer_list<const char*> names) const;
  std::int64_t prompt_tokens(std::string_view prompt) const;

  models::SentenceEmbedder model_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  Packing packing_;
};

struct RankedText {
  std::size_t index;
  double similarity;  // the cosine, -1 to 1
};

// The `most` texts whose vectors (N, width), end to end, are nearest to the query's (width) by the cosine of
// their angle, the nearest first; of equal ones the first. A vector of zeros has similarity 0 to all.
std::vector<RankedText> rank_texts(std::span<const float> query, std::span<const float> vectors,
                                   std::size_t most);

}  // namespace attune::tasks
