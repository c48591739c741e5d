#include "attune/train/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"

namespace attune::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TrainingOptions valid() {
  TrainingOptions options;
  options.max_steps = 100;
  return options;
}

TEST(TrainingOptions, JsonGivesBackEveryField) {
  TrainingOptions options = valid();
  options.optimizer = OptimizerKind::sgd;
  options.lr_scheduler_type = ScheduleKind::inverse_sqrt;
  options.dtype = DType::bfloat16;
  options.learning_rate = 0.1 + 0.2;
  options.seed = std::numeric_limits<std::uint64_t>::max();
  options.momentum = 0.9;
  options.save_total_limit = 7;
  options.freeze = {"bert.embeddings.*", "*.bias"};
  options.layer_lr_decay = 0.75;
  options.metric_for_best_model = "f1";
  const nlohmann::ordered_json json = options;

  const auto read = nlohmann::ordered_json::parse(json.dump()).get<TrainingOptions>();
  EXPECT_EQ(nlohmann::ordered_json(read).dump(), json.dump());
  EXPECT_EQ(read.learning_rate, options.learning_rate);
  EXPECT_EQ(read.freeze, options.freeze);
  EXPECT_EQ(read.metric_for_best_model, "f1");
  EXPECT_EQ(read.seed, options.seed);
  EXPECT_EQ(read.optimizer, OptimizerKind::sgd);
  EXPECT_EQ(json["lr_scheduler_type"], "inverse_sqrt");
  EXPECT_EQ(json["dtype"], "bfloat16");
}

TEST(TrainingOptions, JsonOfAFewFieldsLeavesTheOthers) {
  TrainingOptions options;
  options.warmup_steps = 5;
  from_json(nlohmann::ordered_json::parse(R"({"learning_rate": 1, "layers": 4})"), options);
  EXPECT_EQ(options.learning_rate, 1);
  EXPECT_EQ(options.warmup_steps, 5);
}

TEST(TrainingOptions, JsonOfTheWrongTypeNamesTheField) {
  const auto read = [](const char* text) {
    return [text] { nlohmann::ordered_json::parse(text).get<TrainingOptions>(); };
  };
  EXPECT_THAT(read(R"({"max_steps": 1.5})"),
              ThrowsMessage<Error>("max_steps is 1.5, expected a whole number"));
  EXPECT_THAT(read(R"({"learning_rate": "x"})"),
              ThrowsMessage<Error>("learning_rate is \"x\", expected a number"));
  EXPECT_THAT(read(R"({"seed": -1})"),
              ThrowsMessage<Error>("seed is -1, expected a whole number, not negative"));
  EXPECT_THAT(read(R"({"dtype": "float16"})"),
              ThrowsMessage<Error>("--dtype is \"float16\", expected float32 or bfloat16"));
  EXPECT_THAT(read(R"({"optimizer": "lion"})"),
              ThrowsMessage<Error>(HasSubstr("expected adamw, adam or sgd")));
}

TEST(TrainingOptions, ValidationNamesTheFlag) {
  EXPECT_NO_THROW(validate(valid()));
  const auto with = [](auto change) {
    return [change] {
      TrainingOptions options = valid();
      change(options);
      validate(options);
    };
  };
  EXPECT_THAT(with([](auto& o) { o.learning_rate = 0; }),
              ThrowsMessage<UsageError>("--learning-rate is 0, expected more than 0"));
  EXPECT_THAT(with([](auto& o) { o.weight_decay = -1; }),
              ThrowsMessage<UsageError>("--weight-decay is -1, expected a number that is not negative"));
  EXPECT_THAT(with([](auto& o) { o.max_grad_norm = std::numeric_limits<double>::quiet_NaN(); }),
              ThrowsMessage<UsageError>(HasSubstr("--max-grad-norm is nan")));
  EXPECT_THAT(with([](auto& o) { o.adam_beta2 = 1; }),
              ThrowsMessage<UsageError>("--adam-beta2 is 1, expected less than 1"));
  EXPECT_NO_THROW(with([](auto& o) { o.warmup_steps = 101; })()) << "a recipe's, of a run cut short";
  EXPECT_THAT(with([](auto& o) { o.gradient_accumulation_steps = std::numeric_limits<std::int64_t>::max(); }),
              ThrowsMessage<UsageError>(HasSubstr("expected at most 1000000")));
  EXPECT_THAT(with([](auto& o) { o.min_learning_rate = 1; }),
              ThrowsMessage<UsageError>("--min-learning-rate is 1, expected at most --learning-rate, 0.001"));
  EXPECT_THAT(with([](auto& o) { o.max_steps = 0; }),
              ThrowsMessage<UsageError>(HasSubstr("how long to train")));
  EXPECT_THAT(with([](auto& o) { o.num_train_epochs = 1; }),
              ThrowsMessage<UsageError>(HasSubstr("give one of them")));
}

}  // namespace
}  // namespace attune::train
