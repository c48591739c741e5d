#include "attune/ops/batch_norm/cpu.h"

#include "attune/backend/cpu/batch_norm.h"

namespace attune::ops {
namespace {

// (D), of the type of the parameters beside x.
Tensor empty_columns(const Tensor& x) {
  return Tensor::empty({x.dim(1)}, x.dtype() == DType::float64 ? DType::float64 : DType::float32);
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

// Calls body(i, j) for every element i of x, which stands in column j.
template <typename Body>
void for_each_element(const Tensor& x, Body body) {
  const std::int64_t columns = x.dim(1);
  for (std::int64_t i = 0; i < x.elements(); ++i) body(i, i % columns);
}

ColumnMoments moments_float64(const Tensor& x) {
  const ColumnMoments moments{Tensor::zeros({x.dim(1)}, DType::float64),
                              Tensor::zeros({x.dim(1)}, DType::float64)};
  double *mean = moments.mean.mutable_data<double>(), *variance = moments.variance.mutable_data<double>();
  const double *from = x.data<double>(), share = 1 / static_cast<double>(x.dim(0));
  for_each_element(x, [&](std::int64_t i, std::int64_t j) { mean[j] += from[i] * share; });
  for_each_element(x, [&](std::int64_t i, std::int64_t j) {
    variance[j] += (from[i] - mean[j]) * (from[i] - mean[j]) * share;
  });
  return moments;
}

}  // namespace

ColumnMoments column_moments(const Tensor& x) {
  if (x.dtype() == DType::float64) return moments_float64(x);
  ColumnMoments moments{empty_columns(x), empty_columns(x)};
  float *mean = moments.mean.mutable_data<float>(), *variance = moments.variance.mutable_data<float>();
  x.dtype() == DType::float32 ? cpu::column_moments(x.data<float>(), mean, variance, x.dim(0), x.dim(1))
                              : cpu::column_moments(x.data<bfloat16>(), mean, variance, x.dim(0), x.dim(1));
  return moments;
}

void normalize_columns(const Tensor& x, const Tensor& mean, const Tensor& factor, const Tensor& bias,
                       const Tensor& y) {
  if (x.dtype() == DType::float64) {
    const double *m = mean.data<double>(), *f = factor.data<double>(), *b = bias.data<double>();
    double* to = y.mutable_data<double>();
    const double* from = x.data<double>();
    return for_each_element(x,
                            [&](std::int64_t i, std::int64_t j) { to[i] = (from[i] - m[j]) * f[j] + b[j]; });
  }
  with_types(x.dtype(), y.dtype(), [&]<typename X, typename Y>() {
    cpu::normalize_columns(x.data<X>(), mean.data<float>(), factor.data<float>(), bias.data<float>(),
                           y.mutable_data<Y>(), x.dim(0), x.dim(1));
  });
}

ColumnSums sum_normalized_columns(const Tensor& dy, const Tensor& x, const Tensor& mean) {
  ColumnSums sums{empty_columns(x), empty_columns(x)};
  if (x.dtype() == DType::float64) {
    sums = {Tensor::zeros({x.dim(1)}, DType::float64), Tensor::zeros({x.dim(1)}, DType::float64)};
    double *sum = sums.sum.mutable_data<double>(), *product = sums.product.mutable_data<double>();
    const double *gradient = dy.data<double>(), *from = x.data<double>(), *m = mean.data<double>();
    for_each_element(x, [&](std::int64_t i, std::int64_t j) {
      sum[j] += gradient[i];
      product[j] += gradient[i] * (from[i] - m[j]);
    });
    return sums;
  }
  with_types(x.dtype(), dy.dtype(), [&]<typename X, typename Y>() {
    cpu::sum_normalized_columns(dy.data<Y>(), x.data<X>(), mean.data<float>(), sums.sum.mutable_data<float>(),
                                sums.product.mutable_data<float>(), x.dim(0), x.dim(1));
  });
  return sums;
}

void combine_columns(const Tensor& dy, const Tensor& x, const Tensor& mean, const Tensor& a, const Tensor& b,
                     const Tensor& c, bool accumulate, const Tensor& dx) {
  if (x.dtype() == DType::float64) {
    const double *gradient = dy.data<double>(), *from = x.data<double>(), *m = mean.data<double>();
    const double *wa = a.data<double>(), *wb = b.data<double>(), *wc = c.data<double>();
    double* to = dx.mutable_data<double>();
    return for_each_element(x, [&](std::int64_t i, std::int64_t j) {
      to[i] = (accumulate ? to[i] : 0) + wa[j] * gradient[i] + wb[j] * (from[i] - m[j]) + wc[j];
    });
  }
  with_types(x.dtype(), dy.dtype(), [&]<typename X, typename Y>() {
    cpu::combine_columns(dy.data<Y>(), x.data<X>(), mean.data<float>(), a.data<float>(), b.data<float>(),
                         c.data<float>(), accumulate, dx.mutable_data<X>(), x.dim(0), x.dim(1));
  });
}

}  // namespace attune::ops
