#include "attune/ops/linear_cross_entropy/cpu.h"

#include <algorithm>

#include "attune/backend/cpu/elementwise.h"
#include "attune/ops/cross_entropy/rows.h"
#include "attune/ops/linear/column_sum.h"
#include "attune/ops/linear/operands.h"

namespace attune::ops {
namespace {

// Some rows of the layer and the memory of their logits. Real is the type of logits and losses, G that of
// their gradient, which lies over them.
template <typename Real, typename G>
class Tile {
 public:
  Tile(const OutputLayer& layer, const Tensor& logits) : layer_(layer), logits_(logits) {}

  // Makes this tile rows [begin, end), whose logits, or their gradient, the memory already holds.
  void cover(std::int64_t begin, std::int64_t end) {
    begin_ = begin;
    rows_ = end - begin;
  }

  // Makes this tile rows [begin, end) and computes their logits.
  void compute(std::int64_t begin, std::int64_t end) {
    cover(begin, end);
    const cpu::Matrix out{logits_.template mutable_data<Real>(), dtype_of<Real>, columns(), 1};  // (rows, V)
    cpu::matmul(1, rows_, columns(), layer_.x.dim(1), rows_from(layer_.x), transposed(matrix(layer_.weight)),
                out, {.bias = layer_.bias.defined() ? layer_.bias.raw_data() : nullptr});
  }

  cpu::LossRows loss_rows() const {
    return {rows_, columns(), layer_.targets.data<std::int64_t>() + begin_, layer_.options.ignore_index,
            layer_.options.label_smoothing};
  }

  // Turns the logits into losses; the logits stay.
  void losses(Real* all_losses) {
    cpu::cross_entropy_rows(loss_rows(), logits_.template data<Real>(), all_losses + begin_,
                            static_cast<Real*>(nullptr));
  }

  // Turns the logits into losses and, in their place, `factor` times their gradient.
  void losses_and_gradient(Real factor, Real* all_losses) {
    cpu::cross_entropy_rows_in_place<Real, G>(loss_rows(), logits_.template mutable_data<Real>(), factor,
                                              all_losses + begin_);
  }

  // Adds the tile's share of the gradients, given the gradient of the logits.
  void products(const OutputLayerGradients& wanted) {
    const auto& [dx, dweight, dbias] = wanted;
    const std::int64_t width = layer_.x.dim(1);
    if (dx.memory.defined()) {
      cpu::matmul(1, rows_, width, columns(), gradient(), matrix(layer_.weight), rows_from(dx.memory),
                  {.accumulate = dx.accumulate});
    }
    if (dweight.memory.defined()) {
      cpu::matmul(1, columns(), width, rows_, transposed(gradient()), rows_from(layer_.x),
                  writable(dweight.memory), {.accumulate = dweight.accumulate});
    }
    if (dbias.memory.defined()) sum_rows(dbias);
  }

 private:
  std::int64_t columns() const { return layer_.weight.dim(0); }

  cpu::Matrix rows_from(const Tensor& x) const {
    cpu::Matrix m = matrix(x);
    m.data = static_cast<const std::byte*>(m.data) +
             begin_ * m.row_stride * static_cast<std::int64_t>(size_of(m.dtype));
    return m;
  }

  cpu::Matrix gradient() const {
    return {logits_.raw_data(), dtype_of<G>, columns() * static_cast<std::int64_t>(sizeof(Real) / sizeof(G)),
            1};
  }

  void sum_rows(const Backward::Target& dbias) {
    if constexpr (std::is_same_v<G, double>) {
      column_sum(logits_.alias({rows_, columns()}, {columns(), 1}, 0), dbias.memory, dbias.accumulate);
    } else {
      const auto* rows = reinterpret_cast<const G*>(logits_.raw_data());
      cpu::column_sum(rows, rows_, columns(), gradient().row_stride,
                      dbias.memory.template mutable_data<float>(), dbias.accumulate);
    }
  }

  const OutputLayer& layer_;
  Tensor logits_;  // (at least rows, V)
  std::int64_t begin_ = 0, rows_ = 0;
};

// Calls f(tile) for consecutive tiles that cover all rows, their logits computed.
template <typename Real, typename G, typename F>
void for_tiles(const OutputLayer& layer, F f) {
  const std::int64_t rows = layer.x.dim(0), columns = layer.weight.dim(0);
  const std::int64_t row_bytes = columns * static_cast<std::int64_t>(sizeof(Real));
  const std::int64_t step =
      std::clamp<std::int64_t>(layer.tile_bytes / row_bytes, 1, std::max<std::int64_t>(rows, 1));
  Tile<Real, G> tile(layer, Tensor::empty({std::min(step, rows), columns}, dtype_of<Real>));
  for (std::int64_t begin = 0; begin < rows; begin += step) {
    tile.compute(begin, std::min(begin + step, rows));
    f(tile);
  }
}

template <typename Real>
Real reciprocal(std::int64_t count) {
  return count == 0 ? Real{0} : Real{1} / static_cast<Real>(count);
}

cpu::LossRows all_rows(const OutputLayer& layer) {
  return {layer.x.dim(0), layer.weight.dim(0), layer.targets.data<std::int64_t>(), layer.options.ignore_index,
          layer.options.label_smoothing};
}

template <typename Real, typename G>
OutputLayerState forward(const OutputLayer& layer, bool wants_gradient, const Tensor& loss) {
  const std::int64_t rows = layer.x.dim(0), columns = layer.weight.dim(0);
  OutputLayerState state{cpu::count_targets(all_rows(layer)), Tensor()};
  const Tensor losses = Tensor::empty({rows}, dtype_of<Real>);  // (N)
  Real* each = losses.mutable_data<Real>();
  if (wants_gradient && rows * columns * static_cast<std::int64_t>(sizeof(Real)) <= layer.kept_bytes) {
    state.gradient = Tensor::empty({rows, columns}, dtype_of<Real>);  // (N, V)
    Tile<Real, G> tile(layer, state.gradient);
    tile.compute(0, rows);
    tile.losses_and_gradient(reciprocal<Real>(state.count), each);
  } else {
    for_tiles<Real, G>(layer, [&](auto& tile) { tile.losses(each); });
  }
  *loss.mutable_data<Real>() = static_cast<Real>(cpu::mean_loss(each, rows, state.count));
  return state;
}

// The gradient of the logits was computed for a loss of weight one.
template <typename Real, typename G>
void scale_gradient(const Tensor& gradient, Real factor) {
  if (factor == 1) return;
  Real* data = gradient.mutable_data<Real>();
  for (std::int64_t r = 0; r < gradient.dim(0); ++r) {
    G* row = reinterpret_cast<G*>(data + r * gradient.dim(1));
    if constexpr (std::is_same_v<G, double>) {
      for (std::int64_t i = 0; i < gradient.dim(1); ++i) row[i] *= factor;
    } else {
      cpu::scale(row, factor, row, gradient.dim(1));
    }
  }
}

template <typename Real, typename G>
void backward(const OutputLayer& layer, const OutputLayerState& state, const Tensor& dloss,
              OutputLayerGradients wanted) {
  const Real factor = *dloss.data<Real>();
  if (state.gradient.defined()) {
    scale_gradient<Real, G>(state.gradient, factor);
    Tile<Real, G> tile(layer, state.gradient);
    tile.cover(0, layer.x.dim(0));
    tile.products(wanted);
    return;
  }
  const Tensor losses = Tensor::empty({layer.x.dim(0)}, dtype_of<Real>);  // (N), known already
  for_tiles<Real, G>(layer, [&](auto& tile) {
    tile.losses_and_gradient(factor * reciprocal<Real>(state.count), losses.mutable_data<Real>());
    tile.products(wanted);
    wanted.weight.accumulate = wanted.bias.accumulate = true;  // every tile adds to the one before
  });
}

template <typename Real, typename G>
void token_losses(const OutputLayer& layer, const Tensor& losses) {
  cpu::count_targets(all_rows(layer));
  for_tiles<Real, G>(layer, [&](auto& tile) { tile.losses(losses.mutable_data<Real>()); });
}

// Calls f.operator()<Real, G>() for operands of the given type.
template <typename F>
decltype(auto) with_types(DType dtype, F f) {
  switch (dtype) {
    case DType::float64:
      return f.template operator()<double, double>();
    case DType::bfloat16:
      return f.template operator()<float, bfloat16>();
    default:
      return f.template operator()<float, float>();
  }
}

}  // namespace

OutputLayerState output_layer_forward(const OutputLayer& layer, bool wants_gradient, const Tensor& loss) {
  return with_types(layer.x.dtype(), [&]<typename Real, typename G>() {
    return forward<Real, G>(layer, wants_gradient, loss);
  });
}

void output_layer_backward(const OutputLayer& layer, const OutputLayerState& state, const Tensor& dloss,
                           OutputLayerGradients gradients) {
  with_types(layer.x.dtype(),
             [&]<typename Real, typename G>() { backward<Real, G>(layer, state, dloss, gradients); });
}

void output_layer_losses(const OutputLayer& layer, const Tensor& losses) {
  with_types(layer.x.dtype(), [&]<typename Real, typename G>() { token_losses<Real, G>(layer, losses); });
}

}  // namespace attune::ops
