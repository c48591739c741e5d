#include "attune/ops/batch_norm/batch_norm.h"

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/batch_norm/cpu.h"
#include "attune/ops/broadcast.h"
#include "attune/ops/layer_norm/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// result[j] = f(values[j]...), for contiguous (D) of the type of the parameters.
template <typename F, typename... Columns>
Tensor each_column(F f, const Tensor& first, const Columns&... others) {
  const Tensor result = Tensor::empty(first.shape(), first.dtype());  // (D)
  const auto run = [&]<typename T>(T*) {
    T* to = result.mutable_data<T>();
    for (std::int64_t j = 0; j < first.elements(); ++j)
      to[j] = static_cast<T>(f(first.data<T>()[j], others.template data<T>()[j]...));
  };
  first.dtype() == DType::float64 ? run(static_cast<double*>(nullptr)) : run(static_cast<float*>(nullptr));
  return result;
}

void put(const Backward::Target& target, const Tensor& values) {
  if (!target.memory.defined()) return;
  const Tensor& to = target.memory;
  to.copy_from(target.accumulate
                   ? each_column([](auto before, auto more) { return before + more; }, to, values)
                   : values);
}

struct Normalization {
  Tensor mean, rstd, weight;  // (D)
  bool of_batch;              // the moments are those of x, so that they have a gradient
};

// With x^ = (x - mean) rstd and means over the N rows: dx = weight rstd (dy - mean(dy) - x^ mean(dy x^)), and
// without the last two terms where the moments are given.
void backward(Backward& back, const Tensor& x, const Normalization& norm) {
  const Tensor dy = norm_rows(back.gradient());                          // (N, D)
  const auto [sum, product] = sum_normalized_columns(dy, x, norm.mean);  // (D)
  if (back.needs(1)) {
    put(back.target(1), each_column([](auto p, auto rstd) { return p * rstd; }, product, norm.rstd));
  }
  if (back.needs(2)) put(back.target(2), sum);
  if (!back.needs(0)) return;
  const Tensor a = each_column([](auto w, auto rstd) { return w * rstd; }, norm.weight, norm.rstd);
  const double share = norm.of_batch ? -1 / static_cast<double>(x.dim(0)) : 0;
  const Tensor b =
      each_column([share](auto first, auto p, auto rstd) { return share * first * p * rstd * rstd; }, a,
                  product, norm.rstd);
  const Tensor c = each_column([share](auto first, auto s) { return share * first * s; }, a, sum);
  const Backward::Target target = back.target(0);
  combine_columns(dy, x, norm.mean, a, b, c, target.accumulate, norm_rows(target.memory));
}

void expect_moments(const Tensor& x, const Tensor& weight, const RunningMoments& running) {
  for (const Tensor& moment : {running.mean, running.variance}) {
    check(moment.shape() == Shape{x.dim(-1)} && moment.dtype() == weight.dtype() && moment.is_contiguous(),
          "batch_norm: running moments are {} {}, expected {} [{}] (last dimension of x {})",
          name_of(moment.dtype()), moment.shape(), name_of(weight.dtype()), x.dim(-1), x.shape());
  }
}

Tensor normalized(const Tensor& x, const Tensor& weight, const Tensor& bias, const ColumnMoments& moments,
                  bool of_batch, double epsilon, DType dtype) {
  const Tensor rows = norm_rows(x), scale = contiguous(detach(weight));  // (N, D), (D)
  const Tensor rstd =
      each_column([epsilon](auto variance) { return 1 / std::sqrt(variance + epsilon); }, moments.variance);
  const Tensor factor = each_column([](auto w, auto r) { return w * r; }, scale, rstd);
  const Tensor y = Tensor::empty(x.shape(), dtype, x.device());  // (..., D)
  normalize_columns(rows, moments.mean, factor, contiguous(detach(bias)), norm_rows(y));
  return record("batch_norm", {x, weight, bias}, y,
                [=, norm = Normalization{moments.mean, rstd, scale, of_batch}](Backward& back) {
                  backward(back, rows, norm);
                });
}

void follow(const RunningMoments& running, const ColumnMoments& moments, double momentum, std::int64_t rows) {
  const double unbiased = rows > 1 ? static_cast<double>(rows) / static_cast<double>(rows - 1) : 1;
  const auto towards = [&](const Tensor& before, const Tensor& now, double factor) {
    before.bind(each_column(
        [&](auto old, auto seen) { return (1 - momentum) * old + momentum * factor * seen; }, before, now));
  };
  towards(running.mean, moments.mean, 1);
  towards(running.variance, moments.variance, unbiased);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const RunningMoments& running,
                  double momentum, double epsilon, std::optional<DType> result) {
  const DType dtype = expect_norm_operands("batch_norm", "x", x, weight, bias, epsilon, result);
  check(x.elements() > 0, "batch_norm: x {} has no rows to take moments of", x.shape());
  check(momentum >= 0 && momentum <= 1, "batch_norm: momentum is {}, expected 0 to 1", momentum);
  const Tensor rows = norm_rows(x);                    // (N, D)
  const ColumnMoments moments = column_moments(rows);  // (D)
  if (running.mean.defined()) {
    expect_moments(x, weight, running);
    follow(running, moments, momentum, rows.dim(0));
  }
  return normalized(x, weight, bias, moments, /*of_batch=*/true, epsilon, dtype);
}

Tensor batch_norm_inference(const Tensor& x, const Tensor& weight, const Tensor& bias,
                            const RunningMoments& running, double epsilon, std::optional<DType> result) {
  const DType dtype = expect_norm_operands("batch_norm", "x", x, weight, bias, epsilon, result);
  expect_moments(x, weight, running);
  return normalized(x, weight, bias, {detach(running.mean), detach(running.variance)}, /*of_batch=*/false,
                    epsilon, dtype);
}

}  // namespace attune::ops
