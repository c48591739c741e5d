#include "attune/ops/cast/cast.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

// The inputs are numbers that bfloat16 holds, so that every conversion keeps them and the reference is x.
OpCase cast_case(std::string label, Shape shape, DType dtype) {
  OpCase one{.op = "cast", .label = std::move(label), .inputs = {{.shape = shape}}};
  one.forward = [dtype](const Inputs& in) { return Outputs{ops::cast(in[0], dtype)}; };
  one.reference = [](const Arrays& v) { return v; };
  one.has_gradient = false;  // cast_test.cc checks it: no central difference sees through the rounding
  return one;
}

OpCase bad_type() {
  OpCase one = cast_case("bad type", {3}, DType::float32);
  one.errors = {{{{.shape = {3}, .kind = Input::Kind::indices}}, {"cast: from int64 to float32"}}};
  return one;
}

OpCase benchmark(std::string label, DType from, DType to) {
  OpCase one = cast_case(std::move(label), {8192, 768}, to);
  one.dtypes = {from};
  one.bytes = (from == DType::float32 ? 6.0 : 12.0) * 8192 * 768;  // halved where bfloat16 is timed
  one.has_gradient = true;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    cast_case("to float32", {3, 5, 7}, DType::float32),
    cast_case("to bfloat16", {3, 5, 7}, DType::bfloat16),
    cast_case("to float64", {3, 5, 7}, DType::float64),
    cast_case("scalar", {}, DType::float64),
    cast_case("no elements", {0, 2}, DType::bfloat16),
    bad_type(),
    benchmark("to bfloat16", DType::float32, DType::bfloat16),
    benchmark("to float32", DType::bfloat16, DType::float32),
});

}  // namespace
}  // namespace attune::testing
