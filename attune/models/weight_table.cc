#include "attune/models/weight_table.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "attune/io/safetensors.h"

namespace attune::models {
namespace {

using Layout = WeightRule::Layout;

// The text that "{}" stands for when `name` fits `pattern`, or nothing. A pattern without "{}" gives "".
std::optional<std::string> match(std::string_view pattern, std::string_view name) {
  const auto hole = pattern.find("{}");
  if (hole == std::string_view::npos) return pattern == name ? std::optional<std::string>("") : std::nullopt;
  const std::string_view head = pattern.substr(0, hole), tail = pattern.substr(hole + 2);
  if (name.size() <= head.size() + tail.size() || !name.starts_with(head) || !name.ends_with(tail))
    return std::nullopt;
  const std::string_view number = name.substr(head.size(), name.size() - head.size() - tail.size());
  if (!std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return std::string(number);
}

std::string fill(std::string pattern, std::string_view number) {
  const auto hole = pattern.find("{}");
  return hole == std::string::npos ? pattern : pattern.replace(hole, 2, number);
}

struct Named {
  const WeightRule* rule;
  std::string checkpoint;  // without prefix
};

Named checkpoint_name(const WeightTable& table, const std::string& ours) {
  for (const WeightRule& rule : table.rules) {
    if (const auto number = match(rule.ours, ours)) return {&rule, fill(rule.checkpoint, *number)};
  }
  fail("the weight table has no rule for parameter {}", ours);
}

const io::TensorView* find_prefixed(const io::Safetensors& file, const WeightTable& table,
                                    const Named& named) {
  if (!named.rule->prefixed) return file.find(named.checkpoint);
  for (const std::string& prefix : table.prefixes) {
    if (const auto* view = file.find(prefix + named.checkpoint)) return view;
  }
  return nullptr;
}

bool is_ignored(const WeightTable& table, const std::string& name) {
  for (const std::string& pattern : table.ignored) {
    if (match(pattern, name)) return true;
    for (const std::string& prefix : table.prefixes) {
      if (name.starts_with(prefix) && match(pattern, name.substr(prefix.size()))) return true;
    }
  }
  return false;
}

Shape swapped(const Shape& shape) { return {shape[1], shape[0]}; }

DType wanted_dtype(const Tensor& parameter, const LoadOptions& options) {
  return options.type == LoadedType::bfloat16 && parameter.rank() >= 2 ? DType::bfloat16 : DType::float32;
}

bool aligned(const io::TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.bytes.data()) % io::size_of(view.type) == 0;
}

// The tensor of the file in the wanted type: a window on the mapped file when it is stored so.
Tensor read_tensor(const io::TensorView& view, DType wanted) {
  const Shape shape{std::span<const std::int64_t>(view.shape)};
  if (view.type == io::stored_type_of(wanted) && aligned(view)) {
    return Tensor::wrap(view.bytes.data(), shape, wanted, std::const_pointer_cast<io::MappedFile>(view.file));
  }
  Tensor tensor = Tensor::empty(shape, wanted);
  const auto count = static_cast<std::size_t>(tensor.elements());
  if (wanted == DType::bfloat16) {
    io::read_elements<bfloat16>(view, {tensor.mutable_data<bfloat16>(), count});
  } else {
    io::read_elements<float>(view, {tensor.mutable_data<float>(), count});
  }
  return tensor;
}

// Collects what does not fit, so that the user sees all of it at once.
struct Problems {
  std::vector<std::string> lines;

  void raise(const std::filesystem::path& checkpoint) const {
    if (lines.empty()) return;
    constexpr std::size_t shown = 40;
    std::string text = fmt::format("{} does not fit the model:", checkpoint.string());
    for (std::size_t i = 0; i < std::min(shown, lines.size()); ++i) text += "\n  " + lines[i];
    if (lines.size() > shown) text += fmt::format("\n  and {} more", lines.size() - shown);
    throw Error(text);
  }
};

struct Match {
  const nn::Parameter* parameter;
  const io::TensorView* view;
  Layout layout;
};

std::vector<Match> match_all(const nn::Parameters& parameters, const WeightTable& table,
                             const io::Safetensors& file, const std::filesystem::path& checkpoint) {
  std::vector<Match> matches;
  std::set<std::string> used;
  Problems problems;
  for (const nn::Parameter& parameter : parameters.all()) {
    const Named named = checkpoint_name(table, parameter.name);
    const io::TensorView* view = find_prefixed(file, table, named);
    if (view == nullptr) {
      problems.lines.push_back(fmt::format("missing: {}", named.checkpoint));
      continue;
    }
    used.insert(view->name);
    const Shape& ours = parameter.tensor.shape();
    const Shape expected = named.rule->layout == Layout::transposed ? swapped(ours) : ours;
    const Shape got{std::span<const std::int64_t>(view->shape)};
    if (!(got == expected)) {
      problems.lines.push_back(fmt::format("misshapen: {} has shape {}, expected {}", view->name,
                                           got.to_string(), expected.to_string()));
    }
    matches.push_back({&parameter, view, named.rule->layout});
  }
  for (const io::TensorView& view : file.tensors()) {
    if (!used.contains(view.name) && !is_ignored(table, view.name)) {
      problems.lines.push_back(fmt::format("unexpected: {}", view.name));
    }
  }
  problems.raise(checkpoint);
  return matches;
}

}  // namespace

void load_weights(const nn::Parameters& parameters, const WeightTable& table,
                  const std::filesystem::path& checkpoint, const LoadOptions& options) {
  const io::Safetensors file(checkpoint);
  for (const auto& [parameter, view, layout] : match_all(parameters, table, file, checkpoint)) {
    const Tensor& ours = parameter->tensor;
    const Tensor stored = read_tensor(*view, wanted_dtype(ours, options));
    // A transposed matrix stays as it lies: the product takes it through its strides.
    ours.bind(layout == Layout::transposed
                  ? stored.alias(ours.shape(), {stored.stride(1), stored.stride(0)}, 0)
                  : stored);
  }
}

void save_weights(const nn::Parameters& parameters, const WeightTable& table,
                  const std::filesystem::path& directory) {
  std::vector<io::TensorInfo> infos;
  std::map<std::string, Tensor, std::less<>> sources;
  for (const nn::Parameter& parameter : parameters.all()) {
    const Named named = checkpoint_name(table, parameter.name);
    const Tensor& ours = parameter.tensor;
    const Tensor stored = named.rule->layout == Layout::transposed
                              ? ours.alias(swapped(ours.shape()), {ours.stride(1), ours.stride(0)}, 0)
                              : ours;
    const std::string name = (named.rule->prefixed ? table.prefixes.front() : "") + named.checkpoint;
    infos.push_back({name, io::stored_type_of(ours.dtype()), {stored.shape().begin(), stored.shape().end()}});
    sources.emplace(name, stored);
  }
  Tensor plain;  // the tensor being written, row by row
  io::write_safetensors(directory / "model.safetensors", std::move(infos), [&](const io::TensorInfo& info) {
    const Tensor& source = sources.at(info.name);
    plain = source;
    if (!source.is_contiguous()) {
      plain = Tensor::empty(source.shape(), source.dtype());
      plain.copy_from(source);
    }
    const auto bytes = static_cast<std::size_t>(plain.elements()) * size_of(plain.dtype());
    return std::span<const std::byte>(plain.raw_data(), bytes);
  });
}

}  // namespace attune::models
