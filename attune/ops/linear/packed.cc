#include "attune/ops/linear/packed.h"

#include <utility>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/onednn.h"
#include "attune/ops/activation/cpu.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/linear/linear.h"
#include "attune/ops/linear/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// Below, products are bound by how fast weights stream from memory.
constexpr std::int64_t min_rows = 16;

// Whether the packed product takes these operands: a float32 weight has no product with bfloat16.
bool takes(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const bool types =
      x.dtype() == weight.dtype() || (x.dtype() == DType::float32 && weight.dtype() == DType::bfloat16);
  return types && x.rank() >= 1 && x.dim(-1) == weight.dim(1) && x.elements() >= min_rows * weight.dim(1) &&
         !on_tape({x, weight, bias});
}

}  // namespace

bool PackedWeight::is_supported(const Tensor& weight) {
  return (weight.dtype() == DType::float32 || weight.dtype() == DType::bfloat16) &&
         cpu::OneDnnWeight::is_supported();
}

PackedWeight::PackedWeight(Tensor weight) : plain_(std::move(weight)), version_(plain_.version()) {
  const Tensor rows = weight_matrix(plain_);  // (out, in)
  const std::size_t bytes = cpu::OneDnnWeight::bytes(rows.dim(0), rows.dim(1), rows.dtype());
  // The allocator's huge pages: with small ones products of 128 rows wait for memory a tenth of their time.
  blocks_ = Tensor::empty({static_cast<std::int64_t>(bytes / size_of(rows.dtype()))}, rows.dtype());
  packed_ =
      std::make_unique<cpu::OneDnnWeight>(rows.dim(0), rows.dim(1), matrix(rows), blocks_.raw_mutable_data());
}

PackedWeight::~PackedWeight() = default;

const cpu::OneDnnWeight& PackedWeight::packed() const {
  check(plain_.version() == version_, "linear: the weight {} was changed since it was packed",
        plain_.shape());
  return *packed_;
}

Tensor linear(const Tensor& x, const PackedWeight& weight, const Tensor& bias,
              std::optional<ActivationKind> kind) {
  const Tensor& plain = weight.plain();  // (out, in)
  if (!takes(x, plain, bias)) {
    const Tensor y = linear(x, plain, bias);
    return kind ? activation(y, *kind) : y;
  }
  const Tensor rows = contiguous(cast(detach(x), plain.dtype()));                           // (..., in)
  const Tensor y = Tensor::empty(x.shape().with(-1, plain.dim(0)), x.dtype(), x.device());  // (..., out)
  weight.packed().multiply(rows.elements() / plain.dim(1), rows.raw_data(),
                           bias.defined() ? bias.data<float>() : nullptr,
                           kind ? kernel_of(*kind) : cpu::Activation::none, y.raw_mutable_data(), y.dtype());
  return y;
}

}  // namespace attune::ops
