// The registry of a model's parameters.
//
// A block names each of its parameters once, when it is constructed; the path of names is the parameter's
// name. Counting, initialising, loading, saving, moving and freezing all walk this one list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attune/tensor/random.h"
#include "attune/tensor/tensor.h"

namespace attune::nn {

// How a parameter starts out.
struct Initializer {
  enum class Kind { zeros, ones, normal, uniform } kind = Kind::zeros;
  double scale = 0;  // normal: the standard deviation; uniform: the bound

  static Initializer zeros() { return {Kind::zeros, 0}; }
  static Initializer ones() { return {Kind::ones, 0}; }
  static Initializer normal(double deviation) { return {Kind::normal, deviation}; }
  static Initializer uniform(double bound) { return {Kind::uniform, bound}; }
};

struct Parameter {
  std::string name;  // "transformer.h.0.attn.c_attn.weight"
  Tensor tensor;     // without memory until initialised, loaded or bound to an arena
  Initializer initializer;
  bool trained = true;  // false: a buffer, which belongs to the model but is not learned
};

// The parameters of one model, in the order in which its blocks named them.
class Parameters {
 public:
  // Throws when the name is taken.
  Tensor add(std::string name, const Shape& shape, Initializer initializer, bool trained = true);

  const std::vector<Parameter>& all() const { return parameters_; }
  // throws when the name is not known.
  const Parameter& at(std::string_view name) const;
  std::int64_t count() const;  // elements over all parameters that are learned

  // Allocates every parameter (float32) and draws its first values, one generator value each.
  void initialize(Generator& generator) const;

 private:
  std::vector<Parameter> parameters_;
};

// A place in the tree of names: what a block is constructed with.
class Scope {
 public:
  explicit Scope(Parameters& parameters, std::string path = "")
      : parameters_(&parameters), path_(std::move(path)) {}

  Scope operator/(std::string_view name) const;
  Scope operator/(std::int64_t index) const { return *this / std::to_string(index); }

  Tensor parameter(std::string_view name, const Shape& shape, Initializer initializer) const;
  // Saved and loaded like a parameter, but never trained.
  Tensor buffer(std::string_view name, const Shape& shape, Initializer initializer) const;

 private:
  std::string path_of(std::string_view name) const;

  Parameters* parameters_;
  std::string path_;
};

}  // namespace attune::nn
