#include "attune/generate/generate_sequences.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "attune/autograd/tape.h"
#include "attune/generate/beam_search.h"
#include "attune/generate/decoding.h"
#include "attune/ops/top_log_probs/top_log_probs.h"

namespace attune::generate {
namespace {

using Sequence = std::vector<std::int64_t>;

// What all ways of choosing tokens need to know.
struct Rules {
  const SequenceOptions& options;
  std::int64_t start, end_of_text;
  std::int64_t most;                     // new tokens
  std::vector<std::int64_t> suppressed;  // never generated
  bool renormalizes;
  std::optional<std::int64_t> forced_end;

  bool forces_end(std::int64_t length) const { return forced_end && length + 1 == most; }
};

Rules rules_for(const models::SequenceToSequenceModel& model, const SequenceOptions& options) {
  Rules rules{options,
              model.decoder_start_token(),
              model.end_of_text(),
              std::min(options.max_new_tokens, model.max_target_length()),
              model.suppressed_tokens(),
              model.renormalizes(),
              model.forced_end_of_text()};
  if (options.ignore_end_of_text) {
    rules.suppressed.push_back(rules.end_of_text);
    rules.forced_end.reset();
  }
  return rules;
}

// The logits (N, V) of a step. Where the model asks for it, the suppressed tokens have no part in the
// softmax.
Tensor step(Decoding& decoding, std::span<const std::int64_t> tokens, const Rules& rules) {
  Tensor logits = decoding.step(tokens);
  if (!rules.renormalizes) return logits;
  float* row = logits.mutable_data<float>();
  for (std::int64_t n = 0; n < logits.dim(0); ++n, row += logits.dim(1)) {
    for (std::int64_t token : rules.suppressed) row[token] = -std::numeric_limits<float>::infinity();
  }
  return logits;
}

void expect_sources(const models::SequenceToSequenceModel& model, const std::vector<Sequence>& sources) {
  for (const Sequence& source : sources) {
    check(!source.empty(), "generate: a source is empty; give at least one token");
    check(std::ssize(source) <= model.max_source_length(),
          "generate: a source has {} tokens, the model takes {}; shorten it", source.size(),
          model.max_source_length());
    for (std::int64_t token : source) {
      check(token >= 0 && token < model.vocab_size(),
            "generate: token id {} in a source, the vocabulary has {}", token, model.vocab_size());
    }
  }
}

GeneratedSequence without_end(Hypothesis hypothesis, const Rules& rules) {
  if (!hypothesis.tokens.empty() && hypothesis.tokens.back() == rules.end_of_text)
    hypothesis.tokens.pop_back();
  return {std::move(hypothesis.tokens), hypothesis.score};
}

// ---- with a beam

// The best continuations of every sentence's hypotheses.
class Continuations {
 public:
  Continuations(const Tensor& logits, std::int64_t length, std::int64_t beams, const Rules& rules)
      : beams_(static_cast<std::size_t>(beams)), each_(2 * beams_) {
    if (rules.forces_end(length)) {
      each_ = 1;
      log_probs_.assign(static_cast<std::size_t>(logits.dim(0)), 0);
      tokens_.assign(static_cast<std::size_t>(logits.dim(0)), *rules.forced_end);
      return;
    }
    const auto top = ops::top_log_probs(logits, 2 * beams, rules.suppressed);  // (B K, 2 K)
    log_probs_ = top.log_probs.to_vector<float>();
    tokens_ = top.tokens.to_vector<std::int64_t>();
  }

  const std::vector<Continuation>& of(std::size_t sentence, std::span<const float> scores) {
    const std::size_t first = sentence * beams_ * each_, count = beams_ * each_;
    select_continuations(std::span(log_probs_).subspan(first, count),
                         std::span(tokens_).subspan(first, count), scores,
                         static_cast<std::int64_t>(2 * beams_), best_);
    return best_;
  }

 private:
  std::size_t beams_, each_;
  std::vector<float> log_probs_;
  std::vector<std::int64_t> tokens_;
  std::vector<Continuation> best_;
};

std::vector<GeneratedSequence> search(const models::SequenceToSequenceModel& model,
                                      const std::vector<Sequence>& sources, const Rules& rules) {
  const std::int64_t beams = rules.options.num_beams;
  std::vector<BeamSearch> searches(
      sources.size(), BeamSearch({beams, rules.options.length_penalty, rules.most, rules.end_of_text}));
  Decoding decoding(model, sources, beams, rules.most);
  std::vector<std::int64_t> tokens(sources.size() * static_cast<std::size_t>(beams), rules.start);
  std::vector<std::int64_t> parents;
  for (std::int64_t length = 0; length < rules.most; ++length) {
    Continuations continuations(step(decoding, tokens, rules), length, beams, rules);
    bool all_done = true;
    parents.clear();
    for (std::size_t b = 0; b < decoding.sentences().size(); ++b) {
      BeamSearch& one = searches[decoding.sentences()[b]];
      const bool ran = !one.done();
      if (ran) one.advance(continuations.of(b, one.scores()));
      all_done = all_done && one.done();
      for (std::int64_t k = 0; k < beams; ++k) {
        const std::int64_t parent = ran ? one.parents()[static_cast<std::size_t>(k)] : k;
        parents.push_back(static_cast<std::int64_t>(b) * beams + parent);
      }
    }
    if (all_done) break;
    decoding.reorder(parents);
    decoding.drop([&](std::size_t sentence) { return searches[sentence].done(); });
    tokens.clear();
    for (std::size_t sentence : decoding.sentences()) {
      const auto last = searches[sentence].last_tokens();
      tokens.insert(tokens.end(), last.begin(), last.end());
    }
  }
  std::vector<GeneratedSequence> results;
  for (const BeamSearch& one : searches) results.push_back(without_end(one.finished().at(0), rules));
  return results;
}

// ---- one token after another

struct Choice {
  std::int64_t token;
  float log_prob;
};

// Chooses the next token of every sequence of a batch.
class Chooser {
 public:
  Chooser(const Rules& rules, std::size_t sentences) : rules_(rules) {
    for (std::size_t i = 0; i < sentences; ++i) {
      SamplingOptions own = rules.options.sampling;
      own.seed += i;
      samplers_.emplace_back(own);
    }
  }

  std::vector<Choice> choose(const Tensor& logits, const std::vector<std::size_t>& sentences,
                             const std::vector<Hypothesis>& written) {
    const bool forced = rules_.forces_end(std::ssize(written[sentences[0]].tokens));
    const SamplingOptions& sampling = rules_.options.sampling;
    const bool greedy = sampling.temperature == 0 && sampling.repetition_penalty == 1;
    std::vector<Choice> choices;
    if (forced) {
      choices.assign(sentences.size(), {*rules_.forced_end, 0});
    } else if (greedy) {
      const auto best = ops::top_log_probs(logits, 1, rules_.suppressed);  // (B, 1)
      for (std::size_t b = 0; b < sentences.size(); ++b)
        choices.push_back({best.tokens.data<std::int64_t>()[b], best.log_probs.data<float>()[b]});
    } else {
      for (std::size_t b = 0; b < sentences.size(); ++b)
        choices.push_back(draw(logits, b, samplers_[sentences[b]], written[sentences[b]].tokens));
    }
    return choices;
  }

 private:
  Choice draw(const Tensor& logits, std::size_t b, Sampler& sampler, const Sequence& written) {
    const auto size = static_cast<std::size_t>(logits.dim(1));
    const float* row = logits.data<float>() + b * size;
    scores_.assign(row, row + size);
    for (std::int64_t token : rules_.suppressed)
      scores_[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
    context_.assign(1, rules_.start);
    context_.insert(context_.end(), written.begin(), written.end());
    const std::int64_t token = sampler.next(scores_, context_);
    const float most = *std::max_element(row, row + size);
    double total = 0;
    for (std::size_t i = 0; i < size; ++i) total += std::exp(row[i] - most);
    return {token, row[token] - most - static_cast<float>(std::log(total))};
  }

  const Rules& rules_;
  std::vector<Sampler> samplers_;
  std::vector<float> scores_;
  Sequence context_;
};

std::vector<GeneratedSequence> write(const models::SequenceToSequenceModel& model,
                                     const std::vector<Sequence>& sources, const Rules& rules) {
  Decoding decoding(model, sources, 1, rules.most);
  Chooser chooser(rules, sources.size());
  std::vector<Hypothesis> written(sources.size());  // score: the log-probability so far
  std::vector<bool> done(sources.size(), false);
  Sequence tokens(sources.size(), rules.start);
  for (std::int64_t length = 0; length < rules.most; ++length) {
    const auto choices = chooser.choose(step(decoding, tokens, rules), decoding.sentences(), written);
    for (std::size_t b = 0; b < choices.size(); ++b) {
      const std::size_t sentence = decoding.sentences()[b];
      if (done[sentence]) continue;
      check(choices[b].token >= 0,
            "generate: no token to choose from: all are suppressed, or the model's scores are no numbers");
      written[sentence].tokens.push_back(choices[b].token);
      written[sentence].score += choices[b].log_prob;
      done[sentence] = choices[b].token == rules.end_of_text;
    }
    if (std::find(done.begin(), done.end(), false) == done.end()) break;
    decoding.drop([&](std::size_t sentence) { return done[sentence]; });
    tokens.clear();
    for (std::size_t sentence : decoding.sentences()) tokens.push_back(written[sentence].tokens.back());
  }
  std::vector<GeneratedSequence> results;
  for (Hypothesis& one : written) {
    one.score /=
        static_cast<float>(std::pow(static_cast<double>(one.tokens.size()), rules.options.length_penalty));
    results.push_back(without_end(std::move(one), rules));
  }
  return results;
}

}  // namespace

void SequenceOptions::validate() const {
  sampling.validate();
  (void)BeamSearch({num_beams, length_penalty, max_new_tokens});
  if (num_beams > 1 && (sampling.temperature != 0 || sampling.repetition_penalty != 1))
    fail_usage(
        "num-beams is {} and the temperature {}: a beam does not draw; set num-beams 1 or temperature 0",
        num_beams, sampling.temperature);
}

std::vector<GeneratedSequence> generate_sequences(const models::SequenceToSequenceModel& model,
                                                  const std::vector<Sequence>& sources,
                                                  const SequenceOptions& options) {
  options.validate();
  expect_sources(model, sources);
  if (sources.empty()) return {};
  const NoGrad no_grad;
  const Rules rules = rules_for(model, options);
  return options.num_beams == 1 ? write(model, sources, rules) : search(model, sources, rules);
}

}  // namespace attune::generate
