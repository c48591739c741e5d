#include "attune/ops/beam_attention/beam_attention.h"

#include <cmath>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/ops/beam_attention/cpu.h"
#include "attune/ops/broadcast.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

template <typename T>
cpu::HeadsView<const T> readable(const Tensor& x) {
  return {x.data<T>(), x.stride(0), x.stride(1), x.stride(2)};
}

template <typename T>
cpu::BeamAttention<T> operands_of(const Tensor& q, const Tensor& keys, const Tensor& values,
                                  const Tensor& ancestry, double scale, const Tensor& bias,
                                  const Tensor& out) {
  const cpu::AttentionShape shape{q.dim(0), q.dim(2), q.dim(1), keys.dim(1), q.dim(3)};
  cpu::BiasStrides strides;
  if (bias.defined()) {
    const Shape s = broadcast_strides(bias, {shape.batch, shape.heads, shape.queries, shape.keys});
    strides = {.batch = s[0], .head = s[1], .query = s[2], .key = s[3]};
  }
  return {.shape = shape,
          .scale = static_cast<float>(scale),
          .bias = bias.defined() ? bias.data<float>() : nullptr,
          .bias_strides = strides,
          .q = readable<T>(q),
          .k = readable<T>(keys),
          .v = readable<T>(values),
          .ancestry = ancestry.data<std::int32_t>(),
          .ancestry_stride = ancestry.stride(0),
          .out = {out.mutable_data<T>(), out.stride(0), out.stride(1), out.stride(2)}};
}

// The float64 path: one query, in loops.
void attend(const cpu::BeamAttention<double>& o, double scale, std::int64_t n, std::int64_t h,
            std::int64_t query) {
  const std::int64_t seen = query + 1 + o.shape.keys - o.shape.queries, width = o.shape.head_dim;
  const auto row_of = [&](std::int64_t t) -> std::int64_t { return o.ancestry[n * o.ancestry_stride + t]; };
  std::vector<double> weights;
  double most = -INFINITY, total = 0;
  for (std::int64_t t = 0; t < seen; ++t) {
    double dot = 0;
    for (std::int64_t i = 0; i < width; ++i) dot += o.q.row(n, query, h)[i] * o.k.row(row_of(t), t, h)[i];
    const cpu::BiasStrides& b = o.bias_strides;
    const double added =
        o.bias == nullptr ? 0 : o.bias[n * b.batch + h * b.head + query * b.query + t * b.key];
    weights.push_back(scale * dot + added);
    most = std::max(most, weights.back());
  }
  for (double& weight : weights) total += weight = std::exp(weight - most);
  double* out = o.out.row(n, query, h);
  for (std::int64_t i = 0; i < width; ++i) {
    out[i] = 0;
    for (std::int64_t t = 0; t < seen; ++t)
      out[i] += weights[static_cast<std::size_t>(t)] / total * o.v.row(row_of(t), t, h)[i];
  }
}

Tensor with_unit_stride(const Tensor& x) {
  return x.stride(-1) == 1 || x.dim(-1) == 1 ? detach(x) : contiguous(detach(x));
}

void expect_operands(const Tensor& q, const Tensor& keys, const Tensor& values, const Tensor& ancestry,
                     const Tensor& bias) {
  check(q.rank() == 4 && is_floating(q.dtype()),
        "beam_attention: q is {} {}, expected (N, T, H, Dh) floating", name_of(q.dtype()), q.shape());
  check(keys.rank() == 4 && keys.dim(2) == q.dim(2) && keys.dim(3) == q.dim(3) && keys.dtype() == q.dtype(),
        "beam_attention: keys are {} {}, expected (M, L, H, Dh) with the type, H and Dh of q {} {}",
        name_of(keys.dtype()), keys.shape(), name_of(q.dtype()), q.shape());
  check(values.shape() == keys.shape() && values.dtype() == keys.dtype(),
        "beam_attention: values are {} {}, expected the {} {} of the keys", name_of(values.dtype()),
        values.shape(), name_of(keys.dtype()), keys.shape());
  check(keys.dim(1) >= q.dim(1), "beam_attention: {} positions for {} queries, expected at least as many",
        keys.dim(1), q.dim(1));
  check(ancestry.shape() == Shape{q.dim(0), keys.dim(1)} && ancestry.dtype() == DType::int32 &&
            ancestry.stride(1) == 1,
        "beam_attention: ancestry is {} {}, expected int32 [{}, {}]", name_of(ancestry.dtype()),
        ancestry.shape(), q.dim(0), keys.dim(1));
  if (!bias.defined()) return;
  const Shape full{q.dim(0), q.dim(2), q.dim(1), keys.dim(1)};
  check(bias.rank() <= 4 && broadcast(full, bias.shape(), "beam_attention") == full,
        "beam_attention: bias has shape {}, which does not broadcast to (N, H, T, L) {}",
        bias.shape(), full);
}

}  // namespace

Tensor beam_attention(const Tensor& q, const Tensor& keys, const Tensor& values, const Tensor& ancestry,
                      const BeamAttentionOptions& options) {
  expect_operands(q, keys, values, ancestry, options.bias);
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(q.dim(3))));
  const Tensor bias =
      options.bias.defined() ? cast(detach(options.bias), DType::float32) : Tensor();  // to (N, H, T, L)
  const Tensor queries = with_unit_stride(q), k = with_unit_stride(keys), v = with_unit_stride(values);
  const Tensor out = Tensor::empty(q.shape(), q.dtype(), q.device());  // (N, T, H, Dh)
  if (q.dtype() == DType::bfloat16) {
    cpu::beam_attention(operands_of<bfloat16>(queries, k, v, ancestry, scale, bias, out));
  } else if (q.dtype() == DType::float32) {
    cpu::beam_attention(operands_of<float>(queries, k, v, ancestry, scale, bias, out));
  } else {
    const auto operands = operands_of<double>(queries, k, v, ancestry, scale, bias, out);
    for (std::int64_t n = 0; n < q.dim(0); ++n) {
      for (std::int64_t h = 0; h < q.dim(2); ++h) {
        for (std::int64_t query = 0; query < q.dim(1); ++query) attend(operands, scale, n, h, query);
      }
    }
  }
  return record_without_gradient("beam_attention", {q, keys, values, options.bias}, out);
}

}  // namespace attune::ops
