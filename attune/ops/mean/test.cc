#include "attune/ops/mean/mean.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

OpCase mean_case(std::string label, Shape shape) {
  OpCase one{.op = "mean", .label = std::move(label), .inputs = {{.shape = shape}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::mean(in[0])}; };
  one.reference = [](const Arrays& v) {
    double sum = 0;
    for (double value : v[0]) sum += value;
    return Arrays{{sum / static_cast<double>(v[0].size())}};
  };
  return one;
}

OpCase benchmark() {
  OpCase one = mean_case("large", {8192, 768});
  one.bytes = 4.0 * 8192 * 768;
  one.backward_factor = 0;  // the gradient is a window that repeats dy
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    mean_case("odd size", {3, 5, 7}),
    mean_case("one element", {1}),
    mean_case("scalar", {}),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
