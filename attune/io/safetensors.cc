#include "attune/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "attune/base/error.h"
#include "attune/io/float16.h"
#include "attune/io/safetensors_header.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t max_index_bytes = 100'000'000;

// {tensor name: file name} of model.safetensors.index.json.
std::map<std::string, std::string> read_weight_map(const fs::path& index) {
  const Json root = Json::parse(read_text(index, max_index_bytes), nullptr, /*allow_exceptions=*/false);
  check(!root.is_discarded(), "{} is not valid JSON", index.native());
  check(root.is_object() && root.contains("weight_map") && root["weight_map"].is_object(),
        "{} has no object weight_map", index.native());
  std::map<std::string, std::string> weight_map;
  for (const auto& [tensor, shard] : root["weight_map"].items()) {
    check(shard.is_string(), "{}: weight_map {} is not a string", index.native(), quote(tensor));
    const auto& name = shard.get_ref<const std::string&>();
    check(name.ends_with(".safetensors") &&
              name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos,
          "{}: weight_map {} names {}, expected a .safetensors file of the same directory", index.native(),
          quote(tensor), quote(name));
    weight_map[tensor] = name;
  }
  return weight_map;
}

std::vector<TensorView> sorted_by_name(std::vector<TensorView> tensors) {
  std::ranges::sort(tensors, {}, &TensorView::name);
  return tensors;
}

const TensorView* find_by_name(const std::vector<TensorView>& sorted, std::string_view name) {
  const auto found = std::ranges::lower_bound(sorted, name, {}, &TensorView::name);
  return found != sorted.end() && found->name == name ? &*found : nullptr;
}

// Elements are copied out one by one: in a file they need not be aligned.
template <typename Stored, typename T, typename Convert>
void convert_elements(std::span<const std::byte> bytes, std::span<T> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = T(convert(value));
  }
}

}  // namespace

std::size_t size_of(StoredType type) {
  switch (type) {
    case StoredType::f64:
    case StoredType::i64:
      return 8;
    case StoredType::f32:
    case StoredType::i32:
      return 4;
    case StoredType::f16:
    case StoredType::bf16:
      return 2;
    case StoredType::u8:
    case StoredType::boolean:
      return 1;
  }
  return 0;
}

std::string_view name_of(StoredType type) {
  switch (type) {
    case StoredType::f64:
      return "F64";
    case StoredType::f32:
      return "F32";
    case StoredType::f16:
      return "F16";
    case StoredType::bf16:
      return "BF16";
    case StoredType::i64:
      return "I64";
    case StoredType::i32:
      return "I32";
    case StoredType::u8:
      return "U8";
    case StoredType::boolean:
      return "BOOL";
  }
  return "unknown";
}

StoredType stored_type_of(DType dtype) {
  switch (dtype) {
    case DType::float64:
      return StoredType::f64;
    case DType::float32:
      return StoredType::f32;
    case DType::bfloat16:
      return StoredType::bf16;
    case DType::int64:
      return StoredType::i64;
    case DType::int32:
      return StoredType::i32;
    case DType::boolean:
      return StoredType::boolean;
  }
  fail("dtype {} has no safetensors type", name_of(dtype));
}

std::int64_t TensorInfo::element_count() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

Safetensors::Safetensors(const fs::path& path) {
  const fs::path whole = path / "model.safetensors";
  const fs::path index = path / "model.safetensors.index.json";
  if (!fs::is_directory(path)) {
    open_file(path);
  } else if (fs::exists(whole)) {
    open_file(whole);
  } else {
    check(
        fs::exists(index) ||
            !(fs::exists(path / "pytorch_model.bin") || fs::exists(path / "pytorch_model.bin.index.json")),
        "{} has its weights in pytorch_model.bin, a Python pickle, which Attune does not read. Convert it "
        "once "
        "with transformers: AutoModel.from_pretrained(\"{}\").save_pretrained(\"{}\"), with the class of its "
        "head instead of AutoModel (AutoModelForMaskedLM, ...)",
        path.native(), path.native(), path.native());
    check(fs::exists(index), "{} has neither model.safetensors nor model.safetensors.index.json",
          path.native());
    open_shards(index);
  }
}

void Safetensors::open_file(const fs::path& path) {
  SafetensorsHeader header = read_safetensors_header(std::make_shared<const MappedFile>(path));
  tensors_ = sorted_by_name(std::move(header.tensors));
  metadata_ = std::move(header.metadata);
}

void Safetensors::open_shards(const fs::path& index) {
  std::map<std::string, Safetensors> shards;
  for (const auto& [name, shard] : read_weight_map(index)) {
    const fs::path path = index.parent_path() / shard;
    auto found = shards.find(shard);
    if (found == shards.end()) {
      check(fs::exists(path), "{} is missing: {} names it for tensor {}", path.native(), index.native(),
            quote(name));
      found = shards.emplace(shard, Safetensors(path)).first;
    }
    const TensorView* tensor = found->second.find(name);
    check(tensor != nullptr, "{} has no tensor {}, expected by {}", path.native(), quote(name),
          index.native());
    tensors_.push_back(*tensor);
  }
  check(!shards.empty(), "{} names no tensors", index.native());
  tensors_ = sorted_by_name(std::move(tensors_));
  metadata_ = shards.begin()->second.metadata();
}

const TensorView* Safetensors::find(std::string_view name) const { return find_by_name(tensors_, name); }

template <typename T>
void read_elements(const TensorView& tensor, std::span<T> out) {
  check(tensor.element_count() == static_cast<std::int64_t>(out.size()),
        "tensor {} has {} elements, expected {}", quote(tensor.name), tensor.element_count(), out.size());
  const auto as_float = [](auto value) { return static_cast<float>(value); };
  switch (tensor.type) {
    case StoredType::f64:
      return convert_elements<double>(tensor.bytes, out, as_float);
    case StoredType::f32:
      return convert_elements<float>(tensor.bytes, out, as_float);
    case StoredType::bf16:
      return convert_elements<bfloat16>(tensor.bytes, out, as_float);
    case StoredType::f16:
      return convert_elements<std::uint16_t>(tensor.bytes, out,
                                             [](auto half) { return float32_from_float16(half); });
    default:
      fail("tensor {} is stored as {}, expected F64, F32, F16 or BF16", quote(tensor.name),
           name_of(tensor.type));
  }
}

template void read_elements(const TensorView& tensor, std::span<float> out);
template void read_elements(const TensorView& tensor, std::span<bfloat16> out);

}  // namespace attune::io
