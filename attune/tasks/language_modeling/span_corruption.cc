#include "attune/tasks/language_modeling/span_corruption.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

// Set windows and spans apart from one another and from the parameters' first values.
constexpr std::uint64_t window_stream = 0x5ba7, span_stream = 0x5ba8;
constexpr std::uint64_t evaluation_seed = 0x5ba9;

// Half to even, as Python's round() and TensorFlow's.
std::int64_t rounded(double value) { return static_cast<std::int64_t>(std::nearbyint(value)); }

// Divides `items` into `segments` parts that are not empty, every way equally likely: of the places between
// two items, segments - 1 are drawn.
std::vector<std::int64_t> random_segmentation(std::int64_t items, std::int64_t segments,
                                              Generator& generator) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(items - 1));
  std::iota(places.begin(), places.end(), 1);
  const auto drawn = static_cast<std::size_t>(segments - 1);
  for (std::size_t i = 0; i < drawn; ++i)
    std::swap(places[i], places[i + uniform_integer(generator, places.size() - i)]);
  std::sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(drawn));
  std::vector<std::int64_t> lengths;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < drawn; ++i) {
    lengths.push_back(places[i] - begin);
    begin = places[i];
  }
  lengths.push_back(items - begin);
  return lengths;
}

SpanLengths lengths_of(std::int64_t tokens, const SpanNoise& noise) {
  const auto [left_out, spans] = noise_counts(tokens, noise);
  return {tokens, tokens - left_out + spans + 1, left_out + spans + 1};
}

SpanCorruptionOptions validated(SpanCorruptionOptions options) {
  options.noise.validate();
  if (options.context < 4) fail_usage("--context is {}, expected at least 4", options.context);
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  return options;
}

}  // namespace

void SpanNoise::validate() const {
  if (!(density > 0 && density < 1)) fail_usage("--noise-density is {}, expected 0 < share < 1", density);
  if (!(mean_span_length >= 1)) fail_usage("--mean-span-length is {}, expected at least 1", mean_span_length);
}

NoiseCounts noise_counts(std::int64_t length, const SpanNoise& noise) {
  check(length >= 2, "span corruption: a text of {} tokens, expected at least 2", length);
  const std::int64_t tokens =
      std::clamp<std::int64_t>(rounded(static_cast<double>(length) * noise.density), 1, length - 1);
  const std::int64_t spans = rounded(static_cast<double>(tokens) / noise.mean_span_length);
  return {tokens, std::clamp<std::int64_t>(spans, 1, std::min(tokens, length - tokens))};
}

SpanLengths span_lengths(std::int64_t context, const SpanNoise& noise) {
  check(context >= 4, "span corruption: a context of {} tokens, expected at least 4", context);
  SpanLengths lengths = lengths_of(context - 2, noise);
  for (SpanLengths next = lengths_of(lengths.tokens + 1, noise); next.source <= context;
       next = lengths_of(lengths.tokens + 1, noise))
    lengths = next;
  // T5's code keeps the target to the source's round length here.
  if (noise.density == 0.5 && lengths.target > lengths.source && lengths.tokens > 2)
    lengths = lengths_of(lengths.tokens - 1, noise);
  return lengths;
}

std::vector<bool> random_spans_noise_mask(std::int64_t length, const SpanNoise& noise, Generator& generator) {
  const auto [left_out, spans] = noise_counts(length, noise);
  const auto noise_lengths = random_segmentation(left_out, spans, generator);
  const auto kept_lengths = random_segmentation(length - left_out, spans, generator);
  std::vector<bool> mask;
  for (std::size_t i = 0; i < noise_lengths.size(); ++i) {
    mask.insert(mask.end(), static_cast<std::size_t>(kept_lengths[i]), false);
    mask.insert(mask.end(), static_cast<std::size_t>(noise_lengths[i]), true);
  }
  return mask;
}

CorruptedText corrupt_spans(std::span<const std::int32_t> tokens, const std::vector<bool>& left_out,
                            std::span<const std::int32_t> sentinels, std::int32_t end_of_text) {
  check(tokens.size() == left_out.size(), "span corruption: {} tokens and a mask of {}", tokens.size(),
        left_out.size());
  CorruptedText text;
  std::size_t spans = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!left_out[i]) {
      text.source.push_back(tokens[i]);
      continue;
    }
    if (i == 0 || !left_out[i - 1]) {
      check(spans < sentinels.size(), "span corruption: more spans than the {} sentinels", sentinels.size());
      text.source.push_back(sentinels[spans]);
      text.target.push_back(sentinels[spans++]);
    }
    text.target.push_back(tokens[i]);
  }
  text.source.push_back(end_of_text);
  text.target.push_back(end_of_text);
  return text;
}

SpanCorruption::SpanCorruption(const models::SequenceToSequenceModel& model, text::TokenCorpus train,
                               std::optional<text::TokenCorpus> valid, const SpanCorruptionOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(validated(options)),
      lengths_(span_lengths(options.context, options.noise)),
      windows_(train_.size(), lengths_.tokens, fold_in(options.seed, window_stream)),
      span_seed_(fold_in(options.seed, span_stream)) {
  if (lengths_.source > model.max_source_length() || lengths_.target > model.max_target_length())
    fail_usage("--context is {}, the model takes sources of {} and targets of {} tokens", options.context,
               model.max_source_length(), model.max_target_length());
  const std::int64_t spans = noise_counts(lengths_.tokens, options.noise).spans;
  if (spans > std::ssize(options.sentinels))
    fail_usage(
        "a context of {} has {} spans, the tokenizer has {} sentinels (<extra_id_0>, ...): give a shorter "
        "--context or a larger --mean-span-length",
        options.context, spans, options.sentinels.size());
  check(train_.size() >= lengths_.tokens,
        "the training text has {} tokens, a context of {} needs at least {}: give a longer text or a shorter "
        "context",
        train_.size(), options.context, lengths_.tokens);
  if (valid_)
    check(valid_->size() > 1, "the validation text has {} tokens, expected at least 2", valid_->size());
}

std::int64_t SpanCorruption::micro_batches_per_epoch() const {
  return (windows_.per_epoch() + options_.batch_size - 1) / options_.batch_size;
}

void SpanCorruption::append(text::ParallelCorpus& batch, const text::TokenCorpus& text, std::int64_t begin,
                            std::int64_t count, std::uint64_t seed) const {
  Generator generator{.seed = seed};
  const auto [source, target] =
      corrupt_spans(text.tokens(begin, count), random_spans_noise_mask(count, options_.noise, generator),
                    options_.sentinels, static_cast<std::int32_t>(model_.end_of_text()));
  batch.source.append(source);
  batch.target.append(target);
}

TranslationBatch SpanCorruption::make_batch(const text::ParallelCorpus& batch) const {
  std::vector<std::uint32_t> all(static_cast<std::size_t>(batch.size()));
  std::iota(all.begin(), all.end(), 0U);
  return make_translation_batch(model_, batch, all);
}

MicroBatchLoss SpanCorruption::loss(const MicroBatchIndex& which, const nn::Context& context) {
  text::ParallelCorpus rows(model_.vocab_size());
  const std::int64_t first = which.done() * options_.batch_size;
  for (std::int64_t row = first; row < first + options_.batch_size; ++row)
    append(rows, train_, windows_.begin(row), lengths_.tokens,
           fold_in(span_seed_, static_cast<std::uint64_t>(row)));
  const TranslationBatch batch = make_batch(rows);
  return {model_.loss(batch.source, batch.inputs, batch.targets, /*label_smoothing=*/0, context),
          static_cast<double>(batch.tokens)};
}

std::optional<Evaluation> SpanCorruption::evaluate(const nn::Context& context,
                                                   const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there is no validation text");
  const NoGrad no_grad;
  double sum = 0, counted = 0;
  for (std::int64_t begin = 0; begin < valid_->size();) {
    if (stopped && stopped()) return std::nullopt;
    text::ParallelCorpus rows(model_.vocab_size());
    for (; rows.size() < options_.batch_size && begin < valid_->size(); begin += lengths_.tokens) {
      const std::int64_t count = std::min(lengths_.tokens, valid_->size() - begin);
      if (count < 2) continue;  // the end of the text: nothing can be left out of one token
      append(rows, *valid_, begin, count, fold_in(evaluation_seed, static_cast<std::uint64_t>(begin)));
    }
    if (rows.size() == 0) break;
    const TranslationBatch batch = make_batch(rows);
    sum +=
        sum_of_losses(model_.token_losses(batch.source, batch.inputs, batch.targets, context), batch.targets);
    counted += static_cast<double>(batch.tokens);
  }
  const double loss = sum / counted;
  return Evaluation{loss, {{"perplexity", std::exp(loss)}}};
}

}  // namespace attune::tasks
