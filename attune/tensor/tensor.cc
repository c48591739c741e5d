#include "attune/tensor/tensor.h"

#include <algorithm>

#include "attune/tensor/allocator.h"
#include "attune/tensor/loop.h"

namespace attune {
namespace {

std::shared_ptr<Storage> allocate_storage(std::size_t bytes, Device device) {
  const auto block = CachingAllocator::of(device).allocate(bytes);
  auto storage = std::make_shared<Storage>();
  storage->device = device;
  storage->data = static_cast<std::byte*>(block.data);
  storage->bytes = bytes;
  storage->owner = std::shared_ptr<void>(
      block.data, [block, device](void*) { CachingAllocator::of(device).release(block); });
  return storage;
}

template <typename F>
decltype(auto) dispatch_any(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32:
      return f(static_cast<float*>(nullptr));
    case DType::bfloat16:
      return f(static_cast<bfloat16*>(nullptr));
    case DType::float64:
      return f(static_cast<double*>(nullptr));
    case DType::int64:
      return f(static_cast<std::int64_t*>(nullptr));
    case DType::int32:
      return f(static_cast<std::int32_t*>(nullptr));
    case DType::boolean:
      return f(static_cast<bool*>(nullptr));
  }
  fail("unknown dtype");
}

template <typename T>
T convert(double value) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    return bfloat16(static_cast<float>(value));
  } else {
    return static_cast<T>(value);
  }
}

template <typename T>
double to_double(T value) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    return static_cast<float>(value);
  } else {
    return static_cast<double>(value);
  }
}

}  // namespace

Tensor Tensor::declare(const Shape& shape, DType dtype) {
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  for (std::int64_t size : shape) {
    check(size >= 0, "a tensor of shape {}: sizes are not negative", shape);
    check(!__builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes),
          "a tensor of shape {} is larger than any memory", shape);
  }
  auto impl = std::make_shared<Impl>();
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  impl->dtype = dtype;
  return Tensor(std::move(impl));
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  Tensor tensor = declare(shape, dtype);
  tensor.impl_->storage =
      allocate_storage(static_cast<std::size_t>(shape.elements()) * size_of(dtype), device);
  return tensor;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  std::memset(tensor.raw_mutable_data(), 0, static_cast<std::size_t>(shape.elements()) * size_of(dtype));
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  dispatch_any(dtype, [&]<typename T>(T*) {
    std::fill_n(tensor.mutable_data<T>(), shape.elements(), convert<T>(value));
  });
  return tensor;
}

Tensor Tensor::arange(std::int64_t count, DType dtype, Device device) {
  Tensor tensor = empty({count}, dtype, device);
  dispatch_any(dtype, [&]<typename T>(T*) {
    T* data = tensor.mutable_data<T>();
    for (std::int64_t i = 0; i < count; ++i) data[i] = convert<T>(static_cast<double>(i));
  });
  return tensor;
}

template <typename T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  check(static_cast<std::int64_t>(values.size()) == shape.elements(), "{} values for a tensor of shape {}",
        values.size(), shape);
  Tensor tensor = empty(shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), tensor.mutable_data<T>());
  return tensor;
}
template Tensor Tensor::from(std::span<const float>, const Shape&);
template Tensor Tensor::from(std::span<const double>, const Shape&);
template Tensor Tensor::from(std::span<const bfloat16>, const Shape&);
template Tensor Tensor::from(std::span<const std::int64_t>, const Shape&);
template Tensor Tensor::from(std::span<const std::int32_t>, const Shape&);
template Tensor Tensor::from(std::span<const bool>, const Shape&);

Tensor Tensor::wrap(const void* data, const Shape& shape, DType dtype, std::shared_ptr<void> owner) {
  Tensor tensor = declare(shape, dtype);
  tensor.impl_->storage = std::make_shared<Storage>();
  Storage& storage = *tensor.impl_->storage;
  storage.data = static_cast<std::byte*>(const_cast<void*>(data));
  storage.bytes = static_cast<std::size_t>(shape.elements()) * size_of(dtype);
  storage.read_only = true;
  storage.owner = std::move(owner);
  return tensor;
}

bool Tensor::is_contiguous() const {
  std::int64_t expected = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    if (dim(axis) != 1 && stride(axis) != expected) return elements() == 0;
    expected *= dim(axis);
  }
  return true;
}

std::byte* Tensor::raw_mutable_data() const {
  Storage& memory = storage();
  check(!memory.read_only, "a tensor of shape {} stands on a read-only file and cannot be written", shape());
  ++memory.version;
  return memory.data + impl().offset * static_cast<std::int64_t>(size_of(impl().dtype));
}

Tensor Tensor::alias(const Shape& shape, const Shape& strides, std::int64_t offset) const {
  auto view = std::make_shared<Impl>();
  view->storage = impl().storage;
  view->shape = shape;
  view->strides = strides;
  view->offset = impl().offset + offset;
  view->dtype = impl().dtype;
  return Tensor(std::move(view));
}

template <typename T>
std::vector<T> Tensor::to_vector() const {
  Tensor rows = *this;
  if (!is_contiguous()) {
    rows = empty(shape(), dtype(), device());
    rows.copy_from(*this);
  }
  return std::vector<T>(rows.data<T>(), rows.data<T>() + elements());
}
template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;
template std::vector<bfloat16> Tensor::to_vector() const;
template std::vector<std::int64_t> Tensor::to_vector() const;
template std::vector<std::int32_t> Tensor::to_vector() const;
template std::vector<bool> Tensor::to_vector() const;

double Tensor::item() const {
  check(elements() == 1, "item(): the tensor has shape {}, expected one element", shape());
  return dispatch_any(dtype(), [&]<typename T>(T*) { return to_double(*data<T>()); });
}

void Tensor::bind(const Tensor& source) const {
  check(source.shape() == shape(), "bind: memory of shape {} for a tensor of shape {}", source.shape(),
        shape());
  Impl& target = impl();
  target.storage = source.impl().storage;
  target.strides = source.impl().strides;
  target.offset = source.impl().offset;
  target.dtype = source.impl().dtype;
}

void Tensor::copy_from(const Tensor& source) const {
  check(source.shape() == shape() && source.dtype() == dtype(), "copy_from: {} {} into {} {}",
        name_of(source.dtype()), source.shape(), name_of(dtype()), shape());
  std::byte* to = raw_mutable_data();
  const std::byte* from = source.raw_data();
  const Loop<2> loop(shape(), {strides(), source.strides()});
  const std::int64_t to_step = loop.step(0), from_step = loop.step(1);
  dispatch_any(dtype(), [&]<typename T>(T*) {
    loop.parallel([&](const auto& at, std::int64_t count) {
      T* target = reinterpret_cast<T*>(to) + at[0];
      const T* values = reinterpret_cast<const T*>(from) + at[1];
      if (to_step == 1 && from_step == 1) {
        std::memcpy(target, values, static_cast<std::size_t>(count) * sizeof(T));
        return;
      }
      for (std::int64_t i = 0; i < count; ++i) target[i * to_step] = values[i * from_step];
    });
  });
}

void Tensor::fail_no_storage() const {
  fail("a tensor of shape {} has no memory yet: initialise or load the parameters first", shape());
}

void Tensor::expect_dtype(DType expected) const {
  if (dtype() == expected) return;  // asked so often that the message's words must wait
  fail("a tensor of shape {} holds {}, not {}", shape(), name_of(dtype()), name_of(expected));
}

}  // namespace attune
