#include "attune/autograd/tape.h"

#include <algorithm>
#include <unordered_set>

#include "attune/autograd/accumulate.h"

namespace attune {
namespace {

thread_local bool grad_enabled = true;
thread_local std::uint64_t next_sequence = 1;

bool takes_part(const Tensor& tensor) { return tensor.defined() && tensor.autograd() != nullptr; }

void expect_gradient_of(const AutogradMeta& meta, const Tensor& gradient, std::string_view operation) {
  check(gradient.shape() == meta.shape && gradient.dtype() == meta.dtype,
        "{}: its gradient has {} {}, expected {} {}", operation, name_of(gradient.dtype()), gradient.shape(),
        name_of(meta.dtype), meta.shape);
}

// The records that `root` depends on, latest first, with every leaf's number of contributions counted.
std::vector<std::shared_ptr<Node>> collect(const std::shared_ptr<Node>& root) {
  std::vector<std::shared_ptr<Node>> order{root};
  std::unordered_set<const Node*> seen{root.get()};
  for (std::size_t at = 0; at < order.size(); ++at) {
    check(order[at]->backward != nullptr,
          "backward: the graph through {} was already walked and released; compute the loss again",
          order[at]->operation);
    for (const auto& input : order[at]->inputs) {
      if (input == nullptr) continue;
      if (input->is_leaf()) {
        input->pending = 0;  // an earlier pass may have ended in an error
      } else if (seen.insert(input->node.get()).second) {
        order.push_back(input->node);
      }
    }
  }
  for (const auto& node : order) {
    for (const auto& input : node->inputs) {
      if (input != nullptr && input->is_leaf()) ++input->pending;
    }
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a->sequence > b->sequence; });
  return order;
}

void expect_unchanged(const Node& node) {
  for (const Node::Watched& watched : node.watched) {
    const auto storage = watched.storage.lock();
    check(storage == nullptr || storage->version == watched.version,
          "backward: an input of {} was written to after it was used; the tape needs its old values",
          node.operation);
  }
}

void release(Node& node) {
  node.backward = nullptr;
  node.output_gradients.clear();
  node.watched.clear();
}

void settle_leaves(const Node& node) {
  for (const auto& input : node.inputs) {
    if (input == nullptr || !input->is_leaf()) continue;
    if (--input->pending == 0 && input->has_gradient && input->on_gradient_ready) input->on_gradient_ready();
  }
}

}  // namespace

// A long chain of records (a recurrent network, say) must not be destroyed by recursion: that overflows the
// stack.
Node::~Node() {
  static thread_local std::vector<std::shared_ptr<AutogradMeta>>* queue = nullptr;
  if (queue != nullptr) {
    std::move(inputs.begin(), inputs.end(), std::back_inserter(*queue));
    return;
  }
  std::vector<std::shared_ptr<AutogradMeta>> pending = std::move(inputs);
  queue = &pending;
  while (!pending.empty()) {
    const auto last = std::move(pending.back());
    pending.pop_back();
  }
  queue = nullptr;
}

const Tensor& Backward::gradient(int output) const {
  return node_.output_gradients.at(static_cast<std::size_t>(output)).value;
}

bool Backward::needs(int input) const { return node_.inputs.at(static_cast<std::size_t>(input)) != nullptr; }

void Backward::add(int input, const Tensor& gradient) {
  if (!needs(input)) return;
  AutogradMeta& meta = *node_.inputs[static_cast<std::size_t>(input)];
  expect_gradient_of(meta, gradient, node_.operation);
  if (!meta.is_leaf()) {
    auto& slot = meta.node->output_gradients[static_cast<std::size_t>(meta.output)];
    if (!slot.value.defined()) {
      slot = {gradient, false};
      return;
    }
  }
  const Target to = target(input);
  if (to.accumulate) {
    accumulate(to.memory, gradient);
  } else {
    to.memory.copy_from(gradient);
  }
}

Backward::Target Backward::target(int input) {
  check(needs(input), "{}: the gradient of input {} is not wanted", node_.operation, input);
  AutogradMeta& meta = *node_.inputs[static_cast<std::size_t>(input)];
  if (meta.is_leaf()) {
    const bool accumulate = meta.has_gradient;
    if (!meta.gradient.defined()) meta.gradient = Tensor::empty(meta.shape, meta.dtype);
    meta.has_gradient = true;
    return {meta.gradient, accumulate};
  }
  auto& slot = meta.node->output_gradients[static_cast<std::size_t>(meta.output)];
  if (slot.owned) return {slot.value, true};
  const Tensor borrowed = slot.value;
  slot = {Tensor::empty(meta.shape, meta.dtype), true};
  if (!borrowed.defined()) return {slot.value, false};
  slot.value.copy_from(borrowed);
  return {slot.value, true};
}

void record(std::string_view operation, std::span<const Tensor> inputs, std::span<const Tensor> outputs,
            BackwardFunction backward) {
  if (!grad_enabled || std::none_of(inputs.begin(), inputs.end(), takes_part)) return;
  auto node = std::make_shared<Node>();
  node->operation = operation;
  node->sequence = next_sequence++;
  for (const Tensor& input : inputs) {
    node->inputs.push_back(takes_part(input) ? input.autograd() : nullptr);
    if (input.defined()) node->watched.push_back({input.storage_handle(), input.version()});
  }
  node->backward = std::move(backward);
  node->output_gradients.resize(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    auto meta = std::make_shared<AutogradMeta>();
    meta->shape = outputs[i].shape();
    meta->dtype = outputs[i].dtype();
    meta->node = node;
    meta->output = static_cast<int>(i);
    outputs[i].set_autograd(std::move(meta));
  }
}

Tensor record(std::string_view operation, std::initializer_list<Tensor> inputs, Tensor output,
              BackwardFunction backward) {
  record(operation, std::span(inputs.begin(), inputs.size()), std::span(&output, 1), std::move(backward));
  return output;
}

Tensor record_without_gradient(std::string_view operation, std::initializer_list<Tensor> inputs,
                               Tensor output) {
  return record(operation, inputs, std::move(output), [operation](Backward&) {
    fail("{} has no gradient: use it under NoGrad, or detach() its inputs", operation);
  });
}

bool on_tape(std::initializer_list<Tensor> inputs) {
  return grad_enabled && std::any_of(inputs.begin(), inputs.end(), takes_part);
}

void require_gradient(const Tensor& tensor) {
  check(is_floating(tensor.dtype()), "a tensor of {} has no gradient", name_of(tensor.dtype()));
  if (tensor.autograd() != nullptr) return;
  auto meta = std::make_shared<AutogradMeta>();
  meta->shape = tensor.shape();
  meta->dtype = tensor.dtype();
  tensor.set_autograd(std::move(meta));
}

bool requires_gradient(const Tensor& tensor) { return takes_part(tensor); }

Tensor detach(const Tensor& tensor) { return tensor.alias(tensor.shape(), tensor.strides(), 0); }

Tensor gradient_of(const Tensor& leaf) {
  return takes_part(leaf) && leaf.autograd()->has_gradient ? leaf.autograd()->gradient : Tensor();
}

void clear_gradient(const Tensor& leaf) {
  if (takes_part(leaf)) leaf.autograd()->has_gradient = false;
}

void backward(const Tensor& loss, const Tensor& seed) {
  check(takes_part(loss), "backward: the loss depends on nothing that requires a gradient");
  check(seed.defined() || loss.elements() == 1, "backward: the loss has shape {}, expected one element",
        loss.shape());
  AutogradMeta& meta = *loss.autograd();
  check(!meta.is_leaf(), "backward: the loss is itself a leaf");
  const Tensor start = seed.defined() ? seed : Tensor::full(loss.shape(), 1, loss.dtype());
  expect_gradient_of(meta, start, "backward");

  NoGrad no_grad;
  auto order = collect(meta.node);
  meta.node->output_gradients[static_cast<std::size_t>(meta.output)] = {start, false};
  for (auto& node : order) {
    const bool reached = std::any_of(node->output_gradients.begin(), node->output_gradients.end(),
                                     [](const auto& gradient) { return gradient.value.defined(); });
    if (reached) {
      expect_unchanged(*node);
      Backward context(*node);
      node->backward(context);
    }
    release(*node);
    settle_leaves(*node);
    node.reset();
  }
}

NoGrad::NoGrad() : before_(grad_enabled) { grad_enabled = false; }
NoGrad::~NoGrad() { grad_enabled = before_; }

}  // namespace attune
