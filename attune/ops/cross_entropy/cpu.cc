#include "attune/ops/cross_entropy/cpu.h"

#include "attune/ops/cross_entropy/rows.h"

namespace attune::ops {
namespace {

cpu::LossRows loss_rows(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  return {logits.dim(0), logits.dim(1), targets.data<std::int64_t>(), options.ignore_index,
          options.label_smoothing};
}

template <typename T, typename Real>
CrossEntropyState forward(const cpu::LossRows& of, const T* logits, const Tensor& loss) {
  const Tensor losses = Tensor::empty({of.rows}, dtype_of<Real>);  // (N)
  CrossEntropyState state{Tensor::empty({of.rows}, dtype_of<Real>), cpu::count_targets(of)};
  cpu::cross_entropy_rows(of, logits, losses.mutable_data<Real>(), state.log_sum_exp.mutable_data<Real>());
  *loss.mutable_data<Real>() = static_cast<Real>(cpu::mean_loss(losses.data<Real>(), of.rows, state.count));
  return state;
}

template <typename T, typename Real>
void backward(const cpu::LossRows& of, const T* logits, const CrossEntropyState& state, const Tensor& dloss,
              T* dlogits) {
  const Real factor = state.count == 0 ? Real{0} : *dloss.data<Real>() / static_cast<Real>(state.count);
  cpu::cross_entropy_gradient_rows(of, logits, state.log_sum_exp.data<Real>(), factor, dlogits);
}

}  // namespace

CrossEntropyState cross_entropy_forward(const Tensor& logits, const Tensor& targets,
                                        const CrossEntropyOptions& options, const Tensor& loss) {
  const cpu::LossRows of = loss_rows(logits, targets, options);
  switch (logits.dtype()) {
    case DType::float64:
      return forward<double, double>(of, logits.data<double>(), loss);
    case DType::bfloat16:
      return forward<bfloat16, float>(of, logits.data<bfloat16>(), loss);
    default:
      return forward<float, float>(of, logits.data<float>(), loss);
  }
}

void cross_entropy_backward(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options,
                            const CrossEntropyState& state, const Tensor& dloss, const Tensor& dlogits) {
  const cpu::LossRows of = loss_rows(logits, targets, options);
  switch (logits.dtype()) {
    case DType::float64:
      return backward<double, double>(of, logits.data<double>(), state, dloss,
                                      dlogits.mutable_data<double>());
    case DType::bfloat16:
      return backward<bfloat16, float>(of, logits.data<bfloat16>(), state, dloss,
                                       dlogits.mutable_data<bfloat16>());
    default:
      return backward<float, float>(of, logits.data<float>(), state, dloss, dlogits.mutable_data<float>());
  }
}

}  // namespace attune::ops
