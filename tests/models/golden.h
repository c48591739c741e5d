// What models are compared with: tensors that scripts under tests/goldens made with a reference
// implementation, under the names of its checkpoints.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "attune/io/safetensors.h"
#include "attune/models/weight_table.h"
#include "attune/ops/views/views.h"

namespace attune::testing {

inline std::filesystem::path golden_directory(const std::string& family, const std::string& name) {
  return std::filesystem::path(ATTUNE_GOLDENS) / family / name;
}

class Golden {
 public:
  explicit Golden(const std::filesystem::path& directory) : file_(directory / "golden.safetensors") {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

  Tensor floats(const std::string& name) const {
    const io::TensorView& view = at(name);
    const Tensor tensor = Tensor::empty(shape(view));
    io::read_elements<float>(view,
                             {tensor.mutable_data<float>(), static_cast<std::size_t>(tensor.elements())});
    return tensor;
  }

  Tensor integers(const std::string& name) const {
    const io::TensorView& view = at(name);
    const Tensor tensor = Tensor::empty(shape(view), DType::int64);
    EXPECT_EQ(view.type, io::StoredType::i64) << name;
    std::memcpy(tensor.raw_mutable_data(), view.bytes.data(), view.bytes.size());
    return tensor;
  }

  // An integer mask as booleans.
  Tensor mask(const std::string& name) const {
    const Tensor values = integers(name), seen = Tensor::empty(values.shape(), DType::boolean);
    for (std::int64_t i = 0; i < values.elements(); ++i)
      seen.mutable_data<bool>()[i] = values.data<std::int64_t>()[i] != 0;
    return seen;
  }

  // The golden's tensor KIND + checkpoint name, in our layout.
  Tensor like(const std::string& kind, const models::WeightTable& table,
              const nn::Parameter& parameter) const {
    const auto names = models::checkpoint_names(table, parameter.name);
    const Shape& ours = parameter.tensor.shape();
    if (names.size() == 1) {
      const Tensor stored = floats(kind + names[0]);
      if (stored.rank() == 3 && ours.rank() == 2) return ops::reshape(stored, ours);  // of a convolution
      return stored.shape() == ours && !is_transposed(table, parameter.name)
                 ? stored
                 : ops::contiguous(ops::transpose(stored, 0, 1));
    }
    std::vector<float> values;
    for (const std::string& name : names) {
      const auto part = floats(kind + name).to_vector<float>();
      values.insert(values.end(), part.begin(), part.end());
    }
    return Tensor::from(values, ours);
  }

 private:
  static Shape shape(const io::TensorView& view) { return Shape{std::span<const std::int64_t>(view.shape)}; }

  // Whether the rule of the parameter stores it as (in, out); "{}" is a number.
  static bool is_transposed(const models::WeightTable& table, const std::string& ours) {
    for (const models::WeightRule& rule : table.rules) {
      const auto hole = rule.ours.find("{}");
      const bool fits = hole == std::string::npos ? rule.ours == ours
                                                  : ours.starts_with(rule.ours.substr(0, hole)) &&
                                                        ours.ends_with(rule.ours.substr(hole + 2));
      if (fits) return rule.layout == models::WeightRule::Layout::transposed;
    }
    return false;
  }

  const io::TensorView& at(const std::string& name) const {
    const auto* view = file_.find(name);
    check(view != nullptr, "the golden has no {}", name);
    return *view;
  }

  io::Safetensors file_;
};

inline void expect_near(const Tensor& got, const Tensor& expected, double tolerance,
                        const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  const auto a = got.to_vector<float>(), b = expected.to_vector<float>();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << what << " element " << i;
}

// The rows (..., V) that `counts` (...) shows; the others are padding, whose values mean nothing.
inline void expect_rows_near(const Tensor& got, const Tensor& expected, const Tensor& counts,
                             double tolerance, const std::string& what = "") {
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  const auto a = got.to_vector<float>(), b = expected.to_vector<float>();
  ASSERT_LE(counts.rank(), got.rank()) << what;
  for (int i = 0; i < counts.rank(); ++i) ASSERT_EQ(counts.dim(i), got.dim(i)) << what;
  const std::size_t width = a.size() / static_cast<std::size_t>(counts.elements());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (counts.data<bool>()[i / width]) {
      ASSERT_NEAR(a[i], b[i], tolerance) << what << " element " << i;
    }
  }
}

// Every tensor of the directory `saved` is that of `original` bit for bit, and none is missing.
inline void expect_same_tensors(const std::filesystem::path& original, const std::filesystem::path& saved) {
  const io::Safetensors before(original), after(saved);
  EXPECT_EQ(after.tensors().size(), before.tensors().size());
  for (const io::TensorView& tensor : after.tensors()) {
    const auto* expected = before.find(tensor.name);
    ASSERT_NE(expected, nullptr) << tensor.name;
    EXPECT_EQ(expected->shape, tensor.shape) << tensor.name;
    EXPECT_EQ(expected->type, tensor.type) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(expected->bytes, tensor.bytes)) << tensor.name;
  }
}

}  // namespace attune::testing
