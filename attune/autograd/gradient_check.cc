#include "attune/autograd/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/autograd/tape.h"
#include "attune/tensor/random.h"

namespace attune {
namespace {

std::vector<Tensor> output_weights(const std::vector<Tensor>& outputs) {
  Generator generator{.seed = 20170612};
  std::vector<Tensor> weights;
  for (const Tensor& output : outputs) {
    weights.push_back(random_uniform(output.shape(), -1, 1, generator, DType::float64));
  }
  return weights;
}

double contract(const std::vector<Tensor>& outputs, const std::vector<Tensor>& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dtype() != DType::float64) continue;
    const auto values = outputs[i].to_vector<double>();
    for (std::size_t k = 0; k < values.size(); ++k) sum += values[k] * weights[i].data<double>()[k];
  }
  return sum;
}

// The tape's gradients of the contraction, one backward pass per output that is on the tape.
std::vector<std::vector<double>> tape_gradients(const Function& f, const std::vector<Tensor>& inputs,
                                                const std::vector<bool>& differentiable,
                                                const std::vector<Tensor>& weights) {
  std::vector<std::vector<double>> gradients(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    gradients[i].assign(static_cast<std::size_t>(inputs[i].elements()), 0);
  for (std::size_t o = 0; o < weights.size(); ++o) {
    std::vector<Tensor> leaves;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      leaves.push_back(detach(inputs[i]));
      if (differentiable[i]) require_gradient(leaves[i]);
    }
    const auto outputs = f(leaves);
    if (!requires_gradient(outputs[o])) continue;
    backward(outputs[o], weights[o]);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor gradient = gradient_of(leaves[i]);
      if (!gradient.defined()) continue;
      const auto values = gradient.to_vector<double>();
      for (std::size_t k = 0; k < values.size(); ++k) gradients[i][k] += values[k];
    }
  }
  return gradients;
}

}  // namespace

GradientCheck check_gradients(const Function& f, const std::vector<Tensor>& inputs,
                              const std::vector<bool>& differentiable, double step) {
  std::vector<Tensor> points;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    points.push_back(inputs[i]);
    if (!differentiable[i]) continue;
    points[i] = Tensor::empty(inputs[i].shape(), DType::float64);
    points[i].copy_from(inputs[i]);
  }
  const auto outputs = [&] {
    NoGrad no_grad;
    return f(points);
  }();
  const auto weights = output_weights(outputs);
  const auto tape = tape_gradients(f, points, differentiable, weights);

  GradientCheck result;
  NoGrad no_grad;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!differentiable[i]) continue;
    for (std::int64_t k = 0; k < points[i].elements(); ++k) {
      double* x = points[i].mutable_data<double>() + k;
      const double at = *x;
      *x = at + step;
      const double above = contract(f(points), weights);
      *x = at - step;
      const double below = contract(f(points), weights);
      *x = at;
      const double expected = (above - below) / (2 * step);
      const double got = tape[i][static_cast<std::size_t>(k)];
      double error = std::abs(got - expected) / std::max(1.0, std::abs(expected));
      if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
      if (error > result.largest_error) {
        result = {error,
                  fmt::format("input {}, element {}: tape {}, central difference {}", i, k, got, expected)};
      }
    }
  }
  return result;
}

}  // namespace attune
