#include "attune/generate/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/base/error.h"

namespace attune::generate {
namespace {

// The log-probability of the K - 1 hypotheses that a search does not start from: they all begin alike.
constexpr float never = -1e9F;

constexpr std::int64_t most_beams = 1000;  // of one sentence; more would only fill the memory

}  // namespace

BeamSearch::BeamSearch(const BeamOptions& options) : options_(options) {
  if (options.num_beams < 1 || options.num_beams > most_beams)
    fail_usage("num-beams is {}, expected 1 to {}", options.num_beams, most_beams);
  if (!std::isfinite(options.length_penalty))
    fail_usage("length-penalty is {}, expected a number", options.length_penalty);
  if (options.max_new_tokens < 1)
    fail_usage("max-new-tokens is {}, expected 1 or more", options.max_new_tokens);
  const auto beams = static_cast<std::size_t>(options.num_beams);
  scores_.assign(beams, never);
  scores_[0] = 0;
  last_tokens_.assign(beams, -1);
  parents_.assign(beams, 0);
  nodes_.assign(beams, -1);
}

// n^p for the current length n, in float32 as Hugging Face divides.
double BeamSearch::penalty() const { return std::pow(static_cast<double>(length_), options_.length_penalty); }

std::vector<std::int64_t> BeamSearch::tokens_of(const Continuation& end) const {
  std::vector<std::int64_t> tokens = {end.token};
  std::int64_t node = nodes_[static_cast<std::size_t>(end.beam)];
  for (; node >= 0; node = tree_[static_cast<std::size_t>(node)].parent)
    tokens.push_back(tree_[static_cast<std::size_t>(node)].token);
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

void BeamSearch::finish(const Continuation& end) {
  const float score = end.score / static_cast<float>(penalty());
  const auto place = std::find_if(finished_.begin(), finished_.end(),
                                  [&](const Hypothesis& other) { return score > other.score; });
  const bool full = std::ssize(finished_) == options_.num_beams;
  if (full && place == finished_.end()) return;
  finished_.insert(place, {tokens_of(end), score});
  if (full) finished_.pop_back();
}

void BeamSearch::keep_running(std::span<const Continuation> best, bool at_limit) {
  const auto beams = static_cast<std::size_t>(options_.num_beams);
  std::vector<std::int64_t> nodes;
  scores_.clear();
  last_tokens_.clear();
  parents_.clear();
  for (const Continuation& c : best) {
    if (scores_.size() == beams || at_limit) break;
    if (c.token == options_.end_of_text) continue;
    tree_.push_back({nodes_[static_cast<std::size_t>(c.beam)], c.token});
    nodes.push_back(std::ssize(tree_) - 1);
    scores_.push_back(c.score);
    last_tokens_.push_back(c.token);
    parents_.push_back(c.beam);
  }
  // A vocabulary that has fewer tokens to go on with: the rest can no longer win.
  while (scores_.size() < beams) {
    nodes.push_back(nodes.empty() ? -1 : nodes[0]);
    scores_.push_back(-std::numeric_limits<float>::infinity());
    last_tokens_.push_back(last_tokens_.empty() ? best[0].token : last_tokens_[0]);
    parents_.push_back(parents_.empty() ? 0 : parents_[0]);
  }
  nodes_ = std::move(nodes);
}

void BeamSearch::advance(std::span<const Continuation> best) {
  check(!done_, "beam search: a step after the end");
  check(!best.empty(),
        "beam search: no continuation to choose from: all tokens are suppressed, or the model's scores are "
        "no numbers");
  ++length_;
  const bool at_limit = length_ == options_.max_new_tokens;
  // Only the K best may end: those behind them are there to go on.
  for (std::size_t i = 0; i < best.size() && std::cmp_less(i, options_.num_beams); ++i) {
    if (at_limit || best[i].token == options_.end_of_text) finish(best[i]);
  }
  keep_running(best, at_limit);
  const bool full = std::ssize(finished_) == options_.num_beams;
  const float best_possible = scores_[0] / static_cast<float>(penalty());
  done_ = at_limit || (full && !(best_possible > finished_.back().score));
}

void select_continuations(std::span<const float> log_probs, std::span<const std::int64_t> tokens,
                          std::span<const float> scores, std::int64_t count,
                          std::vector<Continuation>& best) {
  best.clear();
  const std::size_t each = log_probs.size() / scores.size();
  for (std::size_t beam = 0; beam < scores.size(); ++beam) {
    for (std::size_t i = beam * each; i < (beam + 1) * each; ++i) {
      if (tokens[i] < 0) continue;
      best.push_back({scores[beam] + log_probs[i], static_cast<std::int64_t>(beam), tokens[i]});
    }
  }
  std::stable_sort(best.begin(), best.end(),
                   [](const Continuation& a, const Continuation& b) { return a.score > b.score; });
  if (std::ssize(best) > count) best.resize(static_cast<std::size_t>(count));
}

}  // namespace attune::generate
