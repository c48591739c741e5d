// Weights prepared for inference, where enough is read with them.
#pragma once

#include <cstdint>

namespace attune::tasks {

// Packs a model's weights when that pays for the first time.
class Packing {
 public:
  // `tokens` more are about to be read. Model has pack().
  template <typename Model>
  void expect(Model& model, std::int64_t tokens) {
    expected_ += tokens;
    if (packed_ || expected_ < worth_packing) return;
    model.pack();
    packed_ = true;
  }

 private:
  // Packing reads and writes every weight; what it saves is 15% of the products.
  static constexpr std::int64_t worth_packing = 4096;

  std::int64_t expected_ = 0;
  bool packed_ = false;
};

}  // namespace attune::tasks
