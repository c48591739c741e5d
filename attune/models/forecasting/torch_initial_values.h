// First values as PyTorch's layers have them, which the Time-Series-Library starts from.
#pragma once

#include "attune/nn/parameters.h"

namespace attune::models {

// Of the matrix of a linear layer: uniform within 1 / sqrt(in).
nn::Initializer torch_linear(std::int64_t in);

// Allocates every parameter and draws its first values, as parameters.initialize() does, and then the bias
// beside each matrix ("NAME.bias" and "NAME.weight"): uniform within 1 / sqrt(in), not zero.
void initialize_as_torch(const nn::Parameters& parameters, Generator& generator);

}  // namespace attune::models
