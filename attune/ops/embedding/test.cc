#include <gtest/gtest.h>

#include "attune/autograd/tape.h"
#include "attune/ops/embedding/embedding.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

Outputs forward(const Inputs& in) { return {ops::embedding(in[0], in[1])}; }

Arrays reference(const Arrays& a, std::size_t width) {
  std::vector<double> y;
  for (double index : a[0]) {
    for (std::size_t j = 0; j < width; ++j) y.push_back(a[1][static_cast<std::size_t>(index) * width + j]);
  }
  return {y};
}

OpCase embedding_case(std::string label, Shape indices, Shape table) {
  OpCase one{.op = "embedding", .label = std::move(label)};
  one.inputs = {
      {.shape = indices, .kind = Input::Kind::indices, .low = 0, .high = static_cast<double>(table[0])},
      {.shape = table, .kind = parameter}};
  one.forward = forward;
  one.reference = [width = static_cast<std::size_t>(table[1])](const Arrays& a) {
    return reference(a, width);
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = embedding_case("bad inputs", {2, 3}, {5, 4});
  const Input table{.shape = {5, 4}, .kind = parameter};
  one.errors = {{{{.shape = {2, 3}, .kind = Input::Kind::indices, .low = 7, .high = 8}, table},
                 {"embedding: index 7 at position ", "out of range for 5 rows"}},
                {{{.shape = {1}, .kind = Input::Kind::indices, .low = -3, .high = -2}, table},
                 {"index -3 at position 0"}},
                {{{.shape = {2, 3}}, table}, {"embedding: indices are float32, expected int64"}},
                {{{.shape = {2}, .kind = Input::Kind::indices, .low = 0, .high = 1}, {.shape = {5}}},
                 {"shape (V, D)"}}};
  return one;
}

OpCase bfloat16_table() {
  OpCase one = embedding_case("table in bfloat16", {3}, {4, 2});
  one.inputs[1].kind = Input::Kind::values;
  one.dtypes = {DType::bfloat16};
  return one;
}

OpCase benchmark() {
  OpCase one = embedding_case("GPT-2", {4, 64}, {50257, 768});
  one.bytes = 2.0 * 4 * 256 * 768;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    embedding_case("repeated indices", {3, 7}, {4, 5}),
    embedding_case("one index", {1}, {1, 1}),
    embedding_case("no indices", {0, 2}, {3, 2}),
    embedding_case("wide rows", {2, 1, 3}, {2, 301}),
    bfloat16_table(),
    bad_inputs(),
    benchmark(),
});

TEST(Embedding, PaddingRowIsReadButGetsNoGradient) {
  const Tensor indices = Tensor::from<std::int64_t>({2, 1, 2, 0}, {4});
  const Tensor table = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2});
  require_gradient(table);
  const Tensor y = ops::embedding(indices, table, 2);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{5, 6, 3, 4, 5, 6, 1, 2}));
  backward(y, Tensor::full({4, 2}, 1));
  EXPECT_EQ(gradient_of(table).to_vector<float>(), (std::vector<float>{1, 1, 1, 1, 0, 0}));
}

TEST(Embedding, GradientsOfTwoUsesAddUp) {
  const Tensor table = Tensor::zeros({3, 2});
  require_gradient(table);
  for (std::int64_t index : {0, 2}) {
    backward(ops::embedding(Tensor::from<std::int64_t>({index, 0}, {2}), table), Tensor::full({2, 2}, 1));
  }
  EXPECT_EQ(gradient_of(table).to_vector<float>(), (std::vector<float>{3, 3, 0, 0, 1, 1}));
}

TEST(Embedding, PaddingIndexMustBeARow) {
  EXPECT_THROW(ops::embedding(Tensor::zeros({1}, DType::int64), Tensor::zeros({3, 2}), 3), Error);
}

}  // namespace
}  // namespace attune::testing
