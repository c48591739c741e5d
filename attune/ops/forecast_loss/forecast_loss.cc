#include "attune/ops/forecast_loss/forecast_loss.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/ops/forecast_loss/rules.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// The operands, contiguous but for outputs and their gradient.
struct Operands {
  Tensor outputs, truth, observed, location, scale;
  ForecastLossKind kind;
  std::vector<double> levels;

  std::int64_t windows() const { return truth.dim(0); }
  std::int64_t steps() const { return truth.dim(1); }
  std::int64_t series() const { return truth.dim(2); }
};

template <typename T>
using Arithmetic = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Calls f(rule) with the rule of the kind.
template <typename F>
void with_rule(const Operands& operands, F f) {
  switch (operands.kind) {
    case ForecastLossKind::mse:
      return f(PointRule<Squared>());
    case ForecastLossKind::mae:
      return f(PointRule<Absolute>());
    case ForecastLossKind::huber:
      return f(PointRule<Huber>());
    case ForecastLossKind::quantile:
      return f(PinballRule{operands.levels});
    case ForecastLossKind::student_t:
      return f(StudentTRule());
  }
}

// Calls f(value, place of its outputs) for the observed values of window b, as they follow one another in the
// memory of the outputs.
template <typename T, typename F>
void for_each_observed(const Operands& o, std::int64_t b, F f) {
  using Real = Arithmetic<T>;
  const T* outputs = o.outputs.data<T>();
  const Real *truth = o.truth.data<Real>(), *location = nullptr, *scale = nullptr, *observed = nullptr;
  if (o.location.defined()) location = o.location.data<Real>() + b * o.series();
  if (o.location.defined()) scale = o.scale.data<Real>() + b * o.series();
  if (o.observed.defined()) observed = o.observed.data<Real>();
  const std::int64_t steps = o.steps(), series = o.series(), apart = o.outputs.stride(3);
  const auto visit = [&](std::int64_t h, std::int64_t c) {
    const std::int64_t at = (b * steps + h) * series + c;
    if (observed != nullptr && observed[at] == Real(0)) return;
    const std::int64_t place = b * o.outputs.stride(0) + h * o.outputs.stride(1) + c * o.outputs.stride(2);
    f(ForecastValue<T, Real>{outputs + place, apart, truth[at], location == nullptr ? Real(0) : location[c],
                             scale == nullptr ? Real(1) : scale[c]},
      place);
  };
  if (o.outputs.stride(1) < o.outputs.stride(2)) {
    for (std::int64_t c = 0; c < series; ++c)
      for (std::int64_t h = 0; h < steps; ++h) visit(h, c);
  } else {
    for (std::int64_t h = 0; h < steps; ++h)
      for (std::int64_t c = 0; c < series; ++c) visit(h, c);
  }
}

// The work on one value, against that of a sum of elements.
std::int64_t grain_of(const Operands& o) {
  const std::int64_t each = o.kind == ForecastLossKind::student_t ? 16 : o.outputs.dim(3);
  return cpu::rows_grain(o.steps() * o.series() * each);
}

struct Total {
  double sum = 0;
  std::int64_t count = 0;
};

// Window by window, so that the sum does not depend on the number of threads.
template <typename T>
Total total_of(const Operands& o) {
  std::vector<Total> totals(static_cast<std::size_t>(o.windows()));
  with_rule(o, [&](const auto& rule) {
    cpu::parallel_for(o.windows(), grain_of(o), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        Total total;
        for_each_observed<T>(o, b, [&](const auto& value, std::int64_t) {
          total.sum += static_cast<double>(rule.loss(value));
          ++total.count;
        });
        totals[static_cast<std::size_t>(b)] = total;
      }
    });
  });
  return std::accumulate(totals.begin(), totals.end(), Total(), [](const Total& a, const Total& b) {
    return Total{a.sum + b.sum, a.count + b.count};
  });
}

// Memory for a gradient of x, laid out as x is where x has no gaps.
Tensor empty_like(const Tensor& x) {
  std::array<int, 4> axes{0, 1, 2, 3};
  std::ranges::stable_sort(axes, [&](int a, int b) { return x.stride(a) > x.stride(b); });
  std::int64_t expected = 1;
  bool dense = true;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    dense = dense && (x.dim(*axis) == 1 || x.stride(*axis) == expected);
    expected *= x.dim(*axis);
  }
  const Tensor flat = Tensor::empty({x.elements()}, x.dtype(), x.device());
  return flat.alias(x.shape(), dense ? x.strides() : contiguous_strides(x.shape()), 0);
}

// d loss / d outputs times `factor`.
template <typename T>
Tensor outputs_gradient(const Operands& o, double factor) {
  using Real = Arithmetic<T>;
  const Tensor gradient = empty_like(o.outputs);  // (B, H, C, Q)
  T* to = gradient.mutable_data<T>();
  const bool same_layout = gradient.strides() == o.outputs.strides();
  // Values that are not observed have none.
  if (o.observed.defined()) std::fill_n(to, gradient.elements(), T(0));
  const Tensor source = same_layout ? o.outputs : contiguous(o.outputs);
  Operands operands = o;
  operands.outputs = source;
  with_rule(operands, [&](const auto& rule) {
    cpu::parallel_for(o.windows(), grain_of(o), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        for_each_observed<T>(operands, b, [&](const auto& value, std::int64_t place) {
          rule.gradient(value, [&](std::int64_t q, Real slope) {
            to[place + q * value.apart] = T(slope * static_cast<Real>(factor));
          });
        });
      }
    });
  });
  return gradient;
}

std::int64_t outputs_of(const ForecastLossOptions& options) {
  if (options.kind == ForecastLossKind::student_t) return 3;
  return options.kind == ForecastLossKind::quantile ? std::ssize(options.levels) : 1;
}

void expect_operands(const Tensor& outputs, const Tensor& truth, const ForecastLossOptions& options) {
  check(outputs.rank() == 4 && is_floating(outputs.dtype()),
        "forecast_loss: outputs are {} {}, expected a floating type (B, H, C, Q)", name_of(outputs.dtype()),
        outputs.shape());
  check(outputs.dim(3) == outputs_of(options), "forecast_loss: {} outputs for each value, expected {}",
        outputs.dim(3), outputs_of(options));
  const DType dtype = outputs.dtype() == DType::float64 ? DType::float64 : DType::float32;
  const auto expect = [&](const char* name, const Tensor& tensor, const Shape& shape) {
    check(tensor.shape() == shape && tensor.dtype() == dtype, "forecast_loss: {} is {} {}, expected {} {}",
          name, name_of(tensor.dtype()), tensor.shape(), name_of(dtype), shape);
    check(!requires_gradient(tensor), "forecast_loss: there is no gradient of {}", name);
  };
  const Shape values{outputs.dim(0), outputs.dim(1), outputs.dim(2)};
  const Shape windows{outputs.dim(0), 1, outputs.dim(2)};
  expect("truth", truth, values);
  if (options.observed.defined()) expect("observed", options.observed, values);
  check(options.location.defined() == options.scale.defined(),
        "forecast_loss: a location without a scale, or a scale without a location");
  if (options.location.defined()) expect("location", options.location, windows);
  if (options.scale.defined()) expect("scale", options.scale, windows);
}

Tensor contiguous_or_none(const Tensor& x) { return x.defined() ? contiguous(x) : x; }

}  // namespace

GammaRatio half_step_of_gamma(double a) {
  // G(a + 1) = a G(a) takes a to where the asymptotic series is exact to 1e-12.
  double log = 0, derivative = 0;
  for (; a < 8; ++a) {
    log += std::log1p(-0.5 / (a + 0.5));
    derivative += 0.5 / (a * (a + 0.5));
  }
  const double r = 1 / a, r2 = r * r;
  log += 0.5 * std::log(a) +
         r * (-1.0 / 8 + r2 * (1.0 / 192 + r2 * (-1.0 / 640 + r2 * (17.0 / 14336 - r2 * 31.0 / 18432))));
  derivative +=
      0.5 * r + r2 * (1.0 / 8 + r2 * (-1.0 / 64 + r2 * (1.0 / 128 + r2 * (-17.0 / 2048 + r2 * 31.0 / 2048))));
  return {log, derivative};
}

Tensor forecast_loss(const Tensor& outputs, const Tensor& truth, const ForecastLossOptions& options) {
  expect_operands(outputs, truth, options);
  const Operands operands{detach(outputs),
                          contiguous(truth),
                          contiguous_or_none(options.observed),
                          contiguous_or_none(options.location),
                          contiguous_or_none(options.scale),
                          options.kind,
                          options.levels};
  const bool is_double = outputs.dtype() == DType::float64;
  const Total total = dispatch_floating(outputs.dtype(), "forecast_loss",
                                        [&]<typename T>(T*) { return total_of<T>(operands); });
  const double share = total.count > 0 ? 1 / static_cast<double>(total.count) : 0;
  const Tensor loss = Tensor::full({}, total.sum * share, is_double ? DType::float64 : DType::float32);  // []
  return record("forecast_loss", {outputs}, loss, [operands, share](Backward& b) {
    const double factor = b.gradient().item() * share;
    b.add(0, dispatch_floating(operands.outputs.dtype(), "forecast_loss",
                               [&]<typename T>(T*) { return outputs_gradient<T>(operands, factor); }));
  });
}

}  // namespace attune::ops
