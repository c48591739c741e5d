#include "attune/ops/mean/mean.h"

#include "attune/ops/scale/scale.h"
#include "attune/ops/sum/sum.h"

namespace attune::ops {

Tensor mean(const Tensor& x) { return scale(sum(x), 1.0 / static_cast<double>(x.elements())); }

}  // namespace attune::ops
