// The tape: what reverse-mode differentiation needs to know of a computation.
//
// An operation computes its outputs and then calls record() with a function that turns the gradients of its
// outputs into gradients of its inputs. backward() walks the records from the loss to the leaves (the
// parameters) and releases each as soon as it has been used.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune {

struct Node;

// The tape's side of a tensor that takes part in gradients.
struct AutogradMeta {
  Shape shape;
  DType dtype = DType::float32;

  // Of an operation's result: which record made it.
  std::shared_ptr<Node> node;
  int output = 0;

  // Of a leaf: its gradient. `gradient` may be a view of an arena that outlives it; its values mean something
  // only while `has_gradient` is set, so that nothing has to be zeroed between steps.
  Tensor gradient;
  bool has_gradient = false;
  int pending = 0;  // contributions that the backward pass under way still owes
  std::function<void()> on_gradient_ready;

  // Of a float32 leaf trained in bfloat16: the copy that the optimizer keeps up to date.
  Tensor compute_copy;

  bool is_leaf() const { return node == nullptr; }
};

// What an operation's backward function reads and writes.
class Backward {
 public:
  explicit Backward(Node& node) : node_(node) {}

  // The gradient of an output. Undefined (defined() is false) when the loss does not depend on that output.
  const Tensor& gradient(int output = 0) const;

  // Whether input `i` takes part in gradients; nothing has to be computed for one that does not.
  bool needs(int input) const;

  // Adds `gradient` (the input's shape and dtype, any strides) to the gradient of input `i`.
  void add(int input, const Tensor& gradient);

  // The memory of the gradient of input `i`, for kernels that write or accumulate in place. When `accumulate`
  // is false the memory is not initialised and the kernel must write all of it. Contiguous.
  struct Target {
    Tensor memory;
    bool accumulate = false;
  };
  Target target(int input);

 private:
  Node& node_;
};

using BackwardFunction = std::function<void(Backward&)>;

// Puts an operation on the tape if gradients are enabled and one of `inputs` takes part in them. Undefined
// tensors stand for absent optional inputs.
void record(std::string_view operation, std::span<const Tensor> inputs, std::span<const Tensor> outputs,
            BackwardFunction backward);
Tensor record(std::string_view operation, std::initializer_list<Tensor> inputs, Tensor output,
              BackwardFunction backward);

// For an operation that has no gradient: backward() through it throws instead of silently stopping.
Tensor record_without_gradient(std::string_view operation, std::initializer_list<Tensor> inputs,
                               Tensor output);

// Whether record() would put an operation with these inputs on the tape: lets a forward pass skip what only
// the backward pass needs.
bool on_tape(std::initializer_list<Tensor> inputs);

// Makes `tensor` a leaf whose gradient is wanted.
void require_gradient(const Tensor& tensor);
bool requires_gradient(const Tensor& tensor);
// A handle to the same values that takes no part in gradients.
Tensor detach(const Tensor& tensor);

// The accumulated gradient of a leaf; undefined when there is none.
Tensor gradient_of(const Tensor& leaf);
void clear_gradient(const Tensor& leaf);

// Adds d(loss)/d(leaf) to the gradient of every leaf that `loss` depends on. `loss` has one element, or
// `seed` gives the gradient to start from (the shape of `loss`). A graph can be walked once.
void backward(const Tensor& loss, const Tensor& seed = {});

// Gradients are not recorded on this thread while one of these lives.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

// One record. An implementation detail that AutogradMeta points to.
struct Node {
  std::string_view operation;
  std::uint64_t sequence = 0;                         // rises along every path
  std::vector<std::shared_ptr<AutogradMeta>> inputs;  // null: takes no part
  struct Watched {
    std::weak_ptr<Storage> storage;
    std::uint64_t version = 0;
  };
  std::vector<Watched> watched;  // the memory of the inputs: backward() notices when it was changed meanwhile
  struct OutputGradient {
    Tensor value;
    bool owned = false;  // made by the tape for this output alone, so it may be added to in place
  };
  std::vector<OutputGradient> output_gradients;
  BackwardFunction backward;

  Node() = default;
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
};

}  // namespace attune
