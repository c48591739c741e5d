#include "attune/backend/cpu/onednn.h"

#include <array>
#include <cstring>
#include <dnnl.hpp>
#include <string_view>
#include <unordered_map>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

namespace attune::cpu {
namespace {

// Everything that a primitive depends on; two equal keys may share one.
struct Key {
  std::int64_t batch, m, n, k;
  std::array<std::int64_t, 3> a, b, c;  // strides: batch, row, column
  DType operand, result;
  Activation activation;
  bool accumulate, bias;
  int threads;

  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t hash = 0x9e3779b97f4a7c15;
    const auto mix = [&hash](std::int64_t value) {
      hash = (hash ^ static_cast<std::uint64_t>(value)) * 0xff51afd7ed558ccd;
      hash ^= hash >> 32;
    };
    for (std::int64_t value : {key.batch, key.m, key.n, key.k}) mix(value);
    for (const auto* strides : {&key.a, &key.b, &key.c}) {
      for (std::int64_t value : *strides) mix(value);
    }
    mix(static_cast<std::int64_t>(key.operand) | static_cast<std::int64_t>(key.result) << 8 |
        static_cast<std::int64_t>(key.activation) << 16 | static_cast<std::int64_t>(key.accumulate) << 24 |
        static_cast<std::int64_t>(key.bias) << 25 | static_cast<std::int64_t>(key.threads) << 32);
    return hash;
  }
};

// A compiled product and the memory objects that its arguments go through; the data pointers change per call.
struct Compiled {
  dnnl::matmul primitive;
  dnnl::memory a, b, c, bias;
  std::unordered_map<int, dnnl::memory> arguments;
};

dnnl::engine& engine() {
  // isa() caps oneDNN's instruction set, so it comes first.
  static dnnl::engine instance = (isa(), dnnl::engine(dnnl::engine::kind::cpu, 0));
  return instance;
}

dnnl::memory::data_type to_dnnl(DType dtype) {
  return dtype == DType::bfloat16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
}

dnnl::memory::desc describe(const std::array<std::int64_t, 3>& strides, std::int64_t batch, std::int64_t rows,
                            std::int64_t columns, DType dtype) {
  if (batch == 1) return {{rows, columns}, to_dnnl(dtype), {strides[1], strides[2]}};
  const std::int64_t copies = strides[0] == 0 ? 1 : batch;
  return {{copies, rows, columns},
          to_dnnl(dtype),
          {strides[0] == 0 ? rows * columns : strides[0], strides[1], strides[2]}};
}

void append_activation(Activation activation, dnnl::post_ops& post) {
  switch (activation) {
    case Activation::none:
      break;
    case Activation::relu:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0, 0);
      break;
    case Activation::gelu_erf:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_gelu_erf, 0, 0);
      break;
    case Activation::gelu_tanh:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_gelu_tanh, 0, 0);
      break;
    case Activation::tanh:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_tanh, 0, 0);
      break;
    case Activation::sigmoid:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_logistic, 0, 0);
      break;
    case Activation::silu:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_swish, 1, 0);
      break;
    case Activation::elu:
      post.append_eltwise(1.0F, dnnl::algorithm::eltwise_elu, 1, 0);
      break;
  }
}

dnnl::primitive_attr attributes(const Key& key) {
  dnnl::post_ops post;
  if (key.accumulate) post.append_sum(1.0F);
  append_activation(key.activation, post);
  dnnl::primitive_attr attr;
  attr.set_post_ops(post);
  return attr;
}

// Whether oneDNN's classic GEMM beats its batch-reduce kernels, which come first in its list. It packs
// transposed operands better, gradients of weights above all (measured: 5 to 30% on the products of GPT-2 and
// small models); with few rows, or more columns than terms, its division among threads loses the gain, as it
// does where a long sum makes a tall result (15 to 30% on weights of 512 columns).
bool prefers_gemm(const Key& key) {
  if (key.batch != 1 || key.activation != Activation::none) return false;
  const bool bfloat16_operands = key.operand == DType::bfloat16;
  if (key.a[2] != 1) return bfloat16_operands || key.m < 1024 || key.n >= 768 || key.k < 1024;
  if (key.b[2] != 1) return key.m >= 512 && (bfloat16_operands || key.n > key.k);
  return !bfloat16_operands && !key.bias && (key.n <= key.k || key.m >= 1024);
}

dnnl::matmul::primitive_desc choose(const dnnl::matmul::desc& descriptor, const Key& key) {
  const dnnl::primitive_attr attr = attributes(key);
  if (prefers_gemm(key)) {
    dnnl::matmul::primitive_desc candidate(descriptor, attr, engine());
    do {
      if (std::string_view(candidate.impl_info_str()).starts_with("gemm")) return candidate;
    } while (candidate.next_impl());
  }
  return {descriptor, attr, engine()};
}

Compiled compile(const Key& key) {
  const auto a = describe(key.a, key.batch, key.m, key.k, key.operand);
  const auto b = describe(key.b, key.batch, key.k, key.n, key.operand);
  const auto c = describe(key.c, key.batch, key.m, key.n, key.result);
  const dnnl::memory::dims bias_dims =
      key.batch == 1 ? dnnl::memory::dims{1, key.n} : dnnl::memory::dims{1, 1, key.n};
  const dnnl::memory::dims bias_strides =
      key.batch == 1 ? dnnl::memory::dims{key.n, 1} : dnnl::memory::dims{key.n, key.n, 1};
  const dnnl::memory::desc bias(bias_dims, dnnl::memory::data_type::f32, bias_strides);
  const auto descriptor = key.bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
  const dnnl::matmul::primitive_desc primitive = choose(descriptor, key);

  Compiled compiled{dnnl::matmul(primitive),
                    {a, engine(), nullptr},
                    {b, engine(), nullptr},
                    {c, engine(), nullptr},
                    {},
                    {}};
  compiled.arguments = {
      {DNNL_ARG_SRC, compiled.a}, {DNNL_ARG_WEIGHTS, compiled.b}, {DNNL_ARG_DST, compiled.c}};
  if (key.bias) {
    compiled.bias = {bias, engine(), nullptr};
    compiled.arguments.emplace(DNNL_ARG_BIAS, compiled.bias);
  }
  return compiled;
}

// A stride of a dimension of size one says nothing; fix it, so that equal products share a primitive.
std::array<std::int64_t, 3> strides_of(const Matrix& matrix, std::int64_t batch, std::int64_t rows,
                                       std::int64_t columns) {
  std::int64_t row = matrix.row_stride, column = matrix.column_stride;
  if (columns == 1) column = 1;
  if (rows == 1) row = column == 1 ? columns : 1;
  if (columns == 1 && row < 1) row = 1;
  return {batch == 1 ? 0 : matrix.batch_stride, row, column};
}

// The cache of primitives of one kind, each thread's own: they hold memory objects whose pointers are set per
// call. Text of every length makes a new shape; start over rather than grow without bound.
template <typename Key, typename Value, typename Make>
Value& cached(const Key& key, std::unordered_map<Key, Value, KeyHash>& cache, const Make& make,
              std::int64_t m, std::int64_t k, std::int64_t n, DType operand) {
  const auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  if (cache.size() >= 4096) cache.clear();
  try {
    return cache.emplace(key, make(key)).first->second;
  } catch (const dnnl::error& error) {
    fail("matmul: oneDNN refuses a product of {}x{} and {}x{} in {}: {}", m, k, k, n, name_of(operand),
         error.what());
  }
}

// Of a product with many rows, for which the blocks are chosen.
Key packed_key(std::int64_t n, std::int64_t k, DType operand) {
  return {1, 1024, n, k, {}, {}, {}, operand, operand, Activation::none, false, true, num_threads()};
}

// A product with a weight (k, n) in blocks. As a matmul: inner_product, which reads the same blocks, needs 5%
// to 11% more time for 80 to 256 rows.
dnnl::matmul::primitive_desc describe_packed(const Key& key, const dnnl::memory::desc& weight) {
  constexpr auto rows = dnnl::memory::format_tag::ab;
  const dnnl::memory::desc a({key.m, key.k}, to_dnnl(key.operand), rows);
  const dnnl::memory::desc c({key.m, key.n}, to_dnnl(key.result), rows);
  const dnnl::memory::desc bias({1, key.n}, dnnl::memory::data_type::f32, rows);
  const auto descriptor =
      key.bias ? dnnl::matmul::desc(a, weight, bias, c) : dnnl::matmul::desc(a, weight, c);
  return {descriptor, attributes(key), engine()};
}

// The blocks of a weight, for any number of rows.
dnnl::memory::desc packed_layout(std::int64_t n, std::int64_t k, DType operand) {
  const dnnl::memory::desc any({k, n}, to_dnnl(operand), dnnl::memory::format_tag::any);
  return describe_packed(packed_key(n, k, operand), any).weights_desc();
}

// The same for all weights of a shape: their memory comes with the call.
struct CompiledPacked {
  dnnl::matmul primitive;
  dnnl::memory::desc weight;
  dnnl::memory a, c, bias;
};

// `weight`: as it is packed.
CompiledPacked compile_packed(const Key& key, const dnnl::memory::desc& weight) {
  const auto primitive = describe_packed(key, weight);
  CompiledPacked compiled{dnnl::matmul(primitive),
                          primitive.weights_desc(),
                          {primitive.src_desc(), engine(), nullptr},
                          {primitive.dst_desc(), engine(), nullptr},
                          {}};
  if (key.bias) compiled.bias = {primitive.bias_desc(), engine(), nullptr};
  return compiled;
}

dnnl::stream& stream() {
  static thread_local dnnl::stream instance(engine());
  return instance;
}

}  // namespace

void onednn_matmul(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
                   const Matrix& b, const Matrix& c, const MatmulOptions& options) {
  static thread_local std::unordered_map<Key, Compiled, KeyHash> cache;
  const Key key{batch,
                m,
                n,
                k,
                strides_of(a, batch, m, k),
                strides_of(b, batch, k, n),
                strides_of(c, batch, m, n),
                a.dtype,
                c.dtype,
                options.activation,
                options.accumulate,
                options.bias != nullptr,
                num_threads()};
  Compiled& compiled = cached(key, cache, &compile, m, k, n, a.dtype);
  compiled.a.set_data_handle(const_cast<void*>(a.data));
  compiled.b.set_data_handle(const_cast<void*>(b.data));
  compiled.c.set_data_handle(const_cast<void*>(c.data));
  if (options.bias != nullptr) compiled.bias.set_data_handle(const_cast<void*>(options.bias));
  compiled.primitive.execute(stream(), compiled.arguments);
  stream().wait();
}

struct OneDnnWeight::Memory {
  dnnl::memory packed;
};

bool OneDnnWeight::is_supported() { return isa() >= Isa::avx512; }

std::size_t OneDnnWeight::bytes(std::int64_t n, std::int64_t k, DType dtype) {
  return packed_layout(n, k, dtype).get_size();
}

OneDnnWeight::OneDnnWeight(std::int64_t n, std::int64_t k, const Matrix& weight, void* memory)
    : n_(n), k_(k), dtype_(weight.dtype) {
  check(is_supported(), "a packed weight needs a processor with AVX-512");
  const dnnl::memory::desc plain({k, n}, to_dnnl(dtype_), {weight.column_stride, weight.row_stride});
  dnnl::memory from(plain, engine(), const_cast<void*>(weight.data));
  memory_ = std::make_unique<Memory>(Memory{dnnl::memory(packed_layout(n, k, dtype_), engine(), memory)});
  dnnl::reorder(from, memory_->packed).execute(stream(), from, memory_->packed);
  stream().wait();
}

OneDnnWeight::~OneDnnWeight() = default;

void OneDnnWeight::multiply(std::int64_t m, const void* a, const float* bias, Activation activation, void* c,
                            DType c_dtype) const {
  static thread_local std::unordered_map<Key, CompiledPacked, KeyHash> cache;
  Key key = packed_key(n_, k_, dtype_);
  key.m = m;
  key.result = c_dtype;
  key.activation = activation;
  key.bias = bias != nullptr;
  const auto make = [&](const Key& of) { return compile_packed(of, memory_->packed.get_desc()); };
  CompiledPacked& compiled = cached(key, cache, make, m, k_, n_, dtype_);
  check(compiled.weight == memory_->packed.get_desc(), "oneDNN packs a weight ({}, {}) in several ways", n_,
        k_);
  compiled.a.set_data_handle(const_cast<void*>(a));
  compiled.c.set_data_handle(c);
  if (bias != nullptr) compiled.bias.set_data_handle(const_cast<float*>(bias));
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, compiled.a}, {DNNL_ARG_WEIGHTS, memory_->packed}, {DNNL_ARG_DST, compiled.c}};
  if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, compiled.bias);
  compiled.primitive.execute(stream(), arguments);
  stream().wait();
}

}  // namespace attune::cpu
