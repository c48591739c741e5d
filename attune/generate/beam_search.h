// Beam search over the log-probabilities of one sentence (Sutskever et al., 1409.3215, section 3.2), with the
// semantics of Hugging Face's generate(num_beams=K): the same candidates, the same finished hypotheses and
// the same moment to stop. It knows nothing of models: whoever drives it brings the best continuations.
//
// Letters: K hypotheses (beams), V vocabulary.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace attune::generate {

struct BeamOptions {
  std::int64_t num_beams = 4;         // K
  double length_penalty = 1;          // p: a finished hypothesis of n tokens scores log p(tokens) / n^p
  std::int64_t max_new_tokens = 200;  // counts the end of text
  std::int64_t end_of_text = -1;      // -1: hypotheses end at max_new_tokens only
};

// Hypothesis `beam` goes on with `token`; `score` is the log-probability of all of it, unpenalised.
struct Continuation {
  float score;
  std::int64_t beam, token;
};

struct Hypothesis {
  std::vector<std::int64_t> tokens;  // with the end of text, where it ended so
  float score;                       // Hugging Face's sequences_scores
};

// The search for one sentence.
class BeamSearch {
 public:
  explicit BeamSearch(const BeamOptions& options);

  // How many continuations advance() looks at: 2 K, so that K go on even when the K best end.
  std::int64_t candidates() const { return 2 * options_.num_beams; }

  // One step. `best` are the 2 K best continuations of all K hypotheses together, best first; fewer when
  // there are no more. Not after done().
  void advance(std::span<const Continuation> best);

  // Whether no hypothesis that still runs can change the result, by Hugging Face's rule for
  // early_stopping=False: the best of them, penalised as if it ended now, is no better than the worst of K
  // finished ones.
  bool done() const { return done_; }

  // The K hypotheses that run, best first: log-probabilities to add to those of the next token, the token
  // that each ended with, and which of the K before the step it continues.
  std::span<const float> scores() const { return scores_; }
  std::span<const std::int64_t> last_tokens() const { return last_tokens_; }
  std::span<const std::int64_t> parents() const { return parents_; }

  // The finished hypotheses, best first, at most K.
  const std::vector<Hypothesis>& finished() const { return finished_; }

 private:
  struct Node {  // of the tree that the hypotheses form
    std::int64_t parent, token;
  };
  std::vector<std::int64_t> tokens_of(const Continuation& end) const;
  void finish(const Continuation& end);
  void keep_running(std::span<const Continuation> best, bool at_limit);
  double penalty() const;

  BeamOptions options_;
  std::int64_t length_ = 0;  // tokens that every running hypothesis has
  bool done_ = false;
  std::vector<float> scores_;
  std::vector<std::int64_t> last_tokens_, parents_;
  std::vector<std::int64_t> nodes_;  // (K) where each running hypothesis ends in the tree; -1: it is empty
  std::vector<Node> tree_;
  std::vector<Hypothesis> finished_;
};

// The 2 K best of K lists: `log_probs` and `tokens` (K, each) hold the best next tokens of every hypothesis,
// best first, token -1 for none. Of equal scores the lower hypothesis and then the earlier in its list is
// first.
void select_continuations(std::span<const float> log_probs, std::span<const std::int64_t> tokens,
                          std::span<const float> scores, std::int64_t count, std::vector<Continuation>& best);

}  // namespace attune::generate
