// The kernels of activation functions on the CPU.
#pragma once

#include "attune/backend/cpu/activation.h"
#include "attune/ops/activation/activation.h"

namespace attune::ops {

// The backend's name for it.
cpu::Activation kernel_of(ActivationKind kind);

}  // namespace attune::ops
