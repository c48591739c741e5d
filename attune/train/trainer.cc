#include "attune/train/trainer.h"

#include <cmath>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/train/parameter_choice.h"

namespace attune::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::int64_t resolve_max_steps(const TrainingOptions& options, const tasks::Task& task) {
  if (options.max_steps > 0) return options.max_steps;
  const double micro_batches = options.num_train_epochs * static_cast<double>(task.micro_batches_per_epoch());
  const double steps = std::ceil(micro_batches / static_cast<double>(options.gradient_accumulation_steps));
  constexpr double most = 1e15;  // more than anyone waits for, and far from what an int64 holds
  if (steps > most)
    fail_usage("--num-train-epochs is {}, which makes {:.3g} steps", options.num_train_epochs, steps);
  return static_cast<std::int64_t>(steps);
}

// Dropout draws from a stream of its own: the run's seed itself gives the first values of the parameters.
constexpr std::uint64_t dropout = 1;

TrainerState first_state(const RunDirectory& run) {
  if (run.checkpoint()) return load_trainer_state(*run.checkpoint());
  TrainerState state;
  state.random = {fold_in(run.options().seed, dropout), 0};
  return state;
}

OptimizerOptions optimizer_options(const TrainingOptions& options) {
  return {.kind = options.optimizer,
          .beta1 = options.adam_beta1,
          .beta2 = options.adam_beta2,
          .epsilon = options.adam_epsilon,
          .momentum = options.momentum,
          .weight_decay = options.weight_decay};
}

ArenaOptions arena_options(const nn::Parameters& parameters, const models::WeightTable& table,
                           const TrainingOptions& options) {
  ArenaOptions arena{.bfloat16_copies = options.dtype == DType::bfloat16};
  if (!options.freeze.empty()) {
    arena.trainable = [frozen = frozen_parameters(parameters, table, options.freeze)](
                          const nn::Parameter& parameter) { return !frozen.contains(parameter.name); };
  }
  if (options.layer_lr_decay != 1) {
    arena.learning_rate_factor = [factors = layer_factors(parameters, table, options.layer_lr_decay)](
                                     const nn::Parameter& parameter) { return factors.at(parameter.name); };
  }
  return arena;
}

}  // namespace

Trainer::Trainer(const nn::Parameters& parameters, const models::WeightTable& table, tasks::Task& task,
                 RunDirectory& run, SaveModel save_model, std::FILE* progress)
    : task_(task),
      run_(run),
      save_model_(std::move(save_model)),
      options_(run.options()),
      best_metric_(options_.metric_for_best_model, task),
      max_steps_(resolve_max_steps(options_, task)),
      schedule_{options_.lr_scheduler_type, options_.learning_rate, options_.min_learning_rate,
                options_.warmup_steps, max_steps_},
      state_(first_state(run)),
      arena_(parameters, arena_options(parameters, table, options_)),
      optimizer_(arena_, optimizer_options(options_)),
      saved_(run.checkpoint()),
      elapsed_before_(state_.elapsed_seconds),
      progress_(progress, state_.global_step, max_steps_) {
  if (saved_) load_optimizer(*saved_, optimizer_);
}

TrainingResult Trainer::train() {
  const StopSignals signals;
  run_.begin();
  log_.emplace(run_.path(), state_.global_step, state_.evaluated_step);
  if (saved_)
    progress_.say(fmt::format("continuing after step {} from {}", saved_->step, saved_->path.native()));
  if (options_.warmup_steps >= max_steps_) {
    progress_.say(fmt::format(
        "warming up takes {} steps of the run's {}: the learning rate gets no further than {:.2g} "
        "of {:.2g}; --warmup-steps makes it shorter",
        options_.warmup_steps, max_steps_, schedule_.at(max_steps_ - 1), options_.learning_rate));
  }
  while (true) {
    if (is_evaluation_due()) evaluate(signals);
    if (signals.received() != 0) return end(TrainingResult::End::interrupted, signals.received());
    if (has_stopped_early()) return end(TrainingResult::End::stopped_early, 0);
    if (is_finished()) return end(TrainingResult::End::finished, 0);
    if (options_.save_steps > 0 && state_.global_step > 0 && state_.global_step % options_.save_steps == 0)
      save();
    step(signals);
  }
}

void Trainer::step(const StopSignals& signals) {
  const auto start = Clock::now();
  const double learning_rate = schedule_.at(state_.global_step);
  const auto outcome = update(learning_rate, signals);
  if (!outcome) return;
  ++state_.global_step;

  const double seconds = seconds_since(start);
  const StepRecord record{.step = state_.global_step,
                          .loss = outcome->loss,
                          .learning_rate = learning_rate,
                          .grad_norm = outcome->grad_norm,
                          .units_per_second = outcome->weight / seconds,
                          .unit = task_.unit(),
                          .step_seconds = seconds,
                          .elapsed_seconds = elapsed_seconds()};
  if (state_.global_step % options_.logging_steps == 0 || is_finished()) log_->write(record);
  progress_.show(record);
}

std::optional<Trainer::StepOutcome> Trainer::update(double learning_rate, const StopSignals& signals) {
  const Generator random_before = state_.random;
  const nn::Context context{.training = true, .random = &state_.random, .compute = options_.dtype};
  const std::int64_t count = options_.gradient_accumulation_steps;
  // The mean over all micro-batches is (sum of weight x loss) / (sum of weights). Gradients are summed in
  // units of the first weight, so that equal weights multiply by one, and divided once, on their way into the
  // optimizer.
  double unit = 0, weights = 0, losses = 0;
  for (std::int64_t index = 0; index < count; ++index) {
    if (index > 0 && signals.received() != 0) {
      state_.random = random_before;
      return std::nullopt;
    }
    const auto [loss, weight] = task_.loss({state_.global_step, index, count}, context);
    if (weight == 0) continue;
    if (unit == 0) unit = weight;
    backward(loss, weight == unit ? Tensor() : Tensor::full(loss.shape(), weight / unit, loss.dtype()));
    const double value = loss.item();
    expect_finite_loss(value);
    losses += weight * value;
    weights += weight;
  }
  check(weights > 0, "step {}: none of its micro-batches has anything to learn from", state_.global_step + 1);

  const double scale = unit / weights;
  const double norm = arena_.finish_gradients() * scale;
  expect_finite_gradients(norm, losses / weights);
  optimizer_.step(learning_rate, scale * clip_scale(norm, options_.max_grad_norm));
  return StepOutcome{losses / weights, norm, weights};
}

bool Trainer::is_evaluation_due() const {
  const std::int64_t step = state_.global_step;
  if (!task_.has_validation() || step == 0 || step == state_.evaluated_step) return false;
  return is_finished() || (options_.eval_steps > 0 && step % options_.eval_steps == 0);
}

void Trainer::evaluate(const StopSignals& signals) {
  const NoGrad no_grad;
  const auto start = Clock::now();
  const auto evaluation =
      task_.evaluate({.compute = options_.dtype}, [&] { return signals.received() != 0; });
  if (!evaluation) return;
  const std::int64_t step = state_.global_step;
  if (!std::isfinite(evaluation->loss))
    throw DivergedError(
        fmt::format("step {}: the evaluation's loss is {}; {}", step, evaluation->loss, advice()));

  EvaluationRecord record{.step = step, .values = {{"eval_loss", evaluation->loss}}};
  std::string line = fmt::format("step {}: eval_loss {:.4f}", step, evaluation->loss);
  for (const auto& [name, value] : evaluation->metrics) {
    record.values.emplace_back("eval_" + name, value);
    line += fmt::format(", {} {:.4g}", name, value);
  }
  record.values.emplace_back("eval_seconds", seconds_since(start));
  record.values.emplace_back("elapsed_seconds", elapsed_seconds());

  state_.evaluated_step = step;
  const double value = best_metric_.of(*evaluation);
  const bool best = !state_.best_metric || best_metric_.is_better(value, *state_.best_metric);
  if (best) {
    // The correlation of a model that gives every text the same number is NaN: any other is better.
    state_.best_metric = std::isfinite(value) ? std::optional(value) : std::nullopt;
    state_.best_global_step = step;
    state_.evaluations_without_improvement = 0;
    save_model_(run_.path());
  } else {
    ++state_.evaluations_without_improvement;
  }
  log_->write(record);
  progress_.say(best ? line + " (the best so far)" : line);
}

void Trainer::save() {
  if (!saved_ || saved_->step != state_.global_step) {
    if (const Segment* bad = arena_.first_not_finite(arena_.parameters())) {
      throw DivergedError(fmt::format("step {}: parameter {} is not finite after the update; {}",
                                      state_.global_step, bad->name, advice()));
    }
    log_->flush();
    state_.elapsed_seconds = elapsed_seconds();
    try {
      saved_ = save_checkpoint(run_.path(), state_, optimizer_, save_model_);
    } catch (const Error& error) {
      fail("step {}: the checkpoint was not saved: {}; {}", state_.global_step, error.what(), advice());
    }
  }
  remove_old_checkpoints(run_.path(), options_.save_total_limit);
}

TrainingResult Trainer::end(TrainingResult::End how, int signal) {
  save();
  if (!task_.has_validation()) save_model_(run_.path());
  log_->flush();
  return {.end = how,
          .signal = signal,
          .steps_done = state_.global_step,
          .max_steps = max_steps_,
          .metric_for_best_model = best_metric_.name(),
          .best_metric = state_.best_metric,
          .best_step = state_.best_global_step,
          .elapsed_seconds = elapsed_seconds(),
          .checkpoint = saved_->path};
}

bool Trainer::has_stopped_early() const {
  return options_.early_stopping_patience > 0 &&
         state_.evaluations_without_improvement >= options_.early_stopping_patience;
}

double Trainer::elapsed_seconds() const { return elapsed_before_ + seconds_since(start_); }

void Trainer::expect_finite_loss(double loss) const {
  if (std::isfinite(loss)) return;
  const Segment* bad = arena_.first_not_finite(arena_.parameters());
  throw DivergedError(
      fmt::format("step {}: the loss is {}, {}; {}", state_.global_step + 1, loss,
                  bad != nullptr ? fmt::format("and parameter {} is the first that is not finite", bad->name)
                                 : "while every parameter is finite",
                  advice()));
}

void Trainer::expect_finite_gradients(double norm, double loss) const {
  if (std::isfinite(norm)) return;
  const Segment* bad = arena_.first_not_finite(arena_.gradients());
  throw DivergedError(fmt::format("step {}: the gradient of {} is not finite (the loss is {}); {}",
                                  state_.global_step + 1,
                                  bad != nullptr ? bad->name : "all parameters together", loss, advice()));
}

std::string Trainer::advice() const {
  return saved_ ? fmt::format("the last good checkpoint is {}", saved_->path.native())
                : "there is no checkpoint yet";
}

}  // namespace attune::train
