#include "attune/models/forecasting/student_t.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attune/base/error.h"

namespace attune::models {
namespace {

// The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto kept = [](double v) { return std::abs(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / kept(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < 10000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1;
    for (const double term : {even, odd}) {
      d = 1 / kept(1 + term * d);
      c = kept(1 + term / c);
      change = d * c;
      value *= change;
    }
    if (std::abs(change - 1) < 1e-15) break;
  }
  return value;
}

// I_x(a, b), with y = 1 - x.
double incomplete_beta(double a, double b, double x, double y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y);
  return x < (a + 1) / (a + b + 2) ? std::exp(log_front) * beta_fraction(a, b, x) / a
                                   : 1 - std::exp(log_front) * beta_fraction(b, a, y) / b;
}

// P(X > t) for t >= 0, without cancellation.
double upper_tail(double freedom, double t) {
  const double square = t * t;
  return 0.5 * incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square));
}

double density(double freedom, double t) {
  return std::exp(std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2) -
                  0.5 * std::log(freedom * std::numbers::pi) -
                  (freedom + 1) / 2 * std::log1p(t * t / freedom));
}

}  // namespace

double student_t_probability(double freedom, double t) {
  const double tail = upper_tail(freedom, std::abs(t));
  return t < 0 ? tail : 1 - tail;
}

double student_t_quantile(double freedom, double p) {
  check(p > 0 && p < 1, "a quantile of level {}, expected a level between 0 and 1", p);
  if (p == 0.5) return 0;
  const double tail = std::min(p, 1 - p);
  double low = 0, high = 1;
  while (upper_tail(freedom, high) > tail) {
    low = high;
    high *= 2;
  }
  double t = (low + high) / 2;
  for (int step = 0; step < 200; ++step) {  // Newton's method, which the bracket keeps from straying
    const double above = upper_tail(freedom, t) - tail;
    (above > 0 ? low : high) = t;
    double next = t + above / density(freedom, t);
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - t) <= 1e-14 * t) break;
    t = next;
  }
  return p < 0.5 ? -t : t;
}

StudentTQuantiles::StudentTQuantiles(double p) {
  constexpr int nodes = 40;
  std::vector<double> values;
  for (int i = 0; i < nodes; ++i) {
    const double inverse = 0.25 * (1 + std::cos(std::numbers::pi * (i + 0.5) / nodes));  // of 2 to infinity
    values.push_back(student_t_quantile(1 / inverse, p));
  }
  for (int k = 0; k < nodes; ++k) {
    double sum = 0;
    for (int i = 0; i < nodes; ++i)
      sum += values[static_cast<std::size_t>(i)] * std::cos(std::numbers::pi * k * (i + 0.5) / nodes);
    coefficients_.push_back(sum * (k == 0 ? 1.0 : 2.0) / nodes);
  }
}

// Clenshaw's recurrence.
double StudentTQuantiles::operator()(double freedom) const {
  const double x = 4 / std::max(freedom, 2.0) - 1;
  double first = 0, second = 0;
  for (std::size_t k = coefficients_.size() - 1; k > 0; --k) {
    const double next = coefficients_[k] + 2 * x * first - second;
    second = first;
    first = next;
  }
  return coefficients_[0] + x * first - second;
}

}  // namespace attune::models
