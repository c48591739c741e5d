#include "attune/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "attune/autograd/tape.h"
#include "attune/io/test_directory.h"
#include "attune/train/test_run.h"

namespace attune::train {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using End = TrainingResult::End;

class TrainerTest : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return root_.path() / name; }

  static std::vector<nlohmann::json> log_of(const fs::path& directory) {
    std::ifstream file(directory / "log.jsonl");
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(file, line);) {
      lines.push_back(nlohmann::json::parse(line));
      for (const char* time : {"step_seconds", "elapsed_seconds", "tokens_per_second", "eval_seconds"})
        lines.back().erase(time);
    }
    return lines;
  }

  static std::vector<std::int64_t> checkpoints_of(const fs::path& directory) {
    std::vector<std::int64_t> steps;
    for (const Checkpoint& checkpoint : list_checkpoints(directory)) steps.push_back(checkpoint.step);
    return steps;
  }

  static std::vector<float> model_in(const fs::path& directory) {
    const RegressionModel model;
    model.load(directory);
    return model.values();
  }

  io::TestDirectory root_;
};

TEST_F(TrainerTest, LearnsAndLogs) {
  TrainingOptions options = test_options();
  options.max_steps = 200;
  TestRun run(at("a"), RunMode::fresh, options);
  const TrainingResult result = run.train();
  EXPECT_EQ(result.end, End::finished);
  EXPECT_EQ(result.steps_done, 200);

  const auto log = log_of(at("a"));
  EXPECT_EQ(log.front()["step"], 1);
  EXPECT_LT(log.at(log.size() - 2)["loss"].get<double>(), 0.05 * log.front()["loss"].get<double>());
  EXPECT_EQ(log.back()["step"], 200);
  EXPECT_LT(log.back()["eval_loss"].get<double>(), 0.02);
  EXPECT_EQ(log.back()["eval_twice"], 2.0);
  EXPECT_EQ(nlohmann::json::parse(io::read_text(at("a") / "training_config.json"))["max_steps"], 200);
}

TEST_F(TrainerTest, AccumulationEqualsOneLargeBatch) {
  const auto weights_with = [&](const std::vector<std::int64_t>& rows, const std::string& name) {
    TrainingOptions options = test_options();
    options.gradient_accumulation_steps = static_cast<std::int64_t>(rows.size());
    TestRun run(at(name), RunMode::fresh, options);
    run.task.rows = rows;
    run.task.noisy = false;
    run.train();
    return std::pair(run.model.values(), log_of(at(name)));
  };
  const auto [expected, expected_log] = weights_with({8}, "whole");
  for (const std::vector<std::int64_t>& rows : {std::vector<std::int64_t>{4, 4}, {5, 3}, {1, 0, 7}}) {
    const auto [weights, log] = weights_with(rows, "parts" + std::to_string(rows[0]));
    EXPECT_THAT(weights, testing::Pointwise(testing::FloatNear(1e-5f), expected));
    for (std::size_t i = 0; i < log.size(); ++i) {
      if (!log[i].contains("loss")) continue;
      EXPECT_NEAR(log[i]["loss"].get<double>(), expected_log[i]["loss"].get<double>(), 1e-5);
      EXPECT_NEAR(log[i]["grad_norm"].get<double>(), expected_log[i]["grad_norm"].get<double>(), 1e-5);
    }
  }
}

TEST_F(TrainerTest, TheSameSeedGivesTheSameLosses) {
  TrainingOptions options = test_options();
  TestRun first(at("a"), RunMode::fresh, options), second(at("b"), RunMode::fresh, options);
  first.train();
  second.train();
  EXPECT_EQ(log_of(at("a")), log_of(at("b")));
  EXPECT_EQ(first.model.values(), second.model.values());
  options.seed = 43;
  TestRun third(at("c"), RunMode::fresh, options);
  third.train();
  EXPECT_NE(log_of(at("a")), log_of(at("c"))) << "the seed drives the random state";
}

TEST_F(TrainerTest, Bfloat16TrainsFloat32Masters) {
  TrainingOptions options = test_options();
  options.dtype = DType::bfloat16;
  TestRun run(at("a"), RunMode::fresh, options);
  run.train();
  const Tensor copy = run.model.weight.autograd()->compute_copy;
  EXPECT_EQ(copy.dtype(), DType::bfloat16);
  EXPECT_EQ(copy.data<bfloat16>()->bits, bfloat16(*run.model.weight.data<float>()).bits);
}

TEST_F(TrainerTest, FrozenParametersKeepTheirBits) {
  for (const DType dtype : {DType::float32, DType::bfloat16}) {
    TrainingOptions options = test_options();
    options.dtype = dtype;
    options.weight_decay = 0.1;
    options.freeze = {"layer.*.weight"};
    const std::string name(attune::name_of(dtype));
    TestRun run(at(name), RunMode::fresh, options);
    const auto before = run.model.weight.to_vector<float>();
    run.train();
    EXPECT_EQ(run.model.weight.to_vector<float>(), before);
    EXPECT_FALSE(gradient_of(run.model.weight).defined());
    EXPECT_THAT(run.model.bias.to_vector<float>(), testing::Each(testing::Ne(0.0f)));
    const io::Safetensors state(at(name) / "checkpoint-12" / "optimizer.safetensors");
    EXPECT_NE(state.find("exp_avg.bias"), nullptr);
    EXPECT_EQ(state.find("exp_avg.weight"), nullptr) << "what is not trained has no moments";
  }
}

TEST_F(TrainerTest, AFrozenRunGoesOnExactly) {
  TrainingOptions options = test_options();
  options.freeze = {"*.bias"};
  options.layer_lr_decay = 0.5;
  TestRun whole(at("whole"), RunMode::fresh, options);
  whole.train();
  {
    TestRun run(at("parts"), RunMode::fresh, options);
    run.task.before_loss = [](std::int64_t step) {
      if (step == 7) std::raise(SIGTERM);
    };
    EXPECT_EQ(run.train().end, End::interrupted);
  }
  {
    TestRun resumed(at("parts"), RunMode::resume, options);
    resumed.train();
    EXPECT_EQ(resumed.model.values(), whole.model.values());
  }
  options.freeze.clear();
  EXPECT_THAT([&] { TestRun other(at("parts"), RunMode::resume, options); },
              ThrowsMessage<Error>(HasSubstr(R"(freeze: ["*.bias"] there, [] now)")));
}

TEST_F(TrainerTest, RunsOfBeforeThereWasFreezingGoOn) {
  { TestRun(at("a"), RunMode::fresh, test_options()).train(); }
  const fs::path file = at("a") / "training_config.json";
  auto config = nlohmann::json::parse(io::read_text(file));
  config.erase("freeze");
  config.erase("layer_lr_decay");
  io::write_text_atomically(file, config.dump());
  EXPECT_NO_THROW(TestRun(at("a"), RunMode::resume, test_options()));
}

TEST_F(TrainerTest, TheTaskNamesItsUnit) {
  class Rows : public Regression {
   public:
    using Regression::Regression;
    std::string_view unit() const override { return "rows"; }
  };
  RunDirectory directory(at("a"), RunMode::fresh, test_options(), "{}");
  const RegressionModel model;
  Rows task(model);
  Trainer trainer(
      model.parameters, model.table, task, directory, [](const fs::path&) {}, nullptr);
  trainer.train();
  EXPECT_THAT(io::read_text(at("a") / "log.jsonl"), HasSubstr("\"rows_per_second\": "));
}

TEST_F(TrainerTest, EpochsSayHowManySteps) {
  TrainingOptions options = test_options();
  options.max_steps = 0;
  options.num_train_epochs = 1.5;  // of 5 micro-batches
  options.gradient_accumulation_steps = 2;
  TestRun run(at("a"), RunMode::fresh, options);
  run.task.rows = {4, 4};
  EXPECT_EQ(run.train().max_steps, 4);
}

// Stopped by a signal in any step or evaluation, and resumed, a run ends with the same bits.
TEST_F(TrainerTest, AStoppedRunGoesOnExactly) {
  TestRun whole(at("whole"), RunMode::fresh, test_options());
  whole.train();
  for (int stop = 0; stop < 16; ++stop) {
    const fs::path directory = at("stopped" + std::to_string(stop));
    {
      TestRun run(directory, RunMode::fresh, test_options());
      int calls = 0;
      run.task.before_loss = [&](std::int64_t) {
        if (calls++ == stop) std::raise(SIGTERM);
      };
      run.task.before_evaluation = [&] {
        if (calls++ == stop) std::raise(SIGTERM);
      };
      const TrainingResult result = run.train();
      ASSERT_EQ(result.end, End::interrupted) << stop;
      EXPECT_EQ(result.signal, SIGTERM);
      EXPECT_TRUE(fs::exists(result.checkpoint / "trainer_state.json"));
    }
    TestRun resumed(directory, RunMode::resume, test_options());
    EXPECT_EQ(resumed.train().end, End::finished);
    EXPECT_EQ(resumed.model.values(), whole.model.values()) << stop;
    EXPECT_EQ(log_of(directory), log_of(at("whole"))) << stop;
    EXPECT_EQ(model_in(directory), model_in(at("whole"))) << stop;
  }
}

TEST_F(TrainerTest, ASignalDoesNotWaitForAllMicroBatches) {
  TrainingOptions options = test_options();
  options.gradient_accumulation_steps = 4;
  const std::vector<std::int64_t> rows{2, 2, 2, 2};
  TestRun whole(at("whole"), RunMode::fresh, options);
  whole.task.rows = rows;
  whole.train();
  {
    TestRun run(at("stopped"), RunMode::fresh, options);
    run.task.rows = rows;
    int calls = 0;
    run.task.before_loss = [&](std::int64_t) {
      if (calls++ == 5) std::raise(SIGTERM);
    };
    const TrainingResult result = run.train();
    EXPECT_EQ(result.end, End::interrupted);
    EXPECT_EQ(result.steps_done, 1);
    EXPECT_EQ(calls, 6);
  }
  TestRun resumed(at("stopped"), RunMode::resume, options);
  resumed.task.rows = rows;
  EXPECT_EQ(resumed.train().end, End::finished);
  EXPECT_EQ(resumed.model.values(), whole.model.values());
}

TEST_F(TrainerTest, ElapsedTimeGoesOn) {
  TrainingOptions options = test_options();
  { TestRun(at("a"), RunMode::fresh, options).train(); }
  const fs::path state_file = at("a") / "checkpoint-12" / "trainer_state.json";
  auto state = nlohmann::json::parse(io::read_text(state_file));
  state["elapsed_seconds"] = 1000;
  io::write_text_atomically(state_file, state.dump());
  options.max_steps = 14;
  TestRun longer(at("a"), RunMode::resume, options);
  EXPECT_GT(longer.train().elapsed_seconds, 1000);
  EXPECT_EQ(log_of(at("a")).back()["step"], 14);
}

TEST_F(TrainerTest, AFinishedRunHasNothingToResume) {
  { TestRun(at("a"), RunMode::fresh, test_options()).train(); }
  TestRun again(at("a"), RunMode::resume, test_options());
  again.task.before_loss = [](std::int64_t) { FAIL() << "no step is left"; };
  EXPECT_EQ(again.train().end, End::finished);
}

TEST_F(TrainerTest, KeepsTheNewestCheckpoints) {
  TrainingOptions options = test_options();
  options.save_steps = 2;
  TestRun two(at("two"), RunMode::fresh, options);
  two.train();
  EXPECT_THAT(checkpoints_of(at("two")), ElementsAre(10, 12));

  options.save_total_limit = 0;
  options.save_steps = 5;
  TestRun all(at("all"), RunMode::fresh, options);
  all.train();
  EXPECT_THAT(checkpoints_of(at("all")), ElementsAre(5, 10, 12));
}

TEST_F(TrainerTest, TheDirectoryHoldsTheBestModel) {
  TestRun run(at("a"), RunMode::fresh, test_options());
  run.task.scripted_losses = {3, 1, 2, 1.5};  // after steps 3, 6, 9, 12
  std::vector<float> at_step_6;
  run.task.before_loss = [&](std::int64_t step) {
    if (step == 6) at_step_6 = run.model.values();
  };
  const TrainingResult result = run.train();
  EXPECT_EQ(result.best_metric, 1);
  EXPECT_EQ(result.best_step, 6);
  EXPECT_EQ(model_in(at("a")), at_step_6);
  EXPECT_EQ(model_in(at("a") / "checkpoint-12"), run.model.values());
}

TEST_F(TrainerTest, AMetricSaysWhichModelIsTheBest) {
  TrainingOptions options = test_options();
  options.metric_for_best_model = "twice";  // more is better
  options.max_steps = 6;
  {
    TestRun run(at("a"), RunMode::fresh, options);
    run.task.scripted_losses = {3, 1};
    const TrainingResult result = run.train();
    EXPECT_EQ(result.metric_for_best_model, "twice");
    EXPECT_EQ(result.best_metric, 6);
    EXPECT_EQ(result.best_step, 3);
    EXPECT_NE(model_in(at("a")), run.model.values()) << "that of step 3";
  }
  options.max_steps = 15;
  {
    TestRun again(at("a"), RunMode::resume, options);
    again.task.scripted_losses = {2, 4, 3.5};
    const TrainingResult result = again.train();
    EXPECT_EQ(result.best_metric, 8);
    EXPECT_EQ(result.best_step, 12);
  }
  options.metric_for_best_model = "loss";
  EXPECT_THAT([&] { TestRun(at("a"), RunMode::resume, options); },
              ThrowsMessage<Error>(HasSubstr("metric_for_best_model: \"twice\" there, \"loss\" now")));
}

TEST_F(TrainerTest, AMetricIsAskedForEarlyStopping) {
  TrainingOptions options = test_options();
  options.metric_for_best_model = "twice";
  options.early_stopping_patience = 2;
  options.eval_steps = 1;
  TestRun run(at("a"), RunMode::fresh, options);
  run.task.scripted_losses = {1, 2, 2, 1.5, 0.5};
  const TrainingResult result = run.train();
  EXPECT_EQ(result.end, End::stopped_early);
  EXPECT_EQ(result.steps_done, 4);
  EXPECT_EQ(result.best_step, 2);
}

TEST_F(TrainerTest, AMetricThatIsNotANumberIsWorseThanAny) {
  TrainingOptions options = test_options();
  options.metric_for_best_model = "twice";
  TestRun run(at("a"), RunMode::fresh, options);
  run.task.scripted_losses = {3, 1, 2, 1};
  run.task.twice = std::numeric_limits<double>::quiet_NaN();
  run.task.before_loss = [&](std::int64_t step) {
    if (step == 6) run.task.twice = 0;
  };
  const TrainingResult result = run.train();
  EXPECT_EQ(result.best_metric, 4);
  EXPECT_EQ(result.best_step, 9);
}

TEST_F(TrainerTest, RefusesAMetricThatTheTaskDoesNotHave) {
  TrainingOptions options = test_options();
  options.metric_for_best_model = "f1";
  TestRun run(at("a"), RunMode::fresh, options);
  EXPECT_THAT([&] { run.train(); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("\"f1\""), HasSubstr("loss, twice"))));
  run.task.validates = false;
  EXPECT_THAT([&] { run.train(); }, ThrowsMessage<UsageError>(HasSubstr("--valid")));
}

TEST(BestMetricTest, LessOfALossIsBetter) {
  const RegressionModel model;
  const Regression task(model);
  EXPECT_TRUE(BestMetric("loss", task).is_better(1, 2));
  EXPECT_TRUE(BestMetric("eval_loss", task).is_better(1, 2));
  EXPECT_FALSE(BestMetric("eval_twice", task).is_better(1, 2));
  EXPECT_FALSE(BestMetric("twice", task).is_better(2, 2)) << "the first of two equal ones stays";
}

TEST_F(TrainerTest, WithoutValidationTheDirectoryHoldsTheLastModel) {
  TestRun run(at("a"), RunMode::fresh, test_options());
  run.task.validates = false;
  run.train();
  EXPECT_EQ(run.task.evaluations, 0);
  EXPECT_EQ(model_in(at("a")), run.model.values());
}

TEST_F(TrainerTest, StopsEarly) {
  TrainingOptions options = test_options();
  options.early_stopping_patience = 2;
  options.eval_steps = 1;
  {
    TestRun run(at("a"), RunMode::fresh, options);
    run.task.scripted_losses = {3, 2, 2.5, 1, 1, 1.5, 0.5};
    const TrainingResult result = run.train();
    EXPECT_EQ(result.end, End::stopped_early);
    EXPECT_EQ(result.steps_done, 6);
    EXPECT_EQ(result.best_step, 4);
  }
  TestRun again(at("a"), RunMode::resume, options);
  EXPECT_EQ(again.train().steps_done, 6) << "it stays stopped";
}

TEST_F(TrainerTest, EvaluatesAtTheEndOnlyWhenNotToldMore) {
  TrainingOptions options = test_options();
  options.eval_steps = 0;
  TestRun run(at("a"), RunMode::fresh, options);
  run.train();
  EXPECT_EQ(run.task.evaluations, 1);
}

TEST_F(TrainerTest, ABadValueStopsTheRunAndIsNamed) {
  const auto spoil = [&](const std::string& name, const std::function<void(TestRun&)>& change) {
    auto run = std::make_shared<TestRun>(at(name), RunMode::fresh, test_options());
    run->task.before_loss = [change, target = run.get()](std::int64_t step) {
      if (step == 6) change(*target);
    };
    return [run] { run->train(); };
  };
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(
      spoil("parameter", [](TestRun& run) { run.model.bias.mutable_data<float>()[1] = nan; }),
      ThrowsMessage<DivergedError>(AllOf(
          HasSubstr("step 7: the loss is nan, and parameter bias is the first that is not finite; the last "
                    "good checkpoint is "),
          HasSubstr("parameter/checkpoint-4"))));
  EXPECT_THAT(checkpoints_of(at("parameter")), ElementsAre(4));
  EXPECT_THAT(model_in(at("parameter") / "checkpoint-4"), testing::Each(testing::Lt(1e3f)));
}

TEST_F(TrainerTest, ABadGradientIsNamed) {
  TestRun run(at("a"), RunMode::fresh, test_options());
  run.task.spoil_gradient_at_step = 6;
  EXPECT_THAT(
      [&] { run.train(); },
      ThrowsMessage<DivergedError>(HasSubstr("step 7: the gradient of weight is not finite (the loss is ")));
  EXPECT_THAT(checkpoints_of(at("a")), ElementsAre(4));
}

TEST_F(TrainerTest, ABadEvaluationStopsTheRun) {
  TestRun run(at("a"), RunMode::fresh, test_options());
  run.task.scripted_losses = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THAT([&] { run.train(); },
              ThrowsMessage<DivergedError>(HasSubstr("step 6: the evaluation's loss is nan")));
}

TEST_F(TrainerTest, ADirectoryWithResultsIsNotWrittenOver) {
  { TestRun(at("a"), RunMode::fresh, test_options()).train(); }
  EXPECT_THAT([&] { TestRun(at("a"), RunMode::fresh, test_options()); },
              ThrowsMessage<Error>(HasSubstr("already holds a model or a run: add --resume")));

  TrainingOptions options = test_options();
  options.max_steps = 3;
  TestRun over(at("a"), RunMode::overwrite, options);
  EXPECT_THAT(checkpoints_of(at("a")), ElementsAre(8, 12)) << "nothing is lost before the run begins";
  over.train();
  EXPECT_THAT(checkpoints_of(at("a")), ElementsAre(3));
  EXPECT_EQ(log_of(at("a")).size(), 4u);
}

TEST_F(TrainerTest, ARunThatSavedNothingMayBeRepeated) {
  {
    TestRun run(at("a"), RunMode::fresh, test_options());
    run.task.before_loss = [](std::int64_t) { fail("no"); };
    EXPECT_THROW(run.train(), Error);
  }
  { TestRun(at("a"), RunMode::resume, test_options()).train(); }
  EXPECT_THAT(checkpoints_of(at("a")), ElementsAre(8, 12)) << "resumed from its beginning";
}

TEST_F(TrainerTest, OneRunAtATime) {
  const TestRun running(at("a"), RunMode::fresh, test_options());
  EXPECT_THAT([&] { TestRun(at("a"), RunMode::fresh, test_options()); },
              ThrowsMessage<Error>(HasSubstr("is in use by another run")));
}

TEST_F(TrainerTest, AnotherConfigurationIsNotResumed) {
  { TestRun(at("a"), RunMode::fresh, test_options(), R"({"layers": 4, "train": "a.txt"})").train(); }
  TrainingOptions options = test_options();
  options.learning_rate = 1;
  options.eval_steps = 100;  // free to change
  EXPECT_THAT([&] { TestRun(at("a"), RunMode::resume, options, R"({"layers": 5, "valid": "b.txt"})"); },
              ThrowsMessage<Error>(
                  AllOf(HasSubstr("training_config.json is of another configuration"),
                        HasSubstr("\n  layers: 4 there, 5 now\n  learning_rate: 0.05 there, 1.0 now\n"
                                  "  train: \"a.txt\" there, absent now\n"
                                  "  valid: absent there, \"b.txt\" now"))));
  EXPECT_THAT([&] { TestRun(at("none"), RunMode::resume, options); },
              ThrowsMessage<Error>(HasSubstr("there is no run to resume in ")));
  EXPECT_FALSE(fs::exists(at("none")));
}

TEST_F(TrainerTest, ASpoiledCheckpointIsNamed) {
  { TestRun(at("a"), RunMode::fresh, test_options()).train(); }
  const auto resume = [&] { TestRun(at("a"), RunMode::resume, test_options()).train(); };
  const fs::path state = at("a") / "checkpoint-12" / "trainer_state.json";
  const std::string good = io::read_text(state);
  for (const char* bad : {"", "[1]", "{}", R"({"global_step": "x"})"}) {
    io::write_text_atomically(state, bad);
    EXPECT_THAT(resume, ThrowsMessage<Error>(HasSubstr("trainer_state.json is not a trainer's state")));
  }
  io::write_text_atomically(state, std::string(good).replace(good.find("12"), 2, "13"));
  EXPECT_THAT(resume, ThrowsMessage<Error>(HasSubstr("global_step is 13, expected 12")));
  io::write_text_atomically(state, good);
  fs::copy_file(at("a") / "model.safetensors", at("a") / "checkpoint-12" / "optimizer.safetensors",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(resume, ThrowsMessage<Error>(HasSubstr("optimizer.safetensors holds 2 tensors, expected 4")));
}

}  // namespace
}  // namespace attune::train
