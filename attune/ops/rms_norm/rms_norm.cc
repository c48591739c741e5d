#include "attune/ops/rms_norm/rms_norm.h"

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/rms_norm.h"
#include "attune/ops/layer_norm/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// Calls f.operator()<X, Y>() with the types of the rows that come in and of the normalised rows.
template <typename F>
void with_types(DType x, DType y, F f) {
  if (x == DType::float32) {
    y == DType::float32 ? f.template operator()<float, float>() : f.template operator()<float, bfloat16>();
  } else {
    y == DType::float32 ? f.template operator()<bfloat16, float>()
                        : f.template operator()<bfloat16, bfloat16>();
  }
}

// The float64 path, in loops. x, y (N, D), rrms (N).
void forward_float64(const Tensor& x, const Tensor& weight, double epsilon, const Tensor& y,
                     const Tensor& rrms) {
  const std::int64_t columns = x.dim(1);
  for (std::int64_t r = 0; r < x.dim(0); ++r) {
    const double* row = x.data<double>() + r * columns;
    double mean = 0;
    for (std::int64_t i = 0; i < columns; ++i) mean += row[i] * row[i] / static_cast<double>(columns);
    const double scale = 1 / std::sqrt(mean + epsilon);
    for (std::int64_t i = 0; i < columns; ++i)
      y.mutable_data<double>()[r * columns + i] = row[i] * scale * weight.data<double>()[i];
    rrms.mutable_data<double>()[r] = scale;
  }
}

void backward_float64(const Tensor& dy, const Tensor& x, const Tensor& weight, const Tensor& rrms,
                      bool accumulate, const Tensor& dx, const Backward::Target& dweight) {
  const std::int64_t columns = x.dim(1);
  const double* w = weight.data<double>();
  std::vector<double> weight_sums(static_cast<std::size_t>(columns));
  for (std::int64_t r = 0; r < x.dim(0); ++r) {
    const double *row = x.data<double>() + r * columns, *out = dy.data<double>() + r * columns;
    const double scale = rrms.data<double>()[r];
    double mean = 0;
    for (std::int64_t i = 0; i < columns; ++i) {
      mean += out[i] * w[i] * row[i] * scale / static_cast<double>(columns);
      weight_sums[static_cast<std::size_t>(i)] += out[i] * row[i] * scale;
    }
    for (std::int64_t i = 0; i < columns; ++i) {
      double& to = dx.mutable_data<double>()[r * columns + i];
      to = (accumulate ? to : 0) + scale * (out[i] * w[i] - row[i] * scale * mean);
    }
  }
  if (!dweight.memory.defined()) return;
  for (std::int64_t i = 0; i < columns; ++i) {
    double& to = dweight.memory.mutable_data<double>()[i];
    to = (dweight.accumulate ? to : 0) + weight_sums[static_cast<std::size_t>(i)];
  }
}

void backward(Backward& b, const Tensor& x, const Tensor& weight, const Tensor& rrms) {
  const Tensor dy = norm_rows(b.gradient());  // (N, D)
  const auto wanted = [&b](int input) { return b.needs(input) ? b.target(input) : Backward::Target(); };
  const Backward::Target target = wanted(0), dweight = wanted(1);
  const Tensor dx = target.memory.defined() ? norm_rows(target.memory)
                                            : Tensor::empty(x.shape(), x.dtype(), x.device());  // (N, D)
  if (x.dtype() == DType::float64)
    return backward_float64(dy, x, weight, rrms, target.accumulate, dx, dweight);
  with_types(x.dtype(), dy.dtype(), [&]<typename X, typename Y>() {
    cpu::rms_norm_backward(
        dy.data<Y>(), x.data<X>(), weight.data<float>(), rrms.data<float>(), target.accumulate,
        dx.mutable_data<X>(),
        {dweight.memory.defined() ? dweight.memory.mutable_data<float>() : nullptr, dweight.accumulate},
        x.dim(0), x.dim(1));
  });
}

}  // namespace

Tensor rms_norm(const Tensor& x, const Tensor& weight, double epsilon, std::optional<DType> result) {
  const DType dtype = expect_norm_operands("rms_norm", "x", x, weight, Tensor(), epsilon, result);
  const Tensor rows = norm_rows(x), scale = contiguous(detach(weight));  // (N, D), (D)
  const Tensor y = Tensor::empty(x.shape(), dtype, x.device());          // (..., D)
  const Tensor out = norm_rows(y);                                       // (N, D)
  const bool is_double = x.dtype() == DType::float64;
  const Tensor rrms = Tensor::empty({rows.dim(0)}, is_double ? DType::float64 : DType::float32);  // (N)
  if (is_double) {
    forward_float64(rows, scale, epsilon, out, rrms);
  } else {
    with_types(x.dtype(), dtype, [&]<typename X, typename Y>() {
      cpu::rms_norm(rows.data<X>(), scale.data<float>(), out.mutable_data<Y>(), rrms.mutable_data<float>(),
                    rows.dim(0), rows.dim(1), static_cast<float>(epsilon));
    });
  }
  return record("rms_norm", {x, weight}, y, [=](Backward& b) { backward(b, rows, scale, rrms); });
}

}  // namespace attune::ops
