#include "attune/ops/scale/scale.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

OpCase scale_case(std::string label, Shape shape, double factor) {
  OpCase one{.op = "scale", .label = std::move(label), .inputs = {{.shape = shape}}};
  one.forward = [factor](const Inputs& in) { return Outputs{ops::scale(in[0], factor)}; };
  one.reference = [factor](const Arrays& v) {
    std::vector<double> y = v[0];
    for (double& value : y) value *= factor;
    return Arrays{y};
  };
  return one;
}

OpCase bad_type() {
  OpCase one = scale_case("bad type", {3}, 2);
  one.errors = {{{{.shape = {3}, .kind = Input::Kind::indices}}, {"scale: dtype int64 is not supported"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = scale_case("large", {8192, 768}, 0.125);
  one.bytes = 2.0 * 4 * 8192 * 768;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    scale_case("odd size", {3, 5, 7}, -0.3),
    scale_case("scalar", {}, 27.7),
    scale_case("by zero", {4}, 0),
    scale_case("no elements", {0, 4}, 2),
    bad_type(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
