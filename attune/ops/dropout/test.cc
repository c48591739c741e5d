#include "attune/ops/dropout/dropout.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr std::uint64_t seed = 11, stream = 5;

OpCase dropout_case(std::string label, Shape shape, double probability) {
  OpCase one{.op = "dropout", .label = std::move(label), .inputs = {{.shape = shape}}};
  one.forward = [probability](const Inputs& in) {
    Generator generator{.seed = seed, .counter = stream};
    return Outputs{ops::dropout(in[0], probability, generator)};
  };
  one.reference = [p = static_cast<double>(static_cast<float>(probability))](const Arrays& v) {
    std::vector<double> y;
    for (std::size_t i = 0; i < v[0].size(); ++i) {
      const RandomWords random = random_words(seed, stream, i / 64 * 16 + i % 16);
      const double uniform = (random.word[i % 64 / 16] >> 1) * 0x1.0p-31;
      y.push_back(uniform < p ? 0 : v[0][i] / (1 - p));
    }
    return Arrays{y};
  };
  one.has_gradient = probability > 0;  // without dropping, the result is the input itself
  return one;
}

OpCase bad_probability(double probability) {
  OpCase one = dropout_case("bad probability", {3}, probability);
  one.reference = nullptr;
  one.has_gradient = one.takes_strided = false;
  one.dtypes = {};
  one.errors = {{{{.shape = {3}}}, {"dropout: probability is", "expected at least 0 and below 1"}}};
  return one;
}

OpCase benchmark(std::string label, Shape shape) {
  OpCase one = dropout_case(std::move(label), shape, 0.2);
  one.bytes = 2.0 * 4 * static_cast<double>(shape.elements());
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    dropout_case("odd size", {3, 5, 17}, 0.2),
    dropout_case("one block", {64}, 0.5),
    dropout_case("most dropped", {7, 30}, 0.9),
    dropout_case("nothing dropped", {4, 4}, 0),
    dropout_case("one element", {1, 1}, 0.1),
    dropout_case("no elements", {0, 4}, 0.1),
    bad_probability(-0.1),
    bad_probability(1),
    benchmark("large", {8192, 768}),
    benchmark("small", {12, 64, 128}),
});

}  // namespace
}  // namespace attune::testing
