// Quantiles of Student's t-distribution.
#pragma once

#include <vector>

namespace attune::models {

// P(X < t) for a Student-t variable X of `freedom` degrees, by the incomplete beta function.
double student_t_probability(double freedom, double t);

// The value that X stays below with probability p in (0, 1), to about 1e-12 of its size.
double student_t_quantile(double freedom, double p);

// The quantiles of one level for many variables of at least 2 degrees of freedom: a Chebyshev series in
// 1 / freedom, to about 1e-8 of their size.
class StudentTQuantiles {
 public:
  explicit StudentTQuantiles(double p);

  double operator()(double freedom) const;

 private:
  std::vector<double> coefficients_;
};

}  // namespace attune::models
