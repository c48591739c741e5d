// Multi-head ProbSparse attention (Zhou et al., "Informer", 2012.07436, section 3.1).
#pragma once

#include <functional>
#include <vector>

#include "attune/nn/context.h"
#include "attune/nn/linear.h"
#include "attune/ops/prob_sparse_attention/prob_sparse_attention.h"

namespace attune::nn {

// Shapes: B sequences, T positions that ask, S positions that are asked, D width, H heads, Dh = D / H.
//
// Of the T queries of a head, u = factor ceil(ln T) attend, chosen by trying each at U = factor ceil(ln S)
// keys drawn at random. In training they are drawn from the context's generator, which gives one counter
// value for each pass; otherwise, or without a generator, from a fixed seed, so that inference is a function
// of its inputs.
class ProbSparseAttention {
 public:
  struct Options {
    std::int64_t width, heads;
    std::int64_t factor;
    bool causal = false;  // position i is asked by positions i and later; T = S
  };

  // `input` and `output` initialise the projections.
  ProbSparseAttention(const Scope& scope, const Options& options, Initializer input, Initializer output);

  // x (B, T, D) looks at itself, or at memory (B, S, D): (B, T, D).
  Tensor operator()(const Tensor& x, const Context& context) const;
  Tensor operator()(const Tensor& x, const Tensor& memory, const Context& context) const;

  // Replaces the drawing: which keys, (queries, count) int64 in [0, keys), the queries are tried at.
  using Sampler = std::function<Tensor(std::int64_t queries, std::int64_t keys, std::int64_t count)>;
  void set_sampler(Sampler sampler) { sampler_ = std::move(sampler); }

  Linear query;      // D -> H Dh
  Linear key_value;  // D -> 2 H Dh
  Linear output;     // H Dh -> D

 private:
  // Adds its weights to `seen`, where somebody looks.
  Tensor attend(const Tensor& x, const Tensor& memory, const Context& context,
                std::vector<Tensor>* seen) const;
  Tensor sample(std::int64_t queries, std::int64_t keys, const Context& context) const;

  std::int64_t heads_, factor_;
  bool causal_;
  Sampler sampler_;  // empty: random
};

}  // namespace attune::nn
