#include "attune/nn/parameters.h"

#include <algorithm>

namespace attune::nn {

Tensor Parameters::add(std::string name, const Shape& shape, Initializer initializer, bool trained) {
  for (const Parameter& parameter : parameters_)
    check(parameter.name != name, "parameter {} is named twice", name);
  parameters_.push_back({std::move(name), Tensor::declare(shape), initializer, trained});
  return parameters_.back().tensor;
}

const Parameter& Parameters::at(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const Parameter& parameter) { return parameter.name == name; });
  check(found != parameters_.end(), "there is no parameter {} among the {} of the model", name,
        parameters_.size());
  return *found;
}

std::int64_t Parameters::count() const {
  std::int64_t count = 0;
  for (const Parameter& parameter : parameters_) count += parameter.trained ? parameter.tensor.elements() : 0;
  return count;
}

void Parameters::initialize(Generator& generator) const {
  for (const auto& [name, tensor, initializer, trained] : parameters_) {
    switch (initializer.kind) {
      case Initializer::Kind::zeros:
        tensor.bind(Tensor::zeros(tensor.shape()));
        break;
      case Initializer::Kind::ones:
        tensor.bind(Tensor::full(tensor.shape(), 1));
        break;
      case Initializer::Kind::normal:
        tensor.bind(random_normal(tensor.shape(), 0, initializer.scale, generator));
        break;
      case Initializer::Kind::uniform:
        tensor.bind(random_uniform(tensor.shape(), -initializer.scale, initializer.scale, generator));
        break;
    }
  }
}

std::string Scope::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

Scope Scope::operator/(std::string_view name) const { return Scope(*parameters_, path_of(name)); }

Tensor Scope::parameter(std::string_view name, const Shape& shape, Initializer initializer) const {
  return parameters_->add(path_of(name), shape, initializer);
}

Tensor Scope::buffer(std::string_view name, const Shape& shape, Initializer initializer) const {
  return parameters_->add(path_of(name), shape, initializer, /*trained=*/false);
}

}  // namespace attune::nn
