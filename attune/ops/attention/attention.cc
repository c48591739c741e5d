#include "attune/ops/attention/attention.h"

#include <cmath>

#include "attune/autograd/accumulate.h"
#include "attune/autograd/tape.h"
#include "attune/ops/attention/composed.h"
#include "attune/ops/attention/cpu.h"
#include "attune/ops/broadcast.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

cpu::AttentionShape expect_operands(const Tensor& q, const Tensor& k, const char* operation) {
  check(q.rank() == 4, "{}: q has shape {}, expected (B, Tq, H, Dh)", operation, q.shape());
  check(k.rank() == 4 && k.dim(0) == q.dim(0) && k.dim(2) == q.dim(2) && k.dim(3) == q.dim(3),
        "{}: k has shape {}, expected (B, Tk, H, Dh) with the B, H and Dh of q {}", operation, k.shape(),
        q.shape());
  check(q.dtype() == k.dtype(), "{}: q is {}, k is {}, expected the same type", operation, name_of(q.dtype()),
        name_of(k.dtype()));
  check(is_floating(q.dtype()), "{}: q is {}, expected a floating type", operation, name_of(q.dtype()));
  check(q.dim(3) > 0, "{}: q has shape {}, expected heads of at least one element", operation, q.shape());
  return {.batch = q.dim(0), .heads = q.dim(2), .queries = q.dim(1), .keys = k.dim(1), .head_dim = q.dim(3)};
}

void expect_option(const char* operation, const char* name, const Tensor& option, const Shape& shape,
                   DType dtype) {
  if (!option.defined()) return;
  check(option.shape() == shape && option.dtype() == dtype, "{}: {} is {} {}, expected {} {}", operation,
        name, name_of(option.dtype()), option.shape(), name_of(dtype), shape);
}

void expect_options(const AttentionOptions& options, const cpu::AttentionShape& s, const char* operation) {
  expect_option(operation, "key_mask", options.key_mask, {s.batch, s.keys}, DType::boolean);
  expect_option(operation, "prefix", options.prefix, {s.batch}, DType::int64);
  check(!options.prefix.defined() || options.causal, "{}: prefix was given without causal", operation);
  if (options.head_mask.defined()) {
    check(options.head_mask.shape() == Shape{s.heads}, "{}: head_mask has shape {}, expected [{}]", operation,
          options.head_mask.shape(), s.heads);
  }
  if (options.bias.defined()) {
    const Shape full{s.batch, s.heads, s.queries, s.keys};
    check(options.bias.rank() <= 4 && broadcast(full, options.bias.shape(), operation) == full,
          "{}: bias has shape {}, which does not broadcast to (B, H, Tq, Tk) {}", operation,
          options.bias.shape(), full);
  }
  check(options.dropout >= 0 && options.dropout < 1, "{}: dropout is {}, expected at least 0 and below 1",
        operation, options.dropout);
  check(options.dropout == 0 || options.generator != nullptr, "{}: dropout was given without a generator",
        operation);
}

cpu::BiasStrides bias_strides(const Tensor& bias, const cpu::AttentionShape& s) {
  const Shape strides = broadcast_strides(bias, {s.batch, s.heads, s.queries, s.keys});
  return {.batch = strides[0], .head = strides[1], .query = strides[2], .key = strides[3]};
}

// The options in the form that the kernels take, and what keeps their memory alive.
struct Prepared {
  Tensor key_mask, prefix, bias;
  cpu::AttentionSettings settings;

  Prepared(const AttentionOptions& options, const cpu::AttentionShape& s) {
    settings.scale =
        static_cast<float>(options.scale.value_or(1 / std::sqrt(static_cast<double>(s.head_dim))));
    settings.causal = options.causal;
    if (options.key_mask.defined()) {
      key_mask = contiguous(options.key_mask);
      settings.key_mask = key_mask.data<bool>();
    }
    if (options.prefix.defined()) {
      prefix = contiguous(options.prefix);
      settings.prefix = prefix.data<std::int64_t>();
    }
    if (options.bias.defined()) {
      bias = cast(detach(options.bias), DType::float32);
      settings.bias = bias.data<float>();
      settings.bias_strides = bias_strides(bias, s);
    }
    if (options.dropout > 0) {
      settings.dropout = static_cast<float>(options.dropout);
      settings.seed = options.generator->seed;
      settings.stream = options.generator->next();
    }
  }
};

template <typename T>
cpu::HeadsView<const T> readable(const Tensor& x) {
  return {x.data<T>(), x.stride(0), x.stride(1), x.stride(2)};
}

template <typename T>
cpu::HeadsView<T> writable(const Tensor& x) {
  return {x.mutable_data<T>(), x.stride(0), x.stride(1), x.stride(2)};
}

template <typename F>
void dispatch_kernel(DType dtype, F&& f) {
  return dtype == DType::bfloat16 ? f(static_cast<bfloat16*>(nullptr)) : f(static_cast<float*>(nullptr));
}

// What the backward pass keeps of the forward pass.
struct Saved {
  cpu::AttentionShape shape;
  Prepared prepared;
  Tensor q, k, v;  // (B, T, H, Dh), last stride 1
  Tensor out;      // (B, Tq, H, Dh)
  Tensor lse;      // (B, H, Tq) float32; undefined when no gradient is wanted
};

Tensor forward(const Saved& s) {
  dispatch_kernel(s.q.dtype(), [&]<typename T>(T*) {
    cpu::attention(cpu::AttentionForward<T>{.shape = s.shape,
                                            .settings = s.prepared.settings,
                                            .q = readable<T>(s.q),
                                            .k = readable<T>(s.k),
                                            .v = readable<T>(s.v),
                                            .out = writable<T>(s.out),
                                            .lse = s.lse.defined() ? s.lse.mutable_data<float>() : nullptr});
  });
  return s.out;
}

// Writes the gradients of q, k and v to windows (B, T, H, Dh) and adds that of the bias, input `bias_input`.
void backward_into(Backward& b, const Saved& s, const Tensor& dq, const Tensor& dk, const Tensor& dv,
                   int bias_input, const Tensor& bias) {
  const bool with_bias = bias.defined() && b.needs(bias_input);
  const Tensor dbias = with_bias ? Tensor::empty(bias.shape(), DType::float32) : Tensor();
  const Tensor dout = contiguous(b.gradient());  // (B, Tq, H, Dh)
  dispatch_kernel(s.q.dtype(), [&]<typename T>(T*) {
    cpu::attention(cpu::AttentionBackward<T>{
        .shape = s.shape,
        .settings = s.prepared.settings,
        .q = readable<T>(s.q),
        .k = readable<T>(s.k),
        .v = readable<T>(s.v),
        .out = readable<T>(s.out),
        .lse = s.lse.data<float>(),
        .dout = readable<T>(dout),
        .dq = writable<T>(dq),
        .dk = writable<T>(dk),
        .dv = writable<T>(dv),
        .dbias = with_bias ? dbias.mutable_data<float>() : nullptr,
        .dbias_strides = with_bias ? bias_strides(dbias, s.shape) : cpu::BiasStrides{}});
  });
  if (with_bias) b.add(bias_input, cast(dbias, bias.dtype()));
}

// Where the kernel writes the gradient of an input: its place, or a tensor to be added there afterwards.
class GradientPlace {
 public:
  GradientPlace(Backward& b, int input, const Tensor& x) {
    if (b.needs(input)) target_ = b.target(input);
    const bool direct = target_.memory.defined() && !target_.accumulate;
    written_ = direct ? target_.memory : Tensor::empty(x.shape(), x.dtype(), x.device());
  }
  const Tensor& written() const { return written_; }
  void finish() const {
    if (target_.memory.defined() && target_.accumulate) accumulate(target_.memory, written_);
  }

 private:
  Backward::Target target_;
  Tensor written_;
};

// A window on the same memory whose last stride is 1.
Tensor with_unit_stride(const Tensor& x) {
  return x.stride(-1) == 1 || x.dim(-1) == 1 ? detach(x) : contiguous(detach(x));
}

Saved prepare(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
              const cpu::AttentionShape& shape, bool keep_lse) {
  Saved s{.shape = shape,
          .prepared = Prepared(options, shape),
          .q = with_unit_stride(q),
          .k = with_unit_stride(k),
          .v = with_unit_stride(v),
          .out = Tensor::empty(q.shape(), q.dtype(), q.device()),
          .lse = {}};
  if (keep_lse) s.lse = Tensor::empty({shape.batch, shape.heads, shape.queries});
  return s;
}

// One part of a projection (B, T, parts, H, Dh) as (B, T, H, Dh); not on the tape.
Tensor part_of(const Tensor& projection, int part) {
  const Shape shape = projection.shape().without(2), strides = projection.strides().without(2);
  return projection.alias(shape, strides, part * projection.stride(2));
}

// The same on the tape.
Tensor recorded_part(const Tensor& projection, int part) {
  return reshape(slice(projection, 2, part, part + 1), projection.shape().without(2));
}

Tensor with_head_mask(const Tensor& y, const AttentionOptions& options) {
  return options.head_mask.defined() ? mask_heads(y, options.head_mask) : y;
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  const cpu::AttentionShape shape = expect_operands(q, k, "attention");
  check(v.shape() == k.shape() && v.dtype() == k.dtype(), "attention: v is {} {}, expected the {} {} of k",
        name_of(v.dtype()), v.shape(), name_of(k.dtype()), k.shape());
  expect_options(options, shape, "attention");
  if (q.dtype() == DType::float64) return composed_attention(q, k, v, options);
  const bool keep_lse = on_tape({q, k, v, options.bias});
  const Saved saved = prepare(q, k, v, options, shape, keep_lse);
  const Tensor y =
      record("attention", {q, k, v, options.bias}, forward(saved),
             [saved, bias = options.bias.defined() ? detach(options.bias) : Tensor()](Backward& b) {
               const GradientPlace dq(b, 0, saved.q), dk(b, 1, saved.k), dv(b, 2, saved.v);
               backward_into(b, saved, dq.written(), dk.written(), dv.written(), 3, bias);
               for (const auto* place : {&dq, &dk, &dv}) place->finish();
             });
  return with_head_mask(y, options);
}

Tensor attention_fused(const Tensor& qkv, const AttentionOptions& options) {
  check(qkv.rank() == 5 && qkv.dim(2) == 3, "attention_fused: qkv has shape {}, expected (B, T, 3, H, Dh)",
        qkv.shape());
  if (qkv.dtype() == DType::float64) {
    return attention(recorded_part(qkv, 0), recorded_part(qkv, 1), recorded_part(qkv, 2), options);
  }
  const Tensor q = part_of(qkv, 0), k = part_of(qkv, 1), v = part_of(qkv, 2);  // (B, T, H, Dh)
  const cpu::AttentionShape shape = expect_operands(q, k, "attention_fused");
  expect_options(options, shape, "attention_fused");
  const Saved saved = prepare(q, k, v, options, shape, on_tape({qkv, options.bias}));
  const Tensor y = record("attention_fused", {qkv, options.bias}, forward(saved),
                          [saved, whole = detach(qkv),
                           bias = options.bias.defined() ? detach(options.bias) : Tensor()](Backward& b) {
                            const GradientPlace dqkv(b, 0, whole);  // (B, T, 3, H, Dh)
                            const Tensor& d = dqkv.written();
                            backward_into(b, saved, part_of(d, 0), part_of(d, 1), part_of(d, 2), 1, bias);
                            dqkv.finish();
                          });
  return with_head_mask(y, options);
}

Tensor attention_fused(const Tensor& q, const Tensor& kv, const AttentionOptions& options) {
  check(kv.rank() == 5 && kv.dim(2) == 2, "attention_fused: kv has shape {}, expected (B, Tk, 2, H, Dh)",
        kv.shape());
  if (q.dtype() == DType::float64) return attention(q, recorded_part(kv, 0), recorded_part(kv, 1), options);
  const Tensor k = part_of(kv, 0), v = part_of(kv, 1);  // (B, Tk, H, Dh)
  const cpu::AttentionShape shape = expect_operands(q, k, "attention_fused");
  expect_options(options, shape, "attention_fused");
  const Saved saved = prepare(q, k, v, options, shape, on_tape({q, kv, options.bias}));
  const Tensor y = record("attention_fused", {q, kv, options.bias}, forward(saved),
                          [saved, whole = detach(kv),
                           bias = options.bias.defined() ? detach(options.bias) : Tensor()](Backward& b) {
                            const GradientPlace dq(b, 0, saved.q), dkv(b, 1, whole);  // (B, Tk, 2, H, Dh)
                            const Tensor& d = dkv.written();
                            backward_into(b, saved, dq.written(), part_of(d, 0), part_of(d, 1), 2, bias);
                            dq.finish();
                            dkv.finish();
                          });
  return with_head_mask(y, options);
}

Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options) {
  const cpu::AttentionShape shape = expect_operands(q, k, "attention_weights");
  expect_options(options, shape, "attention_weights");
  AttentionOptions without_dropout = options;
  without_dropout.dropout = 0;
  Tensor weights;  // (B, H, Tq, Tk)
  if (q.dtype() == DType::float64) {
    const NoGrad no_grad;
    weights = composed_attention_weights(q, k, without_dropout);
  } else {
    const Prepared prepared(without_dropout, shape);
    const Tensor queries = with_unit_stride(q), keys = with_unit_stride(k);
    weights =
        Tensor::empty({shape.batch, shape.heads, shape.queries, shape.keys}, DType::float32, q.device());
    dispatch_kernel(q.dtype(), [&]<typename T>(T*) {
      cpu::attention(cpu::AttentionWeights<T>{.shape = shape,
                                              .settings = prepared.settings,
                                              .q = readable<T>(queries),
                                              .k = readable<T>(keys),
                                              .weights = weights.mutable_data<float>()});
    });
  }
  return record_without_gradient("attention_weights", {q, k, options.bias}, weights);
}

}  // namespace attune::ops
