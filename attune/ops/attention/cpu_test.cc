// The kernels against plain loops in double precision: output, logarithms, weights and every gradient.
#include "attune/ops/attention/cpu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attune/backend/cpu/threads.h"
#include "attune/ops/attention/cpu_backward_plan.h"
#include "attune/tensor/random.h"

namespace attune::cpu {
namespace {

using std::int64_t;

struct Problem {
  std::string name;
  AttentionShape shape;
  bool causal = false;
  bool key_mask = false;
  bool prefix = false;
  float dropout = 0;
  std::string bias = "";  // the dimensions of (b, h, q, k) that the bias has; empty: none
};

void PrintTo(const Problem& p, std::ostream* out) { *out << p.name; }

// All the inputs of a problem, in double precision but representable in T.
struct Inputs {
  std::vector<double> q, k, v, dout;  // (B, T, H, Dh)
  std::vector<float> bias;
  BiasStrides bias_strides;
  std::unique_ptr<bool[]> key_mask;
  std::vector<int64_t> prefix;
  AttentionSettings settings;
};

template <typename T>
Inputs make_inputs(const Problem& p) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  Inputs in;
  const AttentionShape& s = p.shape;
  const auto fill = [&](int64_t time) {
    std::vector<double> x(static_cast<std::size_t>(s.batch * time * s.heads * s.head_dim));
    for (double& value : x) value = static_cast<float>(T(normal(random)));
    return x;
  };
  in.q = fill(s.queries), in.k = fill(s.keys), in.v = fill(s.keys), in.dout = fill(s.queries);
  in.settings.scale = 1.2f / std::sqrt(static_cast<float>(s.head_dim));
  in.settings.causal = p.causal;
  if (p.key_mask) {
    in.key_mask = std::make_unique<bool[]>(static_cast<std::size_t>(s.batch * s.keys));
    for (int64_t i = 0; i < s.batch * s.keys; ++i) {
      const bool last_sequence = i / s.keys == s.batch - 1;  // all padding but its last key, which is odd
      in.key_mask[static_cast<std::size_t>(i)] = last_sequence ? i % s.keys == s.keys - 1 : i % 5 != 0;
    }
    in.settings.key_mask = in.key_mask.get();
  }
  if (p.prefix) {
    for (int64_t b = 0; b < s.batch; ++b) in.prefix.push_back(b % 2 == 0 ? s.keys / 2 + 1 : 0);
    in.settings.prefix = in.prefix.data();
  }
  if (!p.bias.empty()) {
    const auto has = [&](char dimension) { return p.bias.find(dimension) != std::string::npos; };
    int64_t size = 1;
    const auto stride = [&](char dimension, int64_t extent) {
      if (!has(dimension)) return int64_t{0};
      const int64_t result = size;
      size *= extent;
      return result;
    };
    in.bias_strides.key = stride('k', s.keys);
    in.bias_strides.query = stride('q', s.queries);
    in.bias_strides.head = stride('h', s.heads);
    in.bias_strides.batch = stride('b', s.batch);
    for (int64_t i = 0; i < size; ++i) in.bias.push_back(normal(random));
    in.settings.bias = in.bias.data();
    in.settings.bias_strides = in.bias_strides;
  }
  in.settings.dropout = p.dropout;
  in.settings.seed = 0x1234567890abcdefu;
  in.settings.stream = 0xfedcba0987654321u;
  return in;
}

struct Outputs {
  std::vector<double> out, dq, dk, dv;  // (B, T, H, Dh)
  std::vector<double> weights;          // (B, H, Tq, Tk)
  std::vector<double> lse;              // (B, H, Tq)
  std::vector<double> dbias;
};

// What dropout multiplies a weight with, as cpu_dropout.h documents it.
double expected_factor(const AttentionSettings& settings, const AttentionShape& s, int64_t row, int64_t key) {
  if (settings.dropout == 0) return 1;
  const int64_t index = row * ((s.keys + 7) / 8) + key / 8;
  const RandomWords words = random_words(settings.seed, settings.stream, static_cast<std::uint64_t>(index));
  const std::uint32_t half = words.word[key % 8 / 2] >> (16 * (key % 2)) & 0xffff;
  const double dropped = std::round(settings.dropout * 65536);
  return half < dropped ? 0 : 65536 / (65536 - dropped);
}

bool sees(const Inputs& in, const AttentionShape& s, int64_t b, int64_t i, int64_t j) {
  if (in.settings.key_mask != nullptr && !in.settings.key_mask[b * s.keys + j]) return false;
  if (!in.settings.causal) return true;
  return j <= i + s.keys - s.queries || (!in.prefix.empty() && j < in.prefix[static_cast<std::size_t>(b)]);
}

// The definition, one row of weights at a time.
Outputs reference(const Problem& p, const Inputs& in) {
  const AttentionShape& s = p.shape;
  const auto size = [](int64_t n) { return static_cast<std::size_t>(n); };
  Outputs r;
  r.out.resize(in.q.size()), r.dq.resize(in.q.size()), r.dk.resize(in.k.size()), r.dv.resize(in.v.size());
  r.lse.resize(size(s.batch * s.heads * s.queries));
  r.weights.resize(r.lse.size() * size(s.keys));
  r.dbias.resize(in.bias.size());
  for (int64_t row = 0; row < s.batch * s.heads * s.queries; ++row) {
    const int64_t i = row % s.queries, h = row / s.queries % s.heads, b = row / s.queries / s.heads;
    const auto at = [&](int64_t time, int64_t t) {
      return size(((b * time + t) * s.heads + h) * s.head_dim);
    };
    const BiasStrides& bs = in.bias_strides;
    const auto bias_at = [&](int64_t j) {
      return size(b * bs.batch + h * bs.head + i * bs.query + j * bs.key);
    };
    std::vector<double> scores(size(s.keys), -INFINITY);
    double highest = -INFINITY;
    for (int64_t j = 0; j < s.keys; ++j) {
      if (!sees(in, s, b, i, j)) continue;
      double dot = 0;
      for (int64_t c = 0; c < s.head_dim; ++c) {
        dot += in.q[at(s.queries, i) + size(c)] * in.k[at(s.keys, j) + size(c)];
      }
      scores[size(j)] = in.settings.scale * dot + (in.bias.empty() ? 0 : in.bias[bias_at(j)]);
      highest = std::max(highest, scores[size(j)]);
    }
    double total = 0;
    for (double score : scores) total += highest == -INFINITY ? 0 : std::exp(score - highest);
    r.lse[size(row)] = total == 0 ? INFINITY : highest + std::log(total);
    double* weights = &r.weights[size(row * s.keys)];
    std::vector<double> dweights(size(s.keys));
    double row_sum = 0;
    for (int64_t j = 0; j < s.keys; ++j) {
      weights[j] = total == 0 ? 0 : std::exp(scores[size(j)] - r.lse[size(row)]);
      const double factor = expected_factor(in.settings, s, row, j);
      for (int64_t c = 0; c < s.head_dim; ++c) {
        const double dout = in.dout[at(s.queries, i) + size(c)], v = in.v[at(s.keys, j) + size(c)];
        r.out[at(s.queries, i) + size(c)] += weights[j] * factor * v;
        r.dv[at(s.keys, j) + size(c)] += weights[j] * factor * dout;
        dweights[size(j)] += factor * dout * v;
      }
      row_sum += weights[j] * dweights[size(j)];
    }
    for (int64_t j = 0; j < s.keys; ++j) {
      const double dscore = weights[j] * (dweights[size(j)] - row_sum);
      if (!in.bias.empty()) r.dbias[bias_at(j)] += dscore;
      for (int64_t c = 0; c < s.head_dim; ++c) {
        r.dq[at(s.queries, i) + size(c)] += in.settings.scale * dscore * in.k[at(s.keys, j) + size(c)];
        r.dk[at(s.keys, j) + size(c)] += in.settings.scale * dscore * in.q[at(s.queries, i) + size(c)];
      }
    }
  }
  return r;
}

// Three tensors (B, T, H, Dh) side by side, as one projection of 3 H Dh gives them, with a margin around, so
// that writing outside shows.
template <typename T>
struct Fused {
  Fused(const AttentionShape& s, int64_t time) : heads(s.heads), head_dim(s.head_dim), time(time) {
    values.assign(static_cast<std::size_t>(s.batch * time * row() + 8), T(kMargin));
  }
  int64_t row() const { return 3 * heads * head_dim + 5; }
  template <typename U = T>
  HeadsView<U> part(int64_t n) {
    return {values.data() + 3 + n * heads * head_dim, time * row(), row(), head_dim};
  }
  void set(int64_t n, const std::vector<double>& from) {
    for_each(n, from.size(), [&](std::size_t i, T& value) { value = T(static_cast<float>(from[i])); });
  }
  std::vector<double> get(int64_t n, std::size_t size) {
    std::vector<double> result(size);
    for_each(n, size, [&](std::size_t i, T& value) { result[i] = static_cast<float>(value); });
    return result;
  }
  // Whether the three columns beyond each row still hold the margin.
  bool margin_untouched() {
    for (std::size_t r = 3 + static_cast<std::size_t>(3 * heads * head_dim); r < values.size();
         r += static_cast<std::size_t>(row())) {
      if (static_cast<float>(values[r]) != kMargin) return false;
    }
    return static_cast<float>(values[2]) == kMargin;
  }

  static constexpr float kMargin = 384;  // representable in bfloat16
  int64_t heads, head_dim, time;
  std::vector<T> values;

 private:
  template <typename F>
  void for_each(int64_t n, std::size_t size, F f) {
    const HeadsView<T> view = part(n);
    for (std::size_t i = 0; i < size; ++i) {
      const auto index = static_cast<int64_t>(i);
      const int64_t c = index % head_dim, h = index / head_dim % heads, t = index / head_dim / heads % time;
      f(i, view.row(index / head_dim / heads / time, t, h)[c]);
    }
  }
};

template <typename T>
Outputs computed(const Problem& p, const Inputs& in) {
  const AttentionShape& s = p.shape;
  Fused<T> query_side(s, s.queries), key_side(s, s.keys), dquery_side(s, s.queries), dkey_side(s, s.keys);
  query_side.set(0, in.q);
  query_side.set(2, in.dout);
  key_side.set(1, in.k);
  key_side.set(2, in.v);
  const auto q = query_side.template part<const T>(0), dout = query_side.template part<const T>(2);
  const auto k = key_side.template part<const T>(1), v = key_side.template part<const T>(2);
  std::vector<float> lse(static_cast<std::size_t>(s.batch * s.heads * s.queries));
  std::vector<float> weights(lse.size() * static_cast<std::size_t>(s.keys)), dbias(in.bias.size());
  attention(AttentionForward<T>{.shape = s,
                                .settings = in.settings,
                                .q = q,
                                .k = k,
                                .v = v,
                                .out = query_side.part(1),
                                .lse = lse.data()});
  attention(AttentionBackward<T>{.shape = s,
                                 .settings = in.settings,
                                 .q = q,
                                 .k = k,
                                 .v = v,
                                 .out = query_side.template part<const T>(1),
                                 .lse = lse.data(),
                                 .dout = dout,
                                 .dq = dquery_side.part(0),
                                 .dk = dkey_side.part(1),
                                 .dv = dkey_side.part(2),
                                 .dbias = in.bias.empty() ? nullptr : dbias.data(),
                                 .dbias_strides = in.bias_strides});
  attention(
      AttentionWeights<T>{.shape = s, .settings = in.settings, .q = q, .k = k, .weights = weights.data()});
  EXPECT_TRUE(query_side.margin_untouched() && dquery_side.margin_untouched() &&
              dkey_side.margin_untouched());
  return {.out = query_side.get(1, in.q.size()),
          .dq = dquery_side.get(0, in.q.size()),
          .dk = dkey_side.get(1, in.k.size()),
          .dv = dkey_side.get(2, in.v.size()),
          .weights = {weights.begin(), weights.end()},
          .lse = {lse.begin(), lse.end()},
          .dbias = {dbias.begin(), dbias.end()}};
}

// Every value within tolerance times (1 + the largest expected value's magnitude).
void expect_near(const char* what, const std::vector<double>& got, const std::vector<double>& expected,
                 double tolerance) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  double largest = 0;
  for (double e : expected) largest = std::isfinite(e) ? std::max(largest, std::abs(e)) : largest;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i] == expected[i]) continue;  // infinities too
    ASSERT_NEAR(got[i], expected[i], tolerance * (1 + largest)) << what << " at " << i;
  }
}

template <typename T>
void compare(const Problem& p, double forward_tolerance, double backward_tolerance) {
  const Inputs in = make_inputs<T>(p);
  const Outputs expected = reference(p, in), got = computed<T>(p, in);
  expect_near("out", got.out, expected.out, forward_tolerance);
  expect_near("lse", got.lse, expected.lse, 1e-6);
  expect_near("weights", got.weights, expected.weights, 2e-6);
  expect_near("dq", got.dq, expected.dq, backward_tolerance);
  expect_near("dk", got.dk, expected.dk, backward_tolerance);
  expect_near("dv", got.dv, expected.dv, backward_tolerance);
  // A broadcast gradient is a sum of many terms.
  expect_near("dbias", got.dbias, expected.dbias, 4 * backward_tolerance);
}

class AttentionKernel : public ::testing::TestWithParam<Problem> {};

TEST_P(AttentionKernel, Float32IsTheDefinition) { compare<float>(GetParam(), 1e-6, 1e-5); }
// Inputs are exact; what is rounded to 8 bits is the output, which the backward pass reads, and the
// gradients.
TEST_P(AttentionKernel, Bfloat16IsTheDefinition) { compare<bfloat16>(GetParam(), 4e-3, 1e-2); }

std::vector<Problem> problems() {
  std::vector<Problem> all;
  const AttentionShape odd{2, 3, 37, 37, 20}, tall{1, 2, 150, 150, 32}, cross{2, 2, 21, 70, 12};
  const AttentionShape few{2, 3, 3, 300, 24}, longer_queries{1, 2, 90, 33, 16}, tiny{1, 1, 1, 1, 1};
  const AttentionShape several_tiles{1, 2, 200, 333, 40};
  const auto with = [&](const char* name, const AttentionShape& shape) {
    all.push_back({.name = name, .shape = shape});
    all.push_back({.name = std::string(name) + "_causal", .shape = shape, .causal = true});
    all.push_back({.name = std::string(name) + "_padding", .shape = shape, .key_mask = true});
    all.push_back({.name = std::string(name) + "_prefix", .shape = shape, .causal = true, .prefix = true});
    all.push_back({.name = std::string(name) + "_everything",
                   .shape = shape,
                   .causal = true,
                   .key_mask = true,
                   .prefix = true,
                   .dropout = 0.3f,
                   .bias = "bhqk"});
  };
  with("odd", odd);
  with("tall", tall);
  with("cross", cross);
  with("few", few);
  with("longer_queries", longer_queries);
  with("tiny", tiny);
  with("several_tiles", several_tiles);
  for (const char* bias : {"bhqk", "hqk", "qk", "bk", "k", "q", "bhq", "h", "bqk"}) {
    all.push_back({.name = std::string("bias_") + bias, .shape = {3, 2, 37, 45, 20}, .bias = bias});
  }
  all.push_back({.name = "bias_few_queries", .shape = few, .bias = "hqk"});
  all.push_back({.name = "bias_in_slices", .shape = {1, 1, 70, 1100, 8}, .causal = true, .bias = "qk"});
  all.push_back({.name = "bias_too_large_for_copies", .shape = {1, 2, 260, 1100, 4}, .bias = "qk"});
  all.push_back({.name = "dropout", .shape = odd, .dropout = 0.1f});
  all.push_back({.name = "dropout_causal", .shape = several_tiles, .causal = true, .dropout = 0.5f});
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, AttentionKernel, ::testing::ValuesIn(problems()),
                         [](const auto& info) { return info.param.name; });

TEST(AttentionKernelDetails, ResultsDoNotDependOnThreads) {
  const Problem p{.name = "", .shape = {1, 2, 300, 1200, 16}, .causal = true, .dropout = 0.1f, .bias = "k"};
  const Inputs in = make_inputs<float>(p);
  const int before = num_threads();
  set_num_threads(1);
  const Outputs one = computed<float>(p, in);
  set_num_threads(3);
  const Outputs three = computed<float>(p, in);
  set_num_threads(before);
  EXPECT_EQ(one.out, three.out);
  EXPECT_EQ(one.dq, three.dq);
  EXPECT_EQ(one.dk, three.dk);
  EXPECT_EQ(one.dv, three.dv);
  EXPECT_EQ(one.dbias, three.dbias);
}

TEST(AttentionKernelDetails, BiasOfMinusInfinityMasks) {
  Problem p{.name = "", .shape = {1, 1, 9, 20, 8}, .bias = "k"};
  Inputs in = make_inputs<float>(p);
  for (std::size_t j = 0; j < 20; j += 2) in.bias[j] = -std::numeric_limits<float>::infinity();
  const Outputs got = computed<float>(p, in);
  for (std::size_t i = 0; i < 9; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 20; ++j) {
      if (j % 2 == 0) {
        EXPECT_EQ(got.weights[i * 20 + j], 0);
      }
      sum += got.weights[i * 20 + j];
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  }
  for (std::size_t i = 0; i < got.dk.size(); ++i) EXPECT_TRUE(std::isfinite(got.dk[i]));
}

TEST(AttentionKernelDetails, NanInOneSequenceStaysThere) {
  const Problem p{.name = "", .shape = {2, 1, 40, 40, 8}, .causal = true};
  Inputs in = make_inputs<float>(p);
  in.q[5 * 8] = std::nan("");
  const Outputs got = computed<float>(p, in);
  EXPECT_TRUE(std::isnan(got.out[5 * 8]));
  for (std::size_t i = 0; i < got.out.size(); ++i) {
    if (i / 8 != 5) {
      EXPECT_TRUE(std::isfinite(got.out[i])) << i;
    }
  }
}

TEST(AttentionKernelDetails, LargeScoresDoNotOverflow) {
  const Problem p{.name = "", .shape = {1, 1, 5, 70, 8}};
  Inputs in = make_inputs<float>(p);
  for (double& value : in.q) value *= 1e4;
  const Outputs got = computed<float>(p, in);
  for (std::size_t i = 0; i < 5; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 70; ++j) sum += got.weights[i * 70 + j];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

// Every head of every sequence belongs to exactly one piece.
TEST(BackwardPlan, CoversEveryHeadOnce) {
  for (const BiasStrides& strides : {BiasStrides{}, BiasStrides{1, 0, 0, 0}, BiasStrides{0, 1, 0, 0},
                                     BiasStrides{1, 1, 1, 1}, BiasStrides{0, 0, 5, 1}}) {
    const AttentionShape shape{.batch = 3, .heads = 5, .queries = 4, .keys = 2000, .head_dim = 8};
    const BackwardPlan plan(shape, true, strides, 128);
    std::vector<std::int64_t> seen(15);
    for (int64_t index = 0; index < plan.pieces(); ++index) {
      for (int64_t n = 0; n < plan.heads_of_chunk(); ++n) {
        const auto p = plan.piece(index, n);
        if (p.exists && p.slice == 0) ++seen[static_cast<std::size_t>(p.b * 5 + p.h)];
      }
    }
    EXPECT_EQ(seen, std::vector<std::int64_t>(15, 1));
  }
}

}  // namespace
}  // namespace attune::cpu
