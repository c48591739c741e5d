#include "attune/tasks/scoring/answer_scores.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/ops/embedding/embedding.h"
#include "attune/ops/views/views.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

using Ids = std::vector<std::int32_t>;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// log softmax(logits)[target] of a row of V.
double log_probability(std::span<const float> logits, std::int64_t target) {
  const float largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - largest));
  const double log_prob =
      static_cast<double>(logits[static_cast<std::size_t>(target)] - largest) - std::log(sum);
  check(std::isfinite(log_prob),
        "the model gives scores that are no numbers: its weights hold some that are none");
  return log_prob;
}

// The log-probabilities of the targets that count, summed by row: logits (N, T, V), targets (N, T).
void add_log_probabilities(const Tensor& logits, const Tensor& targets, std::span<AnswerScore* const> rows) {
  const auto values = logits.to_vector<float>();
  const auto vocabulary = static_cast<std::size_t>(logits.dim(-1));
  for (std::int64_t row = 0; row < targets.dim(0); ++row) {
    const auto wanted = row_of(targets, row);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] == ignored_target) continue;
      const std::size_t at = static_cast<std::size_t>(row) * wanted.size() + i;
      rows[static_cast<std::size_t>(row)]->log_likelihood +=
          log_probability(std::span(values).subspan(at * vocabulary, vocabulary), wanted[i]);
    }
  }
}

// The rows of x (B, ...) that `of` names: (N, ...).
Tensor rows_of(const Tensor& x, const Tensor& of) {
  const std::int64_t width = x.elements() / x.dim(0);
  const Tensor picked = ops::embedding(of, ops::reshape(x, {x.dim(0), width}));  // (N, ...)
  return ops::reshape(picked, x.shape().with(0, of.dim(0)));
}

struct Answer {
  Ids ids;
  AnswerScore* score;
  std::int64_t prompt;  // of the batch
};

std::size_t longest_of(const auto& all) {
  std::size_t longest = 0;
  for (const auto& one : all) longest = std::max(longest, one.ids.size());
  return longest;
}

std::vector<AnswerScore*> scores_of(const std::vector<Answer>& answers) {
  std::vector<AnswerScore*> scores;
  for (const Answer& answer : answers) scores.push_back(answer.score);
  return scores;
}

// Which prompt each answer is of: (N) int64.
Tensor prompts_of(const std::vector<Answer>& answers) {
  std::vector<std::int64_t> prompts;
  for (const Answer& answer : answers) prompts.push_back(answer.prompt);
  return Tensor::from(prompts, {std::ssize(prompts)});
}

// Answers (N, T), padded on the right, as targets.
Tensor targets_of(const std::vector<Answer>& answers) {
  const Tensor targets = Tensor::full({std::ssize(answers), static_cast<std::int64_t>(longest_of(answers))},
                                      ignored_target, DType::int64);
  for (std::size_t i = 0; i < answers.size(); ++i)
    std::ranges::copy(answers[i].ids, row_of(targets, static_cast<std::int64_t>(i)).begin());
  return targets;
}

// A score for every answer, which so far knows its bytes.
std::vector<std::vector<AnswerScore>> blank_scores(std::span<const PromptAndAnswers> requests) {
  std::vector<std::vector<AnswerScore>> all;
  for (const PromptAndAnswers& request : requests) {
    all.emplace_back(request.answers.size());
    for (std::size_t i = 0; i < request.answers.size(); ++i)
      all.back()[i].bytes = std::ssize(request.answers[i]);
  }
  return all;
}

// Calls visit(first, count) for batches of `total` requests.
void for_each_batch(std::size_t total, std::int64_t batch_size, const auto& visit) {
  const auto most = static_cast<std::size_t>(batch_size);
  for (std::size_t first = 0; first < total; first += most) visit(first, std::min(total - first, most));
}

std::size_t common_length(const Ids& a, const Ids& b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

class CausalScorer : public AnswerScorer {
 public:
  CausalScorer(const models::CausalLanguageModel& model, const text::Tokenizer& tokenizer)
      : model_(model), tokenizer_(tokenizer) {}

  std::vector<std::vector<AnswerScore>> score(std::span<const PromptAndAnswers> requests,
                                              std::int64_t batch_size) override {
    const NoGrad no_grad;
    auto scores = blank_scores(requests);
    std::vector<Prompt> prompts;
    for (std::size_t i = 0; i < requests.size(); ++i) prompts.push_back(encode(requests[i], scores[i]));
    share(prompts);
    for_each_batch(prompts.size(), batch_size, [&](std::size_t first, std::size_t count) {
      run(std::span(prompts).subspan(first, count));
    });
    return scores;
  }

 private:
  struct Prompt {
    Ids ids;
    std::vector<Answer> answers;
    bool is_cut = false;
  };

  // The prompts of a batch as they stand in its cache: P tokens that all begin with and that were run before,
  // then each one's own, R at most, padded on the left.
  struct Rows {
    std::int64_t shared = 0, most = 0;       // P, R
    std::vector<std::int64_t> lengths = {};  // of the own tokens

    std::int64_t total() const { return shared + most; }

    // (N, total() + added) bool for rows of these prompts: false for padding. Undefined where there is none.
    Tensor mask(std::span<const std::int64_t> prompts, std::int64_t added) const {
      const Tensor mask = Tensor::full({std::ssize(prompts), total() + added}, 1, DType::boolean);
      bool padded = false;
      for (std::int64_t row = 0; row < mask.dim(0); ++row) {
        const std::int64_t padding =
            most - lengths[static_cast<std::size_t>(prompts[static_cast<std::size_t>(row)])];
        std::fill_n(mask.mutable_data<bool>() + row * mask.dim(1) + shared, padding, false);
        padded = padded || padding > 0;
      }
      return padded ? mask : Tensor();
    }
  };

  Prompt encode(const PromptAndAnswers& request, std::vector<AnswerScore>& scores) {
    Prompt prompt{.ids = prompt_ids(request.prompt), .answers = {}};
    for (std::size_t i = 0; i < request.answers.size(); ++i) {
      prompt.answers.push_back({answer_ids(request.prompt, prompt.ids, request.answers[i]), &scores[i], 0});
      scores[i].tokens = std::ssize(prompt.answers.back().ids);
    }
    cut(prompt);
    return prompt;
  }

  Ids prompt_ids(const std::string& prompt) const {
    Ids ids = tokenizer_.encode(prompt);
    if (!ids.empty()) return ids;
    const auto& special = tokenizer_.special();
    if (special.bos) return {*special.bos};
    if (special.eos) return {*special.eos};
    check(model_.end_of_text().has_value(),
          "the prompt is empty, and the model has no token that begins or ends a text: give a prompt");
    return {static_cast<std::int32_t>(*model_.end_of_text())};
  }

  // What follows the prompt's tokens in those of the whole; of the answer alone where the whole is divided
  // otherwise.
  Ids answer_ids(const std::string& prompt, const Ids& given, const std::string& answer) const {
    const bool blank =
        prompt.empty() || is_blank(prompt.back()) || answer.empty() || is_blank(answer.front());
    const std::string continuation = blank ? answer : " " + answer;
    const Ids whole = tokenizer_.encode(prompt + continuation);
    Ids ids = whole.size() > given.size() && std::equal(given.begin(), given.end(), whole.begin())
                  ? Ids(whole.begin() + std::ssize(given), whole.end())
                  : tokenizer_.encode(continuation);
    check(!ids.empty(), "the answer \"{}\" has no tokens: there is nothing to score", answer);
    return ids;
  }

  // Leaves the end of a prompt that, with its longest answer, the model does not see at once.
  void cut(Prompt& prompt) {
    const auto longest = static_cast<std::int64_t>(longest_of(prompt.answers));
    const std::int64_t room = model_.context_length() - longest + 1;  // the last token is only predicted
    check(room >= 1, "an answer has {} tokens, the model sees {}", longest, model_.context_length());
    if (std::ssize(prompt.ids) <= room) return;
    prompt.ids.erase(prompt.ids.begin(), prompt.ids.end() - room);
    prompt.is_cut = true;
    ++cut_prompts_;
  }

  // Runs what all prompts begin with (the examples of few-shot ones) once, unless it was run before. A later
  // call may have a little less in common: what chance added to the first is dropped then, and not run again.
  void share(const std::vector<Prompt>& prompts) {
    constexpr std::size_t worth_it = 8;
    Ids common;
    std::size_t sharing = 0;
    for (const Prompt& prompt : prompts) {
      if (prompt.is_cut) continue;
      if (sharing++ == 0) common = prompt.ids;
      common.resize(std::min(common_length(common, prompt.ids), prompt.ids.size() - 1));  // one is its own
    }
    if (const std::size_t kept = common_length(common, prefix_); 4 * kept >= 3 * common.size())
      common.resize(kept);
    if (sharing < 2 || common.size() < worth_it || common == prefix_) return;
    prefix_ = std::move(common);
    const std::int64_t length = std::ssize(prefix_);
    const std::vector<std::int64_t> ids(prefix_.begin(), prefix_.end());
    const Tensor positions = Tensor::zeros({1, length}, DType::int64);  // (1, P)
    std::iota(row_of(positions, 0).begin(), row_of(positions, 0).end(), 0);
    prefix_cache_.emplace(model_.make_cache(1, length));
    model_.hidden_states(Tensor::from(ids, {1, length}), {positions, {}}, {}, *prefix_cache_);
  }

  Rows rows_of_batch(std::span<const Prompt> prompts) const {
    Rows rows{.shared = std::ssize(prefix_)};
    for (const Prompt& prompt : prompts) {
      const bool begins =
          prompt.ids.size() > prefix_.size() && common_length(prompt.ids, prefix_) == prefix_.size();
      if (!begins) rows.shared = 0;
    }
    for (const Prompt& prompt : prompts) {
      rows.lengths.push_back(std::ssize(prompt.ids) - rows.shared);
      rows.most = std::max(rows.most, rows.lengths.back());
    }
    return rows;
  }

  // Letters: B prompts, N answers of T tokens, padded on the right.
  void run(std::span<const Prompt> prompts) const {
    const Rows rows = rows_of_batch(prompts);
    const std::int64_t count = std::ssize(prompts);
    const Tensor ids = Tensor::zeros({count, rows.most}, DType::int64),
                 positions = Tensor::zeros({count, rows.most}, DType::int64);  // (B, R)
    std::vector<Answer> answers;
    std::vector<std::int64_t> each;  // 0 to B - 1
    for (std::int64_t row = 0; row < count; ++row) {
      const Prompt& prompt = prompts[static_cast<std::size_t>(row)];
      const std::int64_t own = rows.lengths[static_cast<std::size_t>(row)];
      std::copy_n(prompt.ids.end() - own, own, row_of(ids, row).end() - own);
      std::iota(row_of(positions, row).end() - own, row_of(positions, row).end(), rows.shared);
      for (Answer answer : prompt.answers) {
        answer.prompt = row;
        answers.push_back(std::move(answer));
      }
      each.push_back(row);
    }
    nn::KeyValueCache cache =
        rows.shared > 0 ? prefix_cache_->repeated(Tensor::zeros({count}, DType::int64), rows.total())
                        : model_.make_cache(count, rows.total());
    const Tensor hidden = model_.hidden_states(ids, {positions, rows.mask(each, 0)}, {}, cache);  // (B, R, D)
    const Tensor last = ops::contiguous(ops::slice(hidden, 1, rows.most - 1, rows.most));         // (B, 1, D)

    const Tensor targets = targets_of(answers), of = prompts_of(answers);  // (N, T), (N)
    const Tensor firsts = rows_of(last, of);                               // (N, 1, D)
    add_log_probabilities(model_.logits(firsts), ops::contiguous(ops::slice(targets, 1, 0, 1)),
                          scores_of(answers));
    if (targets.dim(1) > 1)
      go_on(rows, answers, targets, cache.repeated(of, rows.total() + targets.dim(1) - 1));
  }

  // The answers' tokens behind the first, on the keys and values of their prompts.
  void go_on(const Rows& rows, const std::vector<Answer>& answers, const Tensor& targets,
             nn::KeyValueCache cache) const {
    const std::int64_t length = targets.dim(1) - 1;
    const Tensor ids = Tensor::zeros({std::ssize(answers), length}, DType::int64),
                 positions = Tensor::zeros(ids.shape(), DType::int64);  // (N, T - 1)
    std::vector<std::int64_t> prompts;
    for (std::int64_t row = 0; row < ids.dim(0); ++row) {
      const Answer& answer = answers[static_cast<std::size_t>(row)];
      const std::int64_t given = rows.shared + rows.lengths[static_cast<std::size_t>(answer.prompt)],
                         inputs = std::ssize(answer.ids) - 1;
      std::copy_n(answer.ids.begin(), inputs, row_of(ids, row).begin());
      std::iota(row_of(positions, row).begin(), row_of(positions, row).begin() + inputs, given);
      prompts.push_back(answer.prompt);
    }
    const Tensor hidden =
        model_.hidden_states(ids, {positions, rows.mask(prompts, length)}, {}, cache);  // (N, T - 1, D)
    add_log_probabilities(model_.logits(hidden), ops::contiguous(ops::slice(targets, 1, 1, length + 1)),
                          scores_of(answers));
  }

  const models::CausalLanguageModel& model_;
  const text::Tokenizer& tokenizer_;
  Ids prefix_;  // what prompts began with so far, and its keys and values
  std::optional<nn::KeyValueCache> prefix_cache_;
};

class SequenceScorer : public AnswerScorer {
 public:
  SequenceScorer(const models::SequenceToSequenceModel& model, const text::Tokenizer& tokenizer)
      : model_(model), tokenizer_(tokenizer) {}

  std::vector<std::vector<AnswerScore>> score(std::span<const PromptAndAnswers> requests,
                                              std::int64_t batch_size) override {
    const NoGrad no_grad;
    auto scores = blank_scores(requests);
    for_each_batch(requests.size(), batch_size, [&](std::size_t first, std::size_t count) {
      score_batch(requests.subspan(first, count), std::span(scores).subspan(first, count));
    });
    return scores;
  }

 private:
  struct Source {
    Ids ids;
  };

  void score_batch(std::span<const PromptAndAnswers> requests, std::span<std::vector<AnswerScore>> scores) {
    std::vector<Source> sources;
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      sources.push_back({with_end(requests[i].prompt)});
      if (std::ssize(sources.back().ids) > model_.max_source_length()) {
        sources.back().ids.erase(sources.back().ids.begin(),
                                 sources.back().ids.end() - model_.max_source_length());
        ++cut_prompts_;
      }
      for (std::size_t j = 0; j < requests[i].answers.size(); ++j) {
        answers.push_back({with_end(requests[i].answers[j]), &scores[i][j], static_cast<std::int64_t>(i)});
        scores[i][j].tokens = std::ssize(answers.back().ids);
      }
    }
    run(sources, answers);
  }

  Ids with_end(const std::string& text) const {
    Ids ids = tokenizer_.encode(text);
    ids.push_back(static_cast<std::int32_t>(model_.end_of_text()));
    return ids;
  }

  // Letters: B sources of S tokens, N answers of T tokens, all padded on the right.
  void run(const std::vector<Source>& sources, const std::vector<Answer>& answers) const {
    const std::int64_t count = std::ssize(sources), most = static_cast<std::int64_t>(longest_of(sources));
    const Tensor ids = Tensor::full({count, most}, static_cast<double>(model_.padding_token()), DType::int64),
                 seen = Tensor::zeros({count, most}, DType::boolean);  // (B, S)
    for (std::int64_t row = 0; row < count; ++row) {
      const Ids& source = sources[static_cast<std::size_t>(row)].ids;
      std::ranges::copy(source, row_of(ids, row).begin());
      std::fill_n(seen.mutable_data<bool>() + row * most, source.size(), true);
    }
    const Tensor memory = model_.encode({ids, seen}, {});  // (B, S, D)

    const Tensor targets = targets_of(answers), of = prompts_of(answers);  // (N, T), (N)
    const Tensor inputs =
        Tensor::full(targets.shape(), static_cast<double>(model_.padding_token()), DType::int64);  // (N, T)
    const Tensor memory_mask = Tensor::empty({std::ssize(answers), most}, DType::boolean);         // (N, S)
    for (std::int64_t row = 0; row < targets.dim(0); ++row) {
      const Answer& answer = answers[static_cast<std::size_t>(row)];
      row_of(inputs, row)[0] = model_.decoder_start_token();
      std::copy_n(answer.ids.begin(), answer.ids.size() - 1, row_of(inputs, row).begin() + 1);
      std::copy_n(seen.data<bool>() + answer.prompt * most, most,
                  memory_mask.mutable_data<bool>() + row * most);
    }
    const Tensor hidden =
        model_.decode({inputs, Tensor()}, rows_of(memory, of), memory_mask, {});  // (N, T, D)
    add_log_probabilities(model_.logits(hidden), targets, scores_of(answers));
  }

  const models::SequenceToSequenceModel& model_;
  const text::Tokenizer& tokenizer_;
};

}  // namespace

AnswerNormalization parse_answer_normalization(std::string_view name) {
  if (name == "token") return AnswerNormalization::token;
  if (name == "byte") return AnswerNormalization::byte;
  if (name == "none") return AnswerNormalization::none;
  fail_usage("--normalize is '{}', expected token, byte or none", name);
}

double normalized(const AnswerScore& score, AnswerNormalization by) {
  if (by == AnswerNormalization::none) return score.log_likelihood;
  const std::int64_t share = by == AnswerNormalization::token ? score.tokens : score.bytes;
  return score.log_likelihood / static_cast<double>(std::max<std::int64_t>(1, share));
}

std::vector<std::size_t> ranked(std::span<const AnswerScore> scores, AnswerNormalization by) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return normalized(scores[a], by) > normalized(scores[b], by);
  });
  return order;
}

std::unique_ptr<AnswerScorer> make_answer_scorer(const models::CausalLanguageModel& model,
                                                 const text::Tokenizer& tokenizer) {
  return std::make_unique<CausalScorer>(model, tokenizer);
}

std::unique_ptr<AnswerScorer> make_answer_scorer(const models::SequenceToSequenceModel& model,
                                                 const text::Tokenizer& tokenizer) {
  return std::make_unique<SequenceScorer>(model, tokenizer);
}

std::optional<std::size_t> answer_of_label(std::string_view label, std::span<const std::string> answers) {
  const auto named = std::ranges::find(answers, label);
  if (named != answers.end()) return static_cast<std::size_t>(named - answers.begin());
  std::size_t index = answers.size();
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), index);
  if (error != std::errc() || end != label.data() + label.size()) {
    index = answers.size();
    if (label.size() == 1 && label[0] >= 'A' && label[0] <= 'Z')
      index = static_cast<std::size_t>(label[0] - 'A');
    if (label.size() == 1 && label[0] >= 'a' && label[0] <= 'z')
      index = static_cast<std::size_t>(label[0] - 'a');
  }
  return index < answers.size() ? std::optional(index) : std::nullopt;
}

}  // namespace attune::tasks
