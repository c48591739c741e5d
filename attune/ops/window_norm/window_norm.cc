#include "attune/ops/window_norm/window_norm.h"

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

constexpr double least_magnitude = 1e-10;

// One channel of one window: steps apart in memory, and its row of the result.
template <typename T>
struct Channel {
  const T *x, *observed;  // `observed` may be null
  std::int64_t steps, apart;
  T* row;  // (T)

  // The observed values, in order: calls f(x).
  template <typename F>
  std::int64_t for_each(F f) const {
    std::int64_t count = 0;
    for (std::int64_t t = 0; t < steps; ++t) {
      if (observed != nullptr && observed[t * apart] == T(0)) continue;
      f(static_cast<double>(x[t * apart]));
      ++count;
    }
    return count;
  }

  void normalize(double location, double scale, bool missing_at_mean) const {
    const T from = static_cast<T>(location), factor = static_cast<T>(1 / scale);
    for (std::int64_t t = 0; t < steps; ++t) row[t] = (x[t * apart] - from) * factor;
    if (observed == nullptr || !missing_at_mean) return;
    for (std::int64_t t = 0; t < steps; ++t) {
      if (observed[t * apart] == T(0)) row[t] = T(0);
    }
  }
};

// The rows of x (B, T, C) and where its moments go; a function of (b, c) each.
template <typename T>
struct Windows {
  const Tensor &x, &observed;
  const WindowNorm& norm;
  std::int64_t channels = x.dim(2);
  const T* from = x.data<T>();
  const T* seen = observed.defined() ? observed.data<T>() : nullptr;
  T* rows = norm.values.mutable_data<T>();
  T* locations = norm.location.mutable_data<T>();
  T* scales = norm.scale.mutable_data<T>();

  Channel<T> channel(std::int64_t i) const {
    const std::int64_t at = i / channels * x.dim(1) * channels + i % channels;
    return {from + at, seen == nullptr ? nullptr : seen + at, x.dim(1), channels, rows + i * x.dim(1)};
  }

  template <typename F>
  void for_each(F f) const {
    cpu::parallel_for(x.dim(0) * channels, cpu::rows_grain(x.dim(1)),
                      [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t i = begin; i < end; ++i) f(i, channel(i));
                      });
  }
};

template <typename T>
void by_deviation(const Windows<T>& windows, const WindowNormOptions& options) {
  windows.for_each([&](std::int64_t i, const Channel<T>& channel) {
    double sum = 0, squares = 0;
    const std::int64_t seen = channel.for_each([&](double x) { sum += x; });
    const double count = static_cast<double>(std::max<std::int64_t>(seen, 1)), mean = sum / count;
    channel.for_each([&](double x) { squares += (x - mean) * (x - mean); });
    const double scale = std::sqrt(squares / count + options.epsilon);
    windows.locations[i] = static_cast<T>(mean);
    windows.scales[i] = static_cast<T>(scale);
    channel.normalize(mean, scale, options.missing_at_mean);
  });
}

template <typename T>
void by_magnitude(const Windows<T>& windows, const WindowNormOptions& options) {
  const std::int64_t count = windows.x.dim(0) * windows.channels;
  std::vector<double> sums(static_cast<std::size_t>(count)), seen(sums.size());
  windows.for_each([&](std::int64_t i, const Channel<T>& channel) {
    double sum = 0;
    seen[static_cast<std::size_t>(i)] =
        static_cast<double>(channel.for_each([&](double x) { sum += std::abs(x); }));
    sums[static_cast<std::size_t>(i)] = sum;
  });
  std::vector<double> all(static_cast<std::size_t>(windows.channels)), all_seen(all.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    all[i % all.size()] += sums[i];
    all_seen[i % all.size()] += seen[i];
  }
  windows.for_each([&](std::int64_t at, const Channel<T>& channel) {
    const auto i = static_cast<std::size_t>(at), c = i % all.size();
    const double mean = seen[i] > 0 ? sums[i] / seen[i] : all[c] / std::max(all_seen[c], 1.0);
    const double scale = std::max(mean, least_magnitude);
    windows.locations[at] = T(0);
    windows.scales[at] = static_cast<T>(scale);
    channel.normalize(0, scale, options.missing_at_mean);
  });
}

}  // namespace

WindowNorm window_norm(const Tensor& x, const Tensor& observed, const WindowNormOptions& options) {
  check(x.rank() == 3 && (x.dtype() == DType::float32 || x.dtype() == DType::float64),
        "window_norm: x is {} {}, expected float32 or float64 (B, T, C)", name_of(x.dtype()), x.shape());
  check(!observed.defined() || (observed.shape() == x.shape() && observed.dtype() == x.dtype()),
        "window_norm: observed is not {} {} as x is", name_of(x.dtype()), x.shape());
  const std::int64_t count = x.dim(0), steps = x.dim(1), channels = x.dim(2);
  const WindowNorm norm{Tensor::empty({count, channels, steps}, x.dtype()),
                        Tensor::empty({count, 1, channels}, x.dtype()),
                        Tensor::empty({count, 1, channels}, x.dtype())};
  const Tensor from = contiguous(detach(x)), seen = observed.defined() ? contiguous(observed) : observed;
  const auto run = [&]<typename T>(T*) {
    const Windows<T> windows{from, seen, norm};
    options.scale == WindowNormOptions::Scale::deviation ? by_deviation(windows, options)
                                                         : by_magnitude(windows, options);
  };
  x.dtype() == DType::float64 ? run(static_cast<double*>(nullptr)) : run(static_cast<float*>(nullptr));
  return {record_without_gradient("window_norm", {x}, norm.values),
          record_without_gradient("window_norm", {x}, norm.location),
          record_without_gradient("window_norm", {x}, norm.scale)};
}

}  // namespace attune::ops
