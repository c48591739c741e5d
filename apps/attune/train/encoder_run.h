// What the runs that fine-tune a pretrained encoder share.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/attune/train/encoder_choice.h"
#include "apps/attune/train/model_saver.h"
#include "apps/attune/train/train_flags.h"
#include "attune/models/text/heads.h"
#include "attune/text/tokenizer.h"
#include "attune/train/checkpoint.h"
#include "attune/train/options.h"

namespace attune::command {

// As BERT is fine-tuned: 1810.04805, appendix A.3.
inline train::TrainingOptions fine_tuning() {
  train::TrainingOptions training;
  training.learning_rate = 3e-5;
  training.lr_scheduler_type = train::ScheduleKind::linear;
  training.weight_decay = 0.01;
  training.num_train_epochs = 3;
  return training;
}

// --train, of which `has_data` says whether it was given, --model, --max-length, --batch-size and the place
// of a run: throws UsageError naming the flag.
void validate_encoder_run(bool has_data, const EncoderChoice& encoder, std::int64_t max_length,
                          std::int64_t batch_size, const RunPlace& place);

// The labels of the training data, or those of the directory where they cover these: its head then goes on.
// Throws Error when there is but one.
std::vector<std::string> labels_to_learn(std::vector<std::string> found, const EncoderChoice& encoder);

// Those of the directory where they cover these, else these.
std::vector<std::string> stored_labels_or(std::vector<std::string> names, const EncoderChoice& encoder);

// The most tokens of an input, --max-length or as many as the model takes. Throws UsageError for a number
// that leaves no token of the texts.
std::int64_t input_length(std::int64_t max_length, bool pairs, const text::Tokenizer& tokenizer,
                          const models::TextFacts& facts);

// --lm-weight, or, where `wanted` is below zero, the family's own: 0.5 for GPT and GPT-2 (Radford et al.,
// 2018, section 4.1), 0 for those that read both ways. Throws UsageError for a weight of theirs.
double lm_weight_of(double wanted, const models::TextFacts& facts);

// Says which parameters were drawn, unless `progress` is null.
void tell_fresh(std::FILE* progress, const std::vector<std::string>& fresh);

// The encoder with a head; of a resumed run, that of the checkpoint. `labels` is asked for the head's where
// they are needed: none to keep the directory's.
template <typename Model>
models::StartedModel<Model> start_encoder(const EncoderChoice& choice, std::uint64_t seed,
                                          const std::optional<train::Checkpoint>& checkpoint,
                                          const text::Tokenizer& tokenizer,
                                          const std::function<std::optional<models::TextLabels>()>& labels) {
  if (checkpoint) return {models::load_text_model<Model>(checkpoint->path), {}};
  Generator generator{.seed = seed};
  return start_encoder<Model>(choice, labels(), tokenizer, generator);
}

}  // namespace attune::command
