#include "attune/train/arena.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/elementwise.h"
#include "attune/backend/cpu/optimizer.h"
#include "attune/tensor/allocator.h"

namespace attune::train {
namespace {

constexpr std::int64_t alignment = 64 / sizeof(float);  // elements

std::int64_t aligned(std::int64_t count) { return (count + alignment - 1) / alignment * alignment; }

// As torch and GPT-3 (2005.14165, appendix B) have it: biases and norms are not pulled towards zero.
bool is_decayed(const Segment& segment) { return segment.parameter.rank() >= 2; }

// In the order of their first segments.
std::vector<double> distinct_factors(const std::vector<Segment>& segments) {
  std::vector<double> factors;
  for (const Segment& segment : segments) {
    if (std::ranges::find(factors, segment.learning_rate_factor) == factors.end())
      factors.push_back(segment.learning_rate_factor);
  }
  return factors;
}

bool all_finite(const float* values, std::int64_t count) {
  constexpr std::uint32_t exponent = 0x7f800000;  // all ones: infinite or NaN
  std::uint32_t found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(values[i]) & exponent) == exponent);
  }
  return found == 0;
}

}  // namespace

Arena::Arena(const nn::Parameters& parameters, const ArenaOptions& options) {
  lay_out(parameters, options);
  gradients_ = make_flat();
  if (options.bfloat16_copies) {
    copies_ = Tensor::zeros({size_}, DType::bfloat16);
    refresh_copies();
  }
  attach(options);
}

Arena::~Arena() {
  for (const Segment& segment : segments_) {
    if (const auto& meta = segment.parameter.autograd()) meta->on_gradient_ready = nullptr;
  }
}

void Arena::lay_out(const nn::Parameters& parameters, const ArenaOptions& options) {
  for (const nn::Parameter& parameter : parameters.all()) {
    const Tensor& tensor = parameter.tensor;
    if (!parameter.trained || (options.trainable && !options.trainable(parameter))) {
      tensor.set_autograd(nullptr);  // of an earlier arena
      continue;
    }
    check(tensor.has_storage(), "parameter {} cannot be trained: it has no values yet", parameter.name);
    check(tensor.dtype() == DType::float32, "parameter {} cannot be trained: it holds {}, expected float32",
          parameter.name, name_of(tensor.dtype()));
    const double factor = options.learning_rate_factor ? options.learning_rate_factor(parameter) : 1;
    segments_.push_back({parameter.name, tensor, 0, factor});
  }
  check(!segments_.empty(), "there is nothing to train: no parameter is trainable");
  const std::vector<double> factors = distinct_factors(segments_);
  for (const bool decayed : {true, false}) {
    for (const double factor : factors) {
      const std::int64_t begin = size_;
      for (Segment& segment : segments_) {
        if (is_decayed(segment) != decayed || segment.learning_rate_factor != factor) continue;
        segment.begin = size_;
        size_ += aligned(segment.parameter.elements());
      }
      if (size_ > begin) ranges_.push_back({begin, size_, decayed, factor});
    }
  }

  parameters_ = make_flat();
  for (const Segment& segment : segments_) {
    const Tensor place = window(parameters_, segment);
    place.copy_from(segment.parameter);
    segment.parameter.bind(place);
  }
  // The parameters' first memory is of no use any more, and of sizes that nothing else will ask for.
  CachingAllocator::of(parameters_.device()).trim();
}

void Arena::attach(const ArenaOptions& options) {
  for (const Segment& segment : segments_) {
    segment.parameter.set_autograd(nullptr);  // of an earlier arena
    require_gradient(segment.parameter);
    AutogradMeta& meta = *segment.parameter.autograd();
    meta.gradient = window(gradients_, segment);
    if (copies_.defined()) meta.compute_copy = window(copies_, segment);
    if (options.on_gradient_ready) {
      meta.on_gradient_ready = [&segment, ready = options.on_gradient_ready] { ready(segment); };
    }
  }
}

Tensor Arena::make_flat() const { return Tensor::zeros({size_}); }

Tensor Arena::window(const Tensor& flat, const Segment& segment) const {
  const Shape& shape = segment.parameter.shape();
  return flat.alias(shape, contiguous_strides(shape), segment.begin);
}

double Arena::finish_gradients() {
  for (const Segment& segment : segments_) {
    AutogradMeta& meta = *segment.parameter.autograd();
    if (meta.has_gradient) continue;
    std::fill_n(meta.gradient.mutable_data<float>(), meta.gradient.elements(), 0.0f);
    meta.has_gradient = true;
  }
  return std::sqrt(cpu::sum_of_squares(gradients_.data<float>(), size_));
}

void Arena::clear_gradients() {
  for (const Segment& segment : segments_) clear_gradient(segment.parameter);
}

void Arena::refresh_copies() {
  if (copies_.defined()) cpu::convert(parameters_.data<float>(), copies_.mutable_data<bfloat16>(), size_);
}

const Segment* Arena::first_not_finite(const Tensor& flat) const {
  for (const Segment& segment : segments_) {
    if (!all_finite(flat.data<float>() + segment.begin, segment.parameter.elements())) return &segment;
  }
  return nullptr;
}

double clip_scale(double norm, double max_norm) {
  return max_norm > 0 ? std::min(1.0, max_norm / (norm + 1e-6)) : 1;
}

}  // namespace attune::train
