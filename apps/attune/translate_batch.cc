#include "apps/attune/translate_batch.h"

#include <algorithm>
#include <numeric>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/ops/softmax/softmax.h"
#include "attune/ops/views/views.h"

namespace attune::command {
namespace {

models::SequenceBatch batch_of(const models::SequenceToSequenceModel& model,
                               const std::vector<std::vector<std::int64_t>>& sources) {
  std::size_t longest = 0;
  for (const auto& source : sources) longest = std::max(longest, source.size());
  const auto rows = static_cast<std::int64_t>(sources.size()), length = static_cast<std::int64_t>(longest);
  models::SequenceBatch batch{
      Tensor::full({rows, length}, static_cast<double>(model.padding_token()), DType::int64), {}};
  const Tensor mask = Tensor::zeros({rows, length}, DType::boolean);  // (B, S)
  bool padded = false;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto& source = sources[static_cast<std::size_t>(row)];
    std::copy(source.begin(), source.end(), batch.ids.mutable_data<std::int64_t>() + row * length);
    std::fill_n(mask.mutable_data<bool>() + row * length, source.size(), true);
    padded = padded || source.size() < longest;
  }
  if (padded) batch.mask = mask;
  return batch;
}

// The best next tokens of each of `rows` distributions over `vocabulary` tokens.
struct BestTokens {
  std::vector<float> scores;
  std::vector<std::int64_t> tokens;
};

BestTokens best_tokens(std::vector<float>& log_probs, std::int64_t vocabulary, std::int64_t count,
                       const std::vector<std::int64_t>& suppressed) {
  count = std::min(count, vocabulary);
  BestTokens best;
  std::vector<std::int64_t> order(static_cast<std::size_t>(vocabulary));
  for (std::size_t row = 0; row < log_probs.size(); row += order.size()) {
    float* values = log_probs.data() + row;
    for (const std::int64_t token : suppressed) values[token] = -1e30F;
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](std::int64_t a, std::int64_t b) {
      return values[a] != values[b] ? values[a] > values[b] : a < b;
    });
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t token = order[static_cast<std::size_t>(i)];
      best.scores.push_back(values[token]);
      best.tokens.push_back(values[token] > -1e29F ? token : -1);
    }
  }
  return best;
}

}  // namespace

std::vector<generate::Hypothesis> translate_batch(const models::SequenceToSequenceModel& model,
                                                  const std::vector<std::vector<std::int64_t>>& sources,
                                                  const generate::BeamOptions& options) {
  const NoGrad no_grad;
  const auto batch = batch_of(model, sources);
  const Tensor memory = model.encode(batch, {});  // (B, S, D)
  const std::int64_t beams = options.num_beams, rows = batch.ids.dim(0) * beams;
  const std::int64_t most = std::min(options.max_new_tokens, model.max_target_length());
  auto cache = model.make_cache(memory, batch.mask, beams, most);
  generate::BeamOptions each = options;
  each.max_new_tokens = most;
  std::vector<generate::BeamSearch> searches(sources.size(), generate::BeamSearch(each));
  std::vector<std::int64_t> suppressed = model.suppressed_tokens();
  if (options.end_of_text < 0) suppressed.push_back(model.end_of_text());

  Tensor next = Tensor::full({rows, 1}, static_cast<double>(model.decoder_start_token()), DType::int64);
  std::vector<generate::Continuation> continuations;
  while (true) {
    const Tensor logits = model.logits(model.decode(next, {}, cache));  // (B K, 1, V)
    auto log_probs = ops::log_softmax(logits).to_vector<float>();
    const std::int64_t vocabulary = logits.dim(-1);
    const auto best = best_tokens(log_probs, vocabulary, 2 * beams, suppressed);
    const std::size_t per_source = best.scores.size() / sources.size();
    std::vector<std::int64_t> parents, tokens;
    bool all_done = true;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      generate::BeamSearch& search = searches[i];
      if (!search.done()) {
        select_continuations(std::span(best.scores).subspan(i * per_source, per_source),
                             std::span(best.tokens).subspan(i * per_source, per_source), search.scores(),
                             search.candidates(), continuations);
        search.advance(continuations);
      }
      all_done = all_done && search.done();
      for (std::int64_t beam = 0; beam < beams; ++beam) {
        const bool runs = !search.done();
        const auto at = static_cast<std::size_t>(beam);
        parents.push_back(static_cast<std::int64_t>(i) * beams + (runs ? search.parents()[at] : beam));
        tokens.push_back(runs ? search.last_tokens()[at] : model.padding_token());
      }
    }
    if (all_done) break;
    cache.reorder(parents);
    next = Tensor::from(tokens, {rows, 1});
  }
  std::vector<generate::Hypothesis> results;
  for (const generate::BeamSearch& search : searches) results.push_back(search.finished().front());
  return results;
}

}  // namespace attune::command
