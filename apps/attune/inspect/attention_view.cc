#include "apps/attune/inspect/attention_view.h"

#include <algorithm>
#include <iterator>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/generate/generate_sequences.h"
#include "attune/models/causal_language_model.h"
#include "attune/models/config_fields.h"
#include "attune/models/sequence_to_sequence_model.h"
#include "attune/nn/attention_weights.h"
#include "attune/text/tokenizer.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::command {
namespace {

using Ids = std::vector<std::int32_t>;

Tensor as_batch(const Ids& ids) {  // (1, T)
  return Tensor::from(std::vector<std::int64_t>(ids.begin(), ids.end()),
                      {1, static_cast<std::int64_t>(ids.size())});
}

template <typename Tokenizer>
std::vector<std::string> tokens_of(const Ids& ids, const Tokenizer& tokenizer) {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) tokens.push_back(tokenizer.id_to_token(id));
  return tokens;
}

void expect_length(const Ids& ids, std::int64_t longest, const char* option) {
  check(static_cast<std::int64_t>(ids.size()) <= longest, "{} has {} tokens, the model takes at most {}",
        option, ids.size(), longest);
}

AttentionView view_language_model(const AttentionRequest& request) {
  if (request.target)
    fail_usage("--target is for translators; {} is a language model", request.directory.string());
  if (request.kind.value_or(AttentionKind::decoder) != AttentionKind::decoder) {
    fail_usage("{} is a language model: it has decoder attention only", request.directory.string());
  }
  const auto model = models::load_causal_language_model(request.directory);
  const auto tokenizer = text::load_tokenizer(request.directory);
  const Ids ids = tokenizer->encode(request.input);
  expect_length(ids, model->context_length(), "--input");
  nn::AttentionWeights weights;
  nn::Context context;
  context.attention = &weights;
  model->hidden_states(as_batch(ids), context);
  const auto tokens = tokens_of(ids, *tokenizer);
  return {AttentionKind::decoder, tokens, tokens, weights.self};
}

// The model's own greedy translation, and the end of text if it comes.
Ids translate(const models::SequenceToSequenceModel& model, const Ids& source) {
  const generate::SequenceOptions greedy;
  const auto best = generate::generate_sequences(model, {{source.begin(), source.end()}}, greedy).front();
  Ids written(best.tokens.begin(), best.tokens.end());
  if (std::ssize(written) < std::min(greedy.max_new_tokens, model.max_target_length()))
    written.push_back(static_cast<std::int32_t>(model.end_of_text()));
  return written;
}

AttentionView view_translator(const AttentionRequest& request) {
  const auto model = models::load_sequence_to_sequence_model(request.directory);
  const auto tokenizer = text::load_translation_tokenizer(request.directory);
  const Ids source = tokenizer->encode_source(request.input);
  expect_length(source, model->max_source_length(), "--input");
  const AttentionKind kind = request.kind.value_or(AttentionKind::cross);

  nn::AttentionWeights encoder, decoder;
  nn::Context context;
  context.attention = &encoder;
  const Tensor memory = model->encode({as_batch(source), {}}, context);  // (1, S, D)
  const auto source_tokens = tokens_of(source, *tokenizer);
  if (kind == AttentionKind::encoder) return {kind, source_tokens, source_tokens, encoder.self};

  const Ids target = request.target ? tokenizer->encode_target(*request.target) : translate(*model, source);
  expect_length(target, model->max_target_length(), "--target");
  Ids inputs{static_cast<std::int32_t>(model->decoder_start_token())};
  inputs.insert(inputs.end(), target.begin(), target.end() - 1);
  context.attention = &decoder;
  model->decode({as_batch(inputs), {}}, memory, {}, context);
  if (kind == AttentionKind::cross)
    return {kind, source_tokens, tokens_of(target, *tokenizer), decoder.cross};
  const auto input_tokens = tokens_of(inputs, *tokenizer);
  return {kind, input_tokens, input_tokens, decoder.self};
}

bool is_translator(const std::filesystem::path& directory) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  const auto config = models::read_json_object(directory / "config.json");
  return config.value("is_encoder_decoder", nlohmann::json(false)) == true;
}

}  // namespace

AttentionView view_attention(const AttentionRequest& request) {
  if (request.input.empty()) fail_usage("--input is empty, expected a text to look at");
  const NoGrad no_grad;
  return is_translator(request.directory) ? view_translator(request) : view_language_model(request);
}

}  // namespace attune::command
