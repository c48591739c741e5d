// What the tests against goldens share: reading golden.safetensors (tests/goldens) and comparing with it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "attune/io/safetensors.h"
#include "attune/models/weight_table.h"
#include "attune/tensor/tensor.h"

namespace attune::testing {

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
    EXPECT_EQ(view.type, io::StoredType::i64);
    std::memcpy(tensor.raw_mutable_data(), view.bytes.data(), view.bytes.size());
    return tensor;
  }

  // A mask of zeros and ones.
  Tensor booleans(const std::string& name) const {
    const Tensor whole = integers(name);
    const Tensor mask = Tensor::empty(whole.shape(), DType::boolean);
    std::transform(whole.data<std::int64_t>(), whole.data<std::int64_t>() + whole.elements(),
                   mask.mutable_data<bool>(), [](std::int64_t value) { return value != 0; });
    return mask;
  }

  // The tensor `kind` + HF's name of a parameter, as ours; for tables without transposed layouts.
  Tensor like(const std::string& kind, const models::WeightTable& table,
              const nn::Parameter& parameter) const {
    std::vector<float> values;
    for (const std::string& name : models::checkpoint_names(table, parameter.name)) {
      const auto part = floats(kind + name).to_vector<float>();
      values.insert(values.end(), part.begin(), part.end());
    }
    return Tensor::from(values, parameter.tensor.shape());
  }

 private:
  static Shape shape(const io::TensorView& view) { return Shape{std::span<const std::int64_t>(view.shape)}; }

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
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << what << ", element " << i;
}

// The rows (B, T, ...) of tokens that `mask` (B, T) shows; the others are padding, whose values mean nothing.
inline void expect_near_where(const Tensor& mask, const Tensor& got, const Tensor& expected, double tolerance,
                              const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  const auto a = got.to_vector<float>(), b = expected.to_vector<float>();
  const auto columns = a.size() / static_cast<std::size_t>(mask.elements());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (mask.data<bool>()[i / columns]) {
      ASSERT_NEAR(a[i], b[i], tolerance) << what << ", element " << i;
    }
  }
}

// Every tensor of one checkpoint stands in the other under the same name, bit for bit.
inline void expect_same_checkpoint(const std::filesystem::path& got, const std::filesystem::path& expected) {
  const io::Safetensors after(got), before(expected);
  EXPECT_EQ(after.tensors().size(), before.tensors().size());
  for (const io::TensorView& tensor : before.tensors()) {
    const auto* saved = after.find(tensor.name);
    ASSERT_NE(saved, nullptr) << tensor.name;
    EXPECT_EQ(saved->type, tensor.type) << tensor.name;
    EXPECT_EQ(saved->shape, tensor.shape) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(saved->bytes, tensor.bytes)) << tensor.name;
  }
}

}  // namespace attune::testing
