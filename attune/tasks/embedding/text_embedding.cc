#include "attune/tasks/embedding/text_embedding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/tasks/example_batches.h"
#include "attune/tasks/text_inputs.h"
#include "attune/text/unicode/lowercasing.h"

namespace attune::tasks {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

TextEmbedder::TextEmbedder(const std::filesystem::path& directory, const models::LoadOptions& options)
    : model_(directory, options), tokenizer_(text::load_tokenizer(model_.config().encoder)) {
  if (model_.config().lowercase) tokenizer_ = text::lowercasing(*tokenizer_);
}

// sentence-transformers 6 adds an empty "document" to a model that has only "passage".
const std::string& TextEmbedder::prompt_of(std::initializer_list<const char*> names) const {
  const std::string* empty = nullptr;
  for (const char* name : names) {
    const auto found = model_.config().prompts.find(name);
    if (found == model_.config().prompts.end()) continue;
    if (!found->second.empty()) return found->second;
    empty = &found->second;
  }
  return empty != nullptr ? *empty : prompt();
}

const std::string& TextEmbedder::prompt_named(const std::string& name) const {
  const auto found = model_.config().prompts.find(name);
  if (found != model_.config().prompts.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, prompt] : model_.config().prompts) names.push_back(known);
  if (names.empty()) fail_usage("there is no prompt \"{}\": the model directory has none", name);
  fail_usage("there is no prompt \"{}\", expected one of {}", name, fmt::join(names, ", "));
}

// As sentence-transformers counts them: without the special token at the end.
std::int64_t TextEmbedder::prompt_tokens(std::string_view prompt) const {
  if (prompt.empty()) return 0;
  const auto ids = encode_input(*tokenizer_, prompt, nullptr, model_.max_length()).ids;
  const bool ends = !ids.empty() && tokenizer_->is_special(ids.back());
  return static_cast<std::int64_t>(ids.size()) - (ends ? 1 : 0);
}

std::vector<float> TextEmbedder::embed(std::span<const std::string> texts, const EmbeddingOptions& options) {
  const NoGrad no_grad;
  std::vector<TextInput> inputs;
  inputs.reserve(texts.size());
  for (const std::string& text : texts)
    inputs.push_back(encode_input(*tokenizer_,
                                  options.prompt.empty() ? text : fmt::format("{}{}", options.prompt, text),
                                  nullptr, model_.max_length()));
  const std::int64_t of_prompt = prompt_tokens(options.prompt);
  const std::vector<std::int64_t> lengths = lengths_of(inputs);
  packing_.expect(model_, std::reduce(lengths.begin(), lengths.end(), std::int64_t{0}));
  std::vector<float> vectors(texts.size() * static_cast<std::size_t>(model_.width()));
  for_each_by_length(lengths, options.batch_size, [&](std::span<const std::uint32_t> which) {
    const Tensor some =
        model_.embed(make_text_batch(inputs, which, model_.facts()), of_prompt, options.how);  // (B, N)
    put_rows({some.data<float>(), static_cast<std::size_t>(some.elements())}, which, vectors);
    if (options.after_batch) options.after_batch();
  });
  return vectors;
}

std::vector<RankedText> rank_texts(std::span<const float> query, std::span<const float> vectors,
                                   std::size_t most) {
  const std::size_t width = query.size();
  check(width > 0 && vectors.size() % width == 0,
        "there are {} numbers, expected a multiple of the query's {}", vectors.size(), width);
  std::vector<RankedText> ranked;
  const double length = std::sqrt(dot(query, query));
  for (std::size_t i = 0; i < vectors.size() / width; ++i) {
    const auto vector = vectors.subspan(i * width, width);
    const double product = length * std::sqrt(dot(vector, vector));
    ranked.push_back({i, product > 0 ? dot(query, vector) / product : 0});
  }
  most = std::min(most, ranked.size());
  std::ranges::partial_sort(ranked, ranked.begin() + static_cast<std::ptrdiff_t>(most),
                            [](const RankedText& a, const RankedText& b) {
                              return a.similarity != b.similarity ? a.similarity > b.similarity
                                                                  : a.index < b.index;
                            });
  ranked.resize(most);
  return ranked;
}

}  // namespace attune::tasks
