// What the runs that fine-tune a pretrained encoder share.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "attune/models/text/model.h"
#include "attune/text/tokenizer.h"
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

// Throws Error when the tokenizer has tokens that the model, read from `directory`, does not take.
void expect_vocabulary(const text::Tokenizer& tokenizer, const models::TextModel& model,
                       const std::string& directory);

// Writes a model directory: model and tokenizer, which must outlive it.
std::function<void(const std::filesystem::path&)> saver_of(const models::TextModel& model,
                                                           const text::Tokenizer& tokenizer);

// Says on `progress`, unless it is null, which parameters were drawn.
void tell_fresh(std::FILE* progress, const std::vector<std::string>& fresh);

}  // namespace attune::command
