// Tensor: a handle to an n-dimensional array.
//
// Copying a Tensor copies the handle, not the values. A tensor is a window (shape, strides, offset) on a
// Storage that several views may share. Operations (attune/ops) never write to their inputs.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attune/tensor/device.h"
#include "attune/tensor/dtype.h"
#include "attune/tensor/shape.h"

namespace attune {

struct AutogradMeta;  // attune/autograd/tape.h

// A piece of memory and who keeps it alive.
struct Storage {
  Device device;
  std::byte* data = nullptr;
  std::size_t bytes = 0;
  bool read_only = false;       // a mapped file
  std::uint64_t version = 0;    // counts writes; the tape uses it to notice a saved tensor that was changed
  std::shared_ptr<void> owner;  // releases the memory
};

class Tensor {
 public:
  // No tensor: defined() is false. Stands for an optional operand that is absent.
  Tensor() = default;

  // Values are not initialised.
  static Tensor empty(const Shape& shape, DType dtype = DType::float32, Device device = {});
  static Tensor zeros(const Shape& shape, DType dtype = DType::float32, Device device = {});
  static Tensor full(const Shape& shape, double value, DType dtype = DType::float32, Device device = {});
  // 0, 1, ... count-1
  static Tensor arange(std::int64_t count, DType dtype = DType::int64, Device device = {});
  template <typename T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  template <typename T>
  static Tensor from(std::initializer_list<T> values, const Shape& shape) {
    return from(std::span<const T>(values.begin(), values.size()), shape);
  }
  template <typename T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }
  // A window on memory that `owner` keeps alive and nobody writes to (a mapped file).
  static Tensor wrap(const void* data, const Shape& shape, DType dtype, std::shared_ptr<void> owner);
  // Shape and type only, no memory yet: a parameter before bind().
  static Tensor declare(const Shape& shape, DType dtype = DType::float32);

  bool defined() const { return impl_ != nullptr; }
  bool has_storage() const { return impl_ != nullptr && impl_->storage != nullptr; }

  const Shape& shape() const { return impl().shape; }
  const Shape& strides() const { return impl().strides; }  // in elements
  int rank() const { return impl().shape.rank(); }
  std::int64_t dim(int axis) const { return impl().shape[axis]; }
  std::int64_t stride(int axis) const { return impl().strides[axis]; }
  std::int64_t elements() const { return impl().shape.elements(); }
  DType dtype() const { return impl().dtype; }
  Device device() const { return storage().device; }
  bool is_contiguous() const;

  // The first element. data() is for reading; mutable_data() counts as a write.
  template <typename T>
  const T* data() const {
    expect_dtype(dtype_of<T>);
    return reinterpret_cast<const T*>(raw_data());
  }
  template <typename T>
  T* mutable_data() const {
    expect_dtype(dtype_of<T>);
    return reinterpret_cast<T*>(raw_mutable_data());
  }
  const std::byte* raw_data() const { return storage().data + impl().offset * size_of(impl().dtype); }
  std::byte* raw_mutable_data() const;

  // Another window on the same storage; not on the tape (the recorded views are ops::reshape, transpose,
  // slice).
  Tensor alias(const Shape& shape, const Shape& strides, std::int64_t offset) const;

  // The values, row by row, whatever the strides.
  template <typename T>
  std::vector<T> to_vector() const;
  // The only value of a tensor of one element, as a double.
  double item() const;

  // Makes this tensor, and every handle to it, a window on the memory of `source` (same shape).
  void bind(const Tensor& source) const;
  // Copies the values of `source` (same shape and dtype, any strides) into this tensor's memory.
  void copy_from(const Tensor& source) const;

  std::uint64_t version() const { return storage().version; }
  std::weak_ptr<Storage> storage_handle() const { return impl().storage; }
  bool shares_storage_with(const Tensor& other) const { return impl().storage == other.impl().storage; }

  // The tape's view of this tensor; see attune/autograd/tape.h. Null when it takes no part in gradients.
  const std::shared_ptr<AutogradMeta>& autograd() const { return impl().autograd; }
  void set_autograd(std::shared_ptr<AutogradMeta> meta) const { impl().autograd = std::move(meta); }

 private:
  struct Impl {
    std::shared_ptr<Storage> storage;
    Shape shape, strides;
    std::int64_t offset = 0;  // in elements
    DType dtype = DType::float32;
    std::shared_ptr<AutogradMeta> autograd;
  };
  explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  Impl& impl() const {
    if (impl_ == nullptr) [[unlikely]]
      fail("a tensor was used that is not defined");
    return *impl_;
  }
  Storage& storage() const {
    if (impl().storage == nullptr) [[unlikely]]
      fail_no_storage();
    return *impl_->storage;
  }
  [[noreturn]] void fail_no_storage() const;
  void expect_dtype(DType expected) const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace attune
