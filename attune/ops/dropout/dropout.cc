#include "attune/ops/dropout/dropout.h"

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/dropout.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

struct Mask {
  float probability;
  std::uint64_t seed, stream;
};

// The float64 path: the rule of attune/backend/cpu/dropout.h, element by element.
void drop(const double* x, double* y, std::int64_t n, const Mask& mask) {
  const auto threshold = static_cast<std::uint32_t>(static_cast<double>(mask.probability) * 0x1.0p31);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto counter = static_cast<std::uint64_t>(16 * (i / 64) + i % 16);
    const RandomWords random = random_words(mask.seed, mask.stream, counter);
    y[i] = random.word[i % 64 / 16] >> 1 < threshold ? 0 : x[i] / (1 - static_cast<double>(mask.probability));
  }
}

Tensor dropped(const Tensor& input, const Mask& mask) {
  const Tensor x = contiguous(input);
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  dispatch_floating(x.dtype(), "dropout", [&]<typename T>(T*) {
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    if constexpr (std::is_same_v<T, double>) {
      drop(from, to, x.elements(), mask);
    } else {
      cpu::dropout(from, to, x.elements(), mask.probability, mask.seed, mask.stream);
    }
  });
  return y;
}

}  // namespace

Tensor dropout(const Tensor& x, double probability, Generator& generator) {
  check(probability >= 0 && probability < 1, "dropout: probability is {}, expected at least 0 and below 1",
        probability);
  if (probability == 0) return x;
  const Mask mask{static_cast<float>(probability), generator.seed, generator.next()};
  return record("dropout", {x}, dropped(detach(x), mask),
                [mask](Backward& b) { b.add(0, dropped(b.gradient(), mask)); });
}

}  // namespace attune::ops
