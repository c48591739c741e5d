#include "attune/models/weight_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <set>
#include <span>

#include "attune/io/float16.h"
#include "attune/io/safetensors_header.h"
#include "attune/ops/cast/cast.h"

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

// The rule of one parameter, and what "{}" stands for.
struct Applied {
  const WeightRule* rule;
  std::string number;
};

Applied rule_for(const WeightTable& table, const std::string& ours) {
  for (const WeightRule& rule : table.rules) {
    if (auto number = match(rule.ours, ours)) return {&rule, std::move(*number)};
  }
  fail("the weight table has no rule for parameter {}", ours);
}

// The checkpoint's tensors, without prefix: one, or those of the parts.
std::vector<std::string> checkpoint_names(const Applied& applied) {
  const std::string name = fill(applied.rule->checkpoint, applied.number);
  if (applied.rule->parts.empty()) return {name};
  std::vector<std::string> names;
  for (const std::string& part : applied.rule->parts)
    names.push_back(std::string(name).replace(name.find('*'), 1, part));
  return names;
}

// The shape of each of them.
Shape stored_shape(const WeightRule& rule, const Shape& ours) {
  switch (rule.layout) {
    case Layout::transposed:
      return {ours[1], ours[0]};
    case Layout::row:
      return {1, ours[0]};
    case Layout::convolution:
      return {ours[0], ours[1] / rule.kernel, rule.kernel};
    case Layout::same:
      break;
  }
  return rule.parts.empty() ? ours : ours.with(0, ours[0] / static_cast<std::int64_t>(rule.parts.size()));
}

// Part `index` of our tensor as the checkpoint stores it: a window.
Tensor stored_window(const WeightRule& rule, const Tensor& ours, std::size_t index) {
  const Shape shape = stored_shape(rule, ours.shape());
  switch (rule.layout) {
    case Layout::transposed:
      return ours.alias(shape, {ours.stride(1), ours.stride(0)}, 0);
    case Layout::row:
      return ours.alias(shape, {ours.dim(0), ours.stride(0)}, 0);
    case Layout::convolution:
      return ours.alias(shape, {ours.stride(0), rule.kernel * ours.stride(1), ours.stride(1)}, 0);
    case Layout::same:
      break;
  }
  return ours.alias(shape, ours.strides(), static_cast<std::int64_t>(index) * shape[0] * ours.stride(0));
}

const io::TensorView* find_prefixed(const io::Safetensors& file, const WeightTable& table, bool prefixed,
                                    const std::string& name) {
  if (!prefixed) return file.find(name);
  for (const std::string& prefix : table.prefixes) {
    if (const auto* view = file.find(prefix + name)) return view;
  }
  return nullptr;
}

bool fits(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                : match(pattern, name).has_value();
}

bool is_ignored(const WeightTable& table, const std::string& name) {
  for (const std::string& pattern : table.ignored) {
    if (fits(pattern, name)) return true;
    for (const std::string& prefix : table.prefixes) {
      if (name.starts_with(prefix) && fits(pattern, std::string_view(name).substr(prefix.size())))
        return true;
    }
  }
  return false;
}

bool belongs(const std::vector<std::string>& blocks, const std::string& name) {
  return std::ranges::any_of(blocks, [&](const std::string& block) { return name.starts_with(block); });
}

DType wanted_dtype(const Tensor& parameter, const LoadOptions& options) {
  return options.type == LoadedType::bfloat16 && parameter.rank() >= 2 ? DType::bfloat16 : DType::float32;
}

bool aligned(const io::TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.bytes.data()) % io::size_of(view.type) == 0;
}

// Converts the tensor of the file into the memory of `tensor`, contiguous.
void read_into(const io::TensorView& view, const Tensor& tensor) {
  const auto count = static_cast<std::size_t>(tensor.elements());
  if (tensor.dtype() == DType::bfloat16) {
    io::read_elements<bfloat16>(view, {tensor.mutable_data<bfloat16>(), count});
  } else {
    io::read_elements<float>(view, {tensor.mutable_data<float>(), count});
  }
}

// The tensor of the file in the wanted type: a window on the mapped file when it is stored so.
Tensor read_tensor(const io::TensorView& view, DType wanted) {
  const Shape shape{std::span<const std::int64_t>(view.shape)};
  if (view.type == io::stored_type_of(wanted) && aligned(view)) {
    io::MappedFile::populate(view.bytes);  // inference reads all of it for the first token anyway
    return Tensor::wrap(view.bytes.data(), shape, wanted, std::const_pointer_cast<io::MappedFile>(view.file));
  }
  const Tensor tensor = Tensor::empty(shape, wanted);
  read_into(view, tensor);
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
  const WeightRule* rule;
  std::vector<const io::TensorView*> views = {};  // one, or those of the parts; none: zeros
  bool fresh = false;                             // as its initializer says
  bool grown = false;                             // the rows behind the checkpoint's are
};

class Matcher {
 public:
  Matcher(const WeightTable& table, const io::Safetensors& file, const FreshBlocks& fresh = {})
      : table_(table), file_(file), fresh_(fresh) {}

  std::vector<Match> match_all(const nn::Parameters& parameters, const std::filesystem::path& checkpoint) {
    std::vector<Match> matches;
    for (const nn::Parameter& parameter : parameters.all()) matches.push_back(match_one(parameter));
    for (const io::TensorView& view : file_.tensors()) {
      if (!used_.contains(view.name) && !is_ignored(table_, view.name))
        problems_.lines.push_back(fmt::format("unexpected: {}", io::quote(view.name)));
    }
    problems_.raise(checkpoint);
    return matches;
  }

 private:
  Match match_one(const nn::Parameter& parameter) {
    const Applied applied = rule_for(table_, parameter.name);
    Match match{&parameter, applied.rule};
    std::vector<std::string> missing;
    for (const std::string& name : checkpoint_names(applied)) {
      if (const auto* view = find_tied(applied, name)) {
        match.views.push_back(view);
      } else {
        missing.push_back(name);
      }
    }
    match.fresh = belongs(fresh_.always, parameter.name) ||
                  (match.views.empty() && belongs(fresh_.if_missing, parameter.name));
    if (match.fresh) {
      match.views.clear();
      return match;
    }
    const Shape expected = stored_shape(*applied.rule, parameter.tensor.shape());
    for (const io::TensorView* view : match.views) {
      const Shape got{std::span<const std::int64_t>(view->shape)};
      if (got == expected) continue;
      match.grown = belongs(fresh_.grown, parameter.name) && applied.rule->layout == Layout::same &&
                    match.views.size() == 1 && got.rank() == expected.rank() && got[0] < expected[0] &&
                    got.without(0) == expected.without(0);
      if (match.grown) continue;
      problems_.lines.push_back(
          fmt::format("misshapen: {} has shape {}, expected {}", io::quote(view->name), got, expected));
    }
    for (const std::string& name : missing) {
      if (!applied.rule->optional) problems_.lines.push_back(fmt::format("missing: {}", name));
    }
    return match;
  }

  // The tensor of that name or the first that it is tied to; all of them must be the same.
  const io::TensorView* find_tied(const Applied& applied, const std::string& name) {
    const WeightRule& rule = *applied.rule;
    const io::TensorView* first = nullptr;
    const auto look = [&](const std::string& candidate) {
      const auto* view = find_prefixed(file_, table_, rule.prefixed, candidate);
      if (view == nullptr) return;
      used_.insert(view->name);
      if (first == nullptr) {
        first = view;
      } else if (view->type != first->type || !std::ranges::equal(view->bytes, first->bytes)) {
        problems_.lines.push_back(fmt::format("untied: {} differs from {}, expected the same tensor",
                                              io::quote(view->name), io::quote(first->name)));
      }
    };
    look(name);
    for (const std::string& tie : rule.ties) look(fill(tie, applied.number));
    return first;
  }

  const WeightTable& table_;
  const io::Safetensors& file_;
  const FreshBlocks& fresh_;
  std::set<std::string> used_;
  Problems problems_;
};

Tensor load(const Match& match, DType wanted) {
  const Shape& shape = match.parameter->tensor.shape();
  if (match.views.empty()) return Tensor::zeros(shape, wanted);
  if (match.rule->parts.empty()) {
    const Tensor stored = read_tensor(*match.views.front(), wanted);
    switch (match.rule->layout) {
      case Layout::transposed:  // stays as it lies: the product takes it through its strides
        return stored.alias(shape, {stored.stride(1), stored.stride(0)}, 0);
      case Layout::row:
        return stored.alias(shape, {1}, 0);
      case Layout::convolution:
        return stored.alias(shape, {stored.stride(0), 1}, 0);
      case Layout::same:
        return stored;
    }
  }
  const Tensor whole = Tensor::empty(shape, wanted);
  for (std::size_t i = 0; i < match.views.size(); ++i)
    read_into(*match.views[i], stored_window(*match.rule, whole, i));
  return whole;
}

// Its first values, drawn as Parameters::initialize() draws those of a whole model.
void draw(const nn::Parameter& parameter, Generator* generator) {
  check(generator != nullptr, "{} is fresh and needs a generator to draw its values", parameter.name);
  nn::Parameters alone;
  const Tensor drawn = alone.add(parameter.name, parameter.tensor.shape(), parameter.initializer);
  alone.initialize(*generator);
  parameter.tensor.bind(drawn);
}

// Rows of the checkpoint, and behind them such as the initializer says.
Tensor grow(const Match& match, DType wanted, Generator* generator) {
  draw(*match.parameter, generator);
  const Tensor whole = ops::cast(match.parameter->tensor, wanted);
  const io::TensorView& view = *match.views.front();
  const Shape stored{std::span<const std::int64_t>(view.shape)};
  read_into(view, whole.alias(stored, whole.strides(), 0));
  return whole;
}

// Whether every value of the float32 tensor is one that the narrower type has.
bool exact_in(io::StoredType type, const Tensor& tensor) {
  const auto same = [type](float value) {
    const float back = type == io::StoredType::f16 ? io::float32_from_float16(io::float16_from_float32(value))
                                                   : static_cast<float>(bfloat16(value));
    return std::bit_cast<std::uint32_t>(back) == std::bit_cast<std::uint32_t>(value);
  };
  return std::ranges::all_of(tensor.to_vector<float>(), same);
}

// The type to write a parameter in.
io::StoredType type_to_write(const nn::Parameter& parameter, const StoredTypes& stored) {
  const io::StoredType own = io::stored_type_of(parameter.tensor.dtype());
  const auto found = stored.find(parameter.name);
  if (found == stored.end() || own != io::StoredType::f32) return own;
  const bool narrow = found->second == io::StoredType::f16 || found->second == io::StoredType::bf16;
  return narrow && exact_in(found->second, parameter.tensor) ? found->second : own;
}

// The bytes of a tensor in the type of the file, row by row.
std::vector<std::byte> bytes_in(io::StoredType type, const Tensor& tensor) {
  const std::vector<float> values = tensor.to_vector<float>();
  std::vector<std::byte> bytes(values.size() * 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits =
        type == io::StoredType::f16 ? io::float16_from_float32(values[i]) : bfloat16(values[i]).bits;
    std::memcpy(bytes.data() + 2 * i, &bits, 2);
  }
  return bytes;
}

}  // namespace

LoadReport load_weights(const nn::Parameters& parameters, const WeightTable& table,
                        const std::filesystem::path& checkpoint, const LoadOptions& options) {
  const io::Safetensors file(checkpoint);
  LoadReport report;
  for (const Match& match : Matcher(table, file, options.fresh).match_all(parameters, checkpoint)) {
    const nn::Parameter& parameter = *match.parameter;
    if (match.fresh) {
      draw(parameter, options.fresh.generator);
      report.fresh.push_back(parameter.name);
      continue;
    }
    const DType wanted = wanted_dtype(parameter.tensor, options);
    if (match.grown) report.fresh.push_back(parameter.name);
    parameter.tensor.bind(match.grown ? grow(match, wanted, options.fresh.generator) : load(match, wanted));
    if (!match.views.empty()) report.stored.emplace(parameter.name, match.views.front()->type);
  }
  return report;
}

bool has_parameter(const io::Safetensors& checkpoint, const WeightTable& table, const std::string& ours) {
  const auto fits_ours = [&](const WeightRule& rule) { return match(rule.ours, ours).has_value(); };
  if (std::ranges::none_of(table.rules, fits_ours)) return false;
  const Applied applied = rule_for(table, ours);
  const std::vector<std::string> names = checkpoint_names(applied);
  const auto has = [&](const std::string& name) {
    return find_prefixed(checkpoint, table, applied.rule->prefixed, name) != nullptr;
  };
  return std::ranges::all_of(names, has) ||
         std::ranges::any_of(applied.rule->ties,
                             [&](const std::string& tie) { return has(fill(tie, applied.number)); });
}

void check_weights(const nn::Parameters& parameters, const WeightTable& table,
                   const std::filesystem::path& checkpoint) {
  const io::Safetensors file(checkpoint);
  Matcher(table, file).match_all(parameters, checkpoint);
}

std::vector<std::string> checkpoint_names(const WeightTable& table, const std::string& ours) {
  const Applied applied = rule_for(table, ours);
  std::vector<std::string> names = checkpoint_names(applied);
  for (std::string& name : names) name.insert(0, applied.rule->prefixed ? table.prefixes.front() : "");
  return names;
}

io::StoredType save_weights(const nn::Parameters& parameters, const WeightTable& table,
                            const std::filesystem::path& directory, const StoredTypes& stored) {
  std::vector<io::TensorInfo> infos;
  std::map<std::string, Tensor, std::less<>> sources;
  io::StoredType widest = io::StoredType::bf16;
  for (const nn::Parameter& parameter : parameters.all()) {
    const Applied applied = rule_for(table, parameter.name);
    const WeightRule& rule = *applied.rule;
    const std::vector<std::string> names = checkpoint_names(table, parameter.name);
    const io::StoredType type = type_to_write(parameter, stored);
    if (infos.empty() || io::size_of(type) > io::size_of(widest)) widest = type;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Tensor source = stored_window(rule, parameter.tensor, i);
      infos.push_back({names[i], type, {source.shape().begin(), source.shape().end()}});
      sources.emplace(names[i], source);
    }
    if (rule.count.empty()) continue;
    const std::string count =
        (rule.prefixed ? table.prefixes.front() : "") + fill(rule.count, applied.number);
    infos.push_back({count, io::StoredType::i64, {}});
    sources.emplace(count, Tensor::zeros({}, DType::int64));
  }
  Tensor plain;  // the tensor being written, row by row
  std::vector<std::byte> converted;
  io::write_safetensors(directory / "model.safetensors", std::move(infos), [&](const io::TensorInfo& info) {
    const Tensor& source = sources.at(info.name);
    if (info.type != io::stored_type_of(source.dtype())) {
      converted = bytes_in(info.type, source);
      return std::span<const std::byte>(converted);
    }
    plain = source;
    if (!source.is_contiguous()) {
      plain = Tensor::empty(source.shape(), source.dtype());
      plain.copy_from(source);
    }
    const auto bytes = static_cast<std::size_t>(plain.elements()) * size_of(plain.dtype());
    return std::span<const std::byte>(plain.raw_data(), bytes);
  });
  return widest;
}

}  // namespace attune::models
