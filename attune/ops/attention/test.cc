#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/ops/attention/attention.h"
#include "attune/ops/attention/composed.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr std::uint64_t kSeed = 11;

// What a case is about. Inputs beyond q, k and v follow in the order of these members.
struct Setting {
  std::int64_t batch = 2, heads = 3, queries = 5, keys = 7, head_dim = 4;
  bool causal = false, key_mask = false, prefix = false;
  Shape bias = {};  // empty: none
  bool head_mask = false;
  double dropout = 0;
  double scale = 0;  // 0: the default

  Shape query_shape() const { return {batch, queries, heads, head_dim}; }
  Shape key_shape() const { return {batch, keys, heads, head_dim}; }
};

std::vector<Input> option_inputs(const Setting& s) {
  std::vector<Input> inputs;
  if (s.key_mask) inputs.push_back({.shape = {s.batch, s.keys}, .kind = Input::Kind::mask, .high = 0.6});
  if (s.prefix) {
    inputs.push_back(
        {.shape = {s.batch}, .kind = Input::Kind::indices, .low = 0, .high = double(s.keys) + 2});
  }
  if (s.bias.rank() > 0) inputs.push_back({.shape = s.bias, .kind = Input::Kind::parameter});
  if (s.head_mask) inputs.push_back({.shape = {s.heads}, .kind = Input::Kind::parameter});
  return inputs;
}

ops::AttentionOptions options_of(const Setting& s, const Inputs& in, std::size_t next, Generator* generator) {
  ops::AttentionOptions options{.causal = s.causal};
  if (s.scale != 0) options.scale = s.scale;
  if (s.key_mask) options.key_mask = in[next++];
  if (s.prefix) options.prefix = in[next++];
  if (s.bias.rank() > 0) options.bias = in[next++];
  if (s.head_mask) options.head_mask = in[next++];
  options.dropout = s.dropout;
  options.generator = generator;
  return options;
}

// An entry of an array that broadcasts to (B, H, Tq, Tk) by NumPy's rule.
double broadcast_entry(const std::vector<double>& values, const Shape& shape,
                       const std::array<std::int64_t, 4>& at) {
  std::int64_t index = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    index =
        index * shape[axis] + (shape[axis] == 1 ? 0 : at[static_cast<std::size_t>(4 - shape.rank() + axis)]);
  }
  return values[static_cast<std::size_t>(index)];
}

// The weights of one query, without dropout.
std::vector<double> reference_weights(const Setting& s, const Arrays& in, std::int64_t b, std::int64_t h,
                                      std::int64_t i, std::size_t next) {
  const std::vector<double>* key_mask = s.key_mask ? &in[next++] : nullptr;
  const std::vector<double>* prefix = s.prefix ? &in[next++] : nullptr;
  const std::vector<double>* bias = s.bias.rank() > 0 ? &in[next++] : nullptr;
  std::vector<double> weights(static_cast<std::size_t>(s.keys));
  double total = 0;
  for (std::int64_t j = 0; j < s.keys; ++j) {
    const bool in_prefix = prefix != nullptr && double(j) < (*prefix)[static_cast<std::size_t>(b)];
    const bool hidden = key_mask != nullptr && (*key_mask)[static_cast<std::size_t>(b * s.keys + j)] == 0;
    if (hidden || (s.causal && j > i + s.keys - s.queries && !in_prefix)) continue;
    double score = 0;
    for (std::int64_t c = 0; c < s.head_dim; ++c) {
      score += in[0][static_cast<std::size_t>(((b * s.queries + i) * s.heads + h) * s.head_dim + c)] *
               in[1][static_cast<std::size_t>(((b * s.keys + j) * s.heads + h) * s.head_dim + c)];
    }
    score *= s.scale != 0 ? s.scale : 1 / std::sqrt(double(s.head_dim));
    if (bias != nullptr) score += broadcast_entry(*bias, s.bias, {b, h, i, j});
    weights[static_cast<std::size_t>(j)] = std::exp(score);
    total += std::exp(score);
  }
  for (double& weight : weights) weight = total == 0 ? 0 : weight / total;
  return weights;
}

Arrays reference(const Setting& s, const Arrays& in) {
  std::vector<double> out;  // (B, Tq, H, Dh)
  for (std::int64_t b = 0; b < s.batch; ++b) {
    for (std::int64_t i = 0; i < s.queries; ++i) {
      for (std::int64_t h = 0; h < s.heads; ++h) {
        const auto weights = reference_weights(s, in, b, h, i, 3);
        const double factor = s.head_mask ? in.back()[static_cast<std::size_t>(h)] : 1;
        for (std::int64_t c = 0; c < s.head_dim; ++c) {
          double sum = 0;
          for (std::int64_t j = 0; j < s.keys; ++j) {
            sum += weights[static_cast<std::size_t>(j)] *
                   in[2][static_cast<std::size_t>(((b * s.keys + j) * s.heads + h) * s.head_dim + c)];
          }
          out.push_back(factor * sum);
        }
      }
    }
  }
  return {out};
}

OpCase attention_case(std::string label, const Setting& s) {
  OpCase one{.op = "attention", .label = std::move(label)};
  one.inputs = {{.shape = s.query_shape()}, {.shape = s.key_shape()}, {.shape = s.key_shape()}};
  for (const Input& input : option_inputs(s)) one.inputs.push_back(input);
  one.forward = [s](const Inputs& in) -> Outputs {
    Generator generator{.seed = kSeed};
    return {ops::attention(in[0], in[1], in[2], options_of(s, in, 3, &generator))};
  };
  one.composed = [s](const Inputs& in) -> Outputs {
    Generator generator{.seed = kSeed};
    return {ops::composed_attention(in[0], in[1], in[2], options_of(s, in, 3, &generator))};
  };
  if (s.dropout == 0) one.reference = [s](const Arrays& in) { return reference(s, in); };
  return one;
}

// The same on one projection (B, T, 3, H, Dh).
OpCase fused_case(std::string label, const Setting& s) {
  OpCase one{.op = "attention", .label = "fused " + std::move(label)};
  one.inputs = {{.shape = {s.batch, s.queries, 3, s.heads, s.head_dim}}};
  for (const Input& input : option_inputs(s)) one.inputs.push_back(input);
  one.forward = [s](const Inputs& in) -> Outputs {
    Generator generator{.seed = kSeed};
    return {ops::attention_fused(in[0], options_of(s, in, 1, &generator))};
  };
  if (s.dropout > 0) return one;
  one.reference = [s](const Arrays& in) {
    Arrays parts(3);
    const auto width = static_cast<std::size_t>(s.heads * s.head_dim);
    for (std::size_t i = 0; i < in[0].size(); ++i) parts[i / width % 3].push_back(in[0][i]);
    parts.insert(parts.end(), in.begin() + 1, in.end());
    return reference(s, parts);
  };
  return one;
}

// Queries (B, Tq, H, Dh) on one projection (B, Tk, 2, H, Dh).
OpCase fused_cross_case(std::string label, const Setting& s) {
  OpCase one{.op = "attention", .label = "fused cross " + std::move(label)};
  one.inputs = {{.shape = s.query_shape()}, {.shape = {s.batch, s.keys, 2, s.heads, s.head_dim}}};
  for (const Input& input : option_inputs(s)) one.inputs.push_back(input);
  one.forward = [s](const Inputs& in) -> Outputs {
    return {ops::attention_fused(in[0], in[1], options_of(s, in, 2, nullptr))};
  };
  one.reference = [s](const Arrays& in) {
    Arrays parts = {in[0], {}, {}};
    const auto width = static_cast<std::size_t>(s.heads * s.head_dim);
    for (std::size_t i = 0; i < in[1].size(); ++i) parts[1 + i / width % 2].push_back(in[1][i]);
    parts.insert(parts.end(), in.begin() + 2, in.end());
    return reference(s, parts);
  };
  return one;
}

OpCase weights_case(std::string label, const Setting& s) {
  OpCase one{.op = "attention", .label = "weights " + std::move(label)};
  one.inputs = {{.shape = s.query_shape()}, {.shape = s.key_shape()}};
  for (const Input& input : option_inputs(s)) one.inputs.push_back(input);
  one.forward = [s](const Inputs& in) -> Outputs {
    return {ops::attention_weights(in[0], in[1], options_of(s, in, 2, nullptr))};
  };
  one.reference = [s](const Arrays& in) {
    std::vector<double> all;  // (B, H, Tq, Tk)
    for (std::int64_t row = 0; row < s.batch * s.heads * s.queries; ++row) {
      const std::int64_t i = row % s.queries, h = row / s.queries % s.heads, b = row / s.queries / s.heads;
      const auto weights = reference_weights(s, in, b, h, i, 2);
      all.insert(all.end(), weights.begin(), weights.end());
    }
    return Arrays{all};
  };
  one.has_gradient = false;
  return one;
}

OpCase bad_inputs() {
  OpCase one = attention_case("bad input", {});
  const Input q{.shape = {2, 5, 3, 4}}, k{.shape = {2, 7, 3, 4}};
  one.errors = {
      {{{.shape = {2, 5, 12}}, k, k}, {"attention: q has shape [2, 5, 12], expected (B, Tq, H, Dh)"}},
      {{q, {.shape = {2, 7, 2, 4}}, k}, {"attention: k has shape [2, 7, 2, 4]", "of q [2, 5, 3, 4]"}},
      {{q, k, {.shape = {2, 6, 3, 4}}}, {"attention: v is float32 [2, 6, 3, 4]", "[2, 7, 3, 4] of k"}},
  };
  return one;
}

OpCase bad_option(std::string label, const Setting& s, Input option, std::string message) {
  OpCase one = attention_case("bad " + std::move(label), s);
  one.inputs = {};
  one.reference = nullptr;
  one.composed = nullptr;
  one.has_gradient = false;
  one.dtypes = {};
  one.takes_strided = false;
  const Input q{.shape = {2, 5, 3, 4}}, k{.shape = {2, 7, 3, 4}};
  one.errors = {{{q, k, k, option}, {std::move(message)}}};
  return one;
}

OpCase benchmark(std::string label, const Setting& s) {
  OpCase one = fused_case(std::move(label), s);
  one.reference = nullptr;
  // Two products forward, five backward; the causal mask halves the work.
  one.flops = 4.0 * double(s.batch * s.heads * s.queries * s.keys * s.head_dim) / (s.causal ? 2 : 1);
  one.backward_factor = 2.5;
  one.benchmark_only = true;
  return one;
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  const Setting square{.queries = 7}, tiles{.batch = 1, .heads = 2, .queries = 3, .keys = 66, .head_dim = 1};
  for (const auto& [name, shape] :
       {std::pair{"cross", Setting{}}, std::pair{"square", square}, std::pair{"tiles", tiles},
        std::pair{"one query", Setting{.queries = 1}}}) {
    const auto with = [&, name = std::string(name)](const char* what, auto change) {
      Setting s = shape;
      change(s);
      all.push_back(attention_case(name + " " + what, s));
      if (s.dropout == 0 && !s.head_mask) all.push_back(weights_case(name + " " + what, s));
      if (s.dropout == 0) all.push_back(fused_cross_case(name + " " + what, s));
      if (s.queries == s.keys) all.push_back(fused_case(name + " " + what, s));
    };
    with("plain", [](Setting& s) { s.scale = 0.7; });
    with("causal", [](Setting& s) { s.causal = true; });
    with("padding", [](Setting& s) { s.key_mask = true; });
    with("prefix", [](Setting& s) { s.causal = s.prefix = true; });
    with("bias", [](Setting& s) { s.bias = {s.batch, s.heads, s.queries, s.keys}; });
    with("bias of heads", [](Setting& s) { s.bias = {s.heads, s.queries, s.keys}; });
    with("bias of keys", [](Setting& s) { s.bias = {s.batch, 1, 1, s.keys}; });
    with("head mask", [](Setting& s) { s.head_mask = true; });
    with("dropout", [](Setting& s) { s.dropout = 0.3; });
    with("everything", [](Setting& s) {
      s.causal = s.key_mask = s.prefix = s.head_mask = true;
      s.bias = {1, s.heads, s.queries, s.keys};
      s.dropout = 0.1;
    });
  }
  all.push_back(attention_case("no sequences", {.batch = 0}));
  all.push_back(attention_case("no queries", {.queries = 0}));
  all.push_back(attention_case("no keys", {.keys = 0}));
  all.push_back(
      attention_case("one of all", {.batch = 1, .heads = 1, .queries = 1, .keys = 1, .head_dim = 1}));
  all.push_back(bad_inputs());
  all.push_back(bad_option("key mask", {.key_mask = true}, {.shape = {2, 7}},
                           "attention: key_mask is float32 [2, 7], expected bool [2, 7]"));
  all.push_back(bad_option("prefix", {.prefix = true}, {.shape = {2}, .kind = Input::Kind::indices},
                           "attention: prefix was given without causal"));
  all.push_back(bad_option("bias", {.bias = {2, 3, 5, 8}}, {.shape = {2, 3, 5, 8}}, "attention"));
  all.push_back(bad_option("head mask", {.head_mask = true}, {.shape = {4}},
                           "attention: head_mask has shape [4], expected [3]"));
  all.push_back(benchmark("char GPT", {12, 4, 64, 64, 32, true}));
  all.push_back(benchmark("GPT-2", {4, 12, 256, 256, 64, true}));
  all.push_back(benchmark("BERT", {8, 12, 128, 128, 64}));
  all.push_back(benchmark("long", {1, 12, 8192, 8192, 64, true}));
  return all;
}

const RegisterOp registered(cases());

}  // namespace
}  // namespace attune::testing
