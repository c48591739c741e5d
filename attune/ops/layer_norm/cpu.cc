#include "attune/ops/layer_norm/cpu.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "attune/backend/cpu/layer_norm.h"

namespace attune::ops {
namespace {

RowStatistics empty_statistics(const Tensor& x) {
  const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
  return {Tensor::empty({x.dim(0)}, dtype), Tensor::empty({x.dim(0)}, dtype)};
}

template <typename T>
const T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data<T>() : nullptr;
}

void forward_float64(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                     const Tensor& y, const RowStatistics& statistics) {
  const std::int64_t columns = x.dim(1);
  const double *w = weight.data<double>(), *shift = data_or_null<double>(bias);
  for (std::int64_t r = 0; r < x.dim(0); ++r) {
    const double* row = x.data<double>() + r * columns;
    double* out = y.mutable_data<double>() + r * columns;
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < columns; ++i) mean += row[i] / static_cast<double>(columns);
    for (std::int64_t i = 0; i < columns; ++i)
      variance += (row[i] - mean) * (row[i] - mean) / static_cast<double>(columns);
    const double rstd = 1 / std::sqrt(variance + epsilon);
    for (std::int64_t i = 0; i < columns; ++i)
      out[i] = (row[i] - mean) * rstd * w[i] + (shift != nullptr ? shift[i] : 0);
    statistics.mean.mutable_data<double>()[r] = mean;
    statistics.rstd.mutable_data<double>()[r] = rstd;
  }
}

void input_gradient_float64(const Tensor& dy, const Tensor& x, const Tensor& weight,
                            const RowStatistics& statistics, const Tensor& residual, const Tensor& dx) {
  const std::int64_t columns = x.dim(1);
  const double* w = weight.data<double>();
  for (std::int64_t r = 0; r < x.dim(0); ++r) {
    const double *row = x.data<double>() + r * columns, *out = dy.data<double>() + r * columns;
    const double mean = statistics.mean.data<double>()[r], rstd = statistics.rstd.data<double>()[r];
    double mean_g = 0, mean_gx = 0;
    for (std::int64_t i = 0; i < columns; ++i) {
      mean_g += out[i] * w[i] / static_cast<double>(columns);
      mean_gx += out[i] * w[i] * (row[i] - mean) * rstd / static_cast<double>(columns);
    }
    for (std::int64_t i = 0; i < columns; ++i) {
      const double passing = residual.defined() ? residual.data<double>()[r * columns + i] : 0;
      const double normal = (row[i] - mean) * rstd;
      dx.mutable_data<double>()[r * columns + i] =
          rstd * (out[i] * w[i] - mean_g - normal * mean_gx) + passing;
    }
  }
}

void parameter_gradients_float64(const Tensor& dy, const Tensor& x, const RowStatistics& statistics,
                                 const Backward::Target& dweight, const Backward::Target& dbias) {
  const std::int64_t columns = x.dim(1);
  for (std::int64_t i = 0; i < columns; ++i) {
    double weight_sum = 0, bias_sum = 0;
    for (std::int64_t r = 0; r < x.dim(0); ++r) {
      const double out = dy.data<double>()[r * columns + i];
      const double centred = x.data<double>()[r * columns + i] - statistics.mean.data<double>()[r];
      weight_sum += out * centred * statistics.rstd.data<double>()[r];
      bias_sum += out;
    }
    const auto put = [i](const Backward::Target& to, double sum) {
      if (!to.memory.defined()) return;
      double& at = to.memory.mutable_data<double>()[i];
      at = to.accumulate ? at + sum : sum;
    };
    put(dweight, weight_sum);
    put(dbias, bias_sum);
  }
}

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

cpu::ParameterGradient to_kernel(const Backward::Target& target) {
  return {target.memory.defined() ? target.memory.mutable_data<float>() : nullptr, target.accumulate};
}

}  // namespace

RowStatistics layer_norm_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                                 const Tensor& y) {
  const RowStatistics statistics = empty_statistics(x);
  if (x.dtype() == DType::float64) {
    forward_float64(x, weight, bias, epsilon, y, statistics);
    return statistics;
  }
  with_types(x.dtype(), y.dtype(), [&]<typename X, typename Y>() {
    cpu::layer_norm(x.data<X>(), weight.data<float>(), data_or_null<float>(bias), y.mutable_data<Y>(),
                    statistics.mean.mutable_data<float>(), statistics.rstd.mutable_data<float>(), x.dim(0),
                    x.dim(1), static_cast<float>(epsilon));
  });
  return statistics;
}

RowStatistics add_layer_norm_forward(const Tensor& residual, const Tensor& branch, const Tensor& weight,
                                     const Tensor& bias, double epsilon, const Tensor& sum, const Tensor& y) {
  const RowStatistics statistics = empty_statistics(residual);
  if (residual.dtype() == DType::float64) {
    const double *x = residual.data<double>(), *added = branch.data<double>();
    std::transform(x, x + sum.elements(), added, sum.mutable_data<double>(), std::plus<>());
    forward_float64(sum, weight, bias, epsilon, y, statistics);
    return statistics;
  }
  with_types(residual.dtype(), y.dtype(), [&]<typename X, typename Y>() {
    const auto run = [&](const auto* added) {
      cpu::add_layer_norm(residual.data<X>(), added, weight.data<float>(), data_or_null<float>(bias),
                          sum.mutable_data<X>(), y.mutable_data<Y>(), statistics.mean.mutable_data<float>(),
                          statistics.rstd.mutable_data<float>(), sum.dim(0), sum.dim(1),
                          static_cast<float>(epsilon));
    };
    branch.dtype() == residual.dtype() ? run(branch.data<X>()) : run(branch.data<bfloat16>());
  });
  return statistics;
}

void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight,
                         const RowStatistics& statistics, const Tensor& residual, const Tensor& dx,
                         const Tensor& rounded, const Backward::Target& dweight,
                         const Backward::Target& dbias) {
  if (x.dtype() == DType::float64) {
    parameter_gradients_float64(dy, x, statistics, dweight, dbias);
    input_gradient_float64(dy, x, weight, statistics, residual, dx);
    return;
  }
  with_types(x.dtype(), dy.dtype(), [&]<typename X, typename Y>() {
    cpu::layer_norm_backward(dy.data<Y>(), x.data<X>(), weight.data<float>(), statistics.mean.data<float>(),
                             statistics.rstd.data<float>(), data_or_null<X>(residual), dx.mutable_data<X>(),
                             rounded.defined() ? rounded.mutable_data<bfloat16>() : nullptr,
                             to_kernel(dweight), to_kernel(dbias), x.dim(0), x.dim(1));
  });
}

}  // namespace attune::ops
