// What a loss is for one value, and its gradient.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "attune/ops/forecast_loss/forecast_loss.h"

namespace attune::ops {

// One value: its Q outputs, `apart` elements from one another, and what they are compared with. Real is the
// type of arithmetic.
template <typename T, typename Real>
struct ForecastValue {
  const T* outputs;
  std::int64_t apart;
  Real truth, location, scale;

  Real output(std::int64_t q) const { return static_cast<Real>(outputs[q * apart]); }
  Real error(std::int64_t q) const { return output(q) * scale + location - truth; }
};

// A rule has loss(value), and gradient(value, put), which calls put(q, d loss / d output q).
template <typename F>
struct PointRule {
  template <typename T, typename Real>
  Real loss(const ForecastValue<T, Real>& value) const {
    return F::loss(value.error(0));
  }
  template <typename T, typename Real, typename Put>
  void gradient(const ForecastValue<T, Real>& value, Put put) const {
    put(0, F::slope(value.error(0)) * value.scale);
  }
};

struct Squared {
  static auto loss(auto e) { return e * e; }
  static auto slope(auto e) { return 2 * e; }
};

struct Absolute {
  static auto loss(auto e) { return std::abs(e); }
  template <typename Real>
  static Real slope(Real e) {
    return e > 0 ? Real(1) : e < 0 ? Real(-1) : Real(0);
  }
};

struct Huber {
  template <typename Real>
  static Real loss(Real e) {
    const Real size = std::abs(e);
    return size < 1 ? e * e / 2 : size - Real(0.5);
  }
  template <typename Real>
  static Real slope(Real e) {
    return std::clamp(e, Real(-1), Real(1));
  }
};

struct PinballRule {
  const std::vector<double>& levels;

  template <typename T, typename Real>
  Real loss(const ForecastValue<T, Real>& value) const {
    Real sum = 0;
    for (std::size_t q = 0; q < levels.size(); ++q) {
      const Real level = static_cast<Real>(levels[q]), e = value.error(static_cast<std::int64_t>(q));
      sum += std::max(-level * e, (1 - level) * e);
    }
    return sum / static_cast<Real>(levels.size());
  }
  template <typename T, typename Real, typename Put>
  void gradient(const ForecastValue<T, Real>& value, Put put) const {
    const Real share = value.scale / static_cast<Real>(levels.size());
    for (std::size_t q = 0; q < levels.size(); ++q) {
      const Real level = static_cast<Real>(levels[q]), e = value.error(static_cast<std::int64_t>(q));
      put(static_cast<std::int64_t>(q), (e < 0 ? -level : 1 - level) * share);
    }
  }
};

// squareplus(x) > 0 and its derivative, without cancellation for x < 0.
struct Squareplus {
  double value, slope;

  explicit Squareplus(double x) {
    const double root = std::sqrt(x * x + 4);
    value = x < 0 ? 2 / (root - x) : (x + root) / 2;
    slope = value / root;
  }
};

struct StudentTRule {
  static constexpr double least_scale = 1.1920928955078125e-7;  // of float32, as Hugging Face has it

  // z = (truth - location of the distribution) / its scale, with everything in units of the window.
  struct Distribution {
    Squareplus freedom, spread;
    double df, scale, z;

    template <typename T, typename Real>
    explicit Distribution(const ForecastValue<T, Real>& value)
        : freedom(static_cast<double>(value.output(0))),
          spread(static_cast<double>(value.output(2))),
          df(2 + freedom.value),
          scale(std::max(spread.value, least_scale)),
          z(((static_cast<double>(value.truth) - static_cast<double>(value.location)) /
                 static_cast<double>(value.scale) -
             static_cast<double>(value.output(1))) /
            scale) {}
  };

  template <typename T, typename Real>
  Real loss(const ForecastValue<T, Real>& value) const {
    const Distribution d(value);
    const double normalizer = 0.5 * std::log(d.df * std::numbers::pi) - half_step_of_gamma(d.df / 2).log;
    return static_cast<Real>((d.df + 1) / 2 * std::log1p(d.z * d.z / d.df) + normalizer +
                             std::log(d.scale * static_cast<double>(value.scale)));
  }
  template <typename T, typename Real, typename Put>
  void gradient(const ForecastValue<T, Real>& value, Put put) const {
    const Distribution d(value);
    const double square = d.z * d.z, pull = (d.df + 1) / (d.df + square);
    const double by_df = 0.5 * (std::log1p(square / d.df) - pull * square / d.df + 1 / d.df -
                                half_step_of_gamma(d.df / 2).derivative);
    put(0, static_cast<Real>(by_df * d.freedom.slope));
    put(1, static_cast<Real>(-pull * d.z / d.scale));
    put(2,
        static_cast<Real>(d.spread.value < least_scale ? 0 : (1 - pull * square) / d.scale * d.spread.slope));
  }
};

}  // namespace attune::ops
