// The memory of training: parameters, gradients and the copies that products use, each in one flat piece.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "attune/nn/parameters.h"
#include "attune/tensor/tensor.h"

namespace attune::train {

// A trainable parameter's place in the arena.
struct Segment {
  std::string name;
  Tensor parameter;
  std::int64_t begin = 0;           // of its first element
  double learning_rate_factor = 1;  // of the run's learning rate
};

// Elements that the optimizer treats alike.
struct UpdateRange {
  std::int64_t begin = 0, end = 0;
  bool decayed = false;  // by weight decay
  double learning_rate_factor = 1;
};

struct ArenaOptions {
  // Which parameters are trained; the others are left as they are and take no part in gradients. All but
  // buffers by default.
  std::function<bool(const nn::Parameter&)> trainable = {};
  // What each one's learning rate is multiplied with; 1 by default.
  std::function<double(const nn::Parameter&)> learning_rate_factor = {};
  // Keep a bfloat16 copy of every parameter, for training in bfloat16.
  bool bfloat16_copies = false;
  // Called when the backward pass has finished a parameter's gradient.
  std::function<void(const Segment&)> on_gradient_ready = {};
};

// Lays the trainable parameters out side by side, float32, every one aligned to 64 bytes, and their gradients
// in the same way, so that clipping and the optimizer run over flat memory. Weight matrices come first in
// memory and what is not decayed (biases and norms: fewer than two dimensions) after them, each of both by
// learning rate.
//
// Parameters must have their values; every handle to them then shows the arena's memory. An arena with a hook
// must outlive the last backward pass.
class Arena {
 public:
  explicit Arena(const nn::Parameters& parameters, const ArenaOptions& options = {});
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  const std::vector<Segment>& segments() const { return segments_; }  // in the order of the registry
  std::int64_t size() const { return size_; }                         // elements, padding included
  const std::vector<UpdateRange>& ranges() const { return ranges_; }  // what it consists of, in order

  const Tensor& parameters() const { return parameters_; }  // (size), padding is zero
  const Tensor& gradients() const { return gradients_; }    // (size), padding is zero
  const Tensor& copies() const { return copies_; }          // (size) bfloat16; undefined when not asked for

  // A new flat tensor of zeros with the arena's layout, and the window of a parameter in such a tensor.
  Tensor make_flat() const;
  Tensor window(const Tensor& flat, const Segment& segment) const;

  // Ends the backward passes of a step: the gradient of a parameter that no loss depended on becomes zero.
  // Returns the Euclidean norm of all gradients.
  double finish_gradients();
  // The next backward pass starts from nothing.
  void clear_gradients();

  // Brings the bfloat16 copies up to date after parameters were written by other means than the optimizer.
  void refresh_copies();

  // The first parameter of which `flat` (parameters() or gradients()) holds an infinity or a NaN; null when
  // all are finite.
  const Segment* first_not_finite(const Tensor& flat) const;

 private:
  void lay_out(const nn::Parameters& parameters, const ArenaOptions& options);
  void attach(const ArenaOptions& options);

  std::vector<Segment> segments_;
  std::vector<UpdateRange> ranges_;
  std::int64_t size_ = 0;
  Tensor parameters_, gradients_, copies_;
};

// What to multiply gradients with so that their norm is at most `max_norm` (0: no bound), as
// torch.nn.utils.clip_grad_norm_ does.
double clip_scale(double norm, double max_norm);

}  // namespace attune::train
