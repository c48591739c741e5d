#include "attune/io/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "attune/base/error.h"

namespace attune::io {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t length_bytes = 8;
constexpr std::size_t max_dimensions = 16;
constexpr std::uint64_t max_header_bytes = 100'000'000;  // the reference implementation's limit

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

// Turns the header's JSON into tensors, one at a time while it is parsed: a large header never exists as a
// whole tree, and a name that comes twice is seen.
class HeaderParser {
  using Event = Json::parse_event_t;

 public:
  HeaderParser(std::shared_ptr<const MappedFile> file, std::span<const std::byte> data)
      : file_(std::move(file)), path_(file_->path().native()), data_(data) {}

  SafetensorsHeader parse(std::string_view text) {
    try {
      // Nothing is kept of the tree: each tensor is taken where it ends.
      std::ignore = Json::parse(
          text, [this](int depth, Event event, Json& value) { return on_event(depth, event, value); });
    } catch (const Json::exception& error) {
      fail("{}: the header is not valid JSON: {}", path_, quote(error.what()));
    }
    check_coverage();
    return std::move(header_);
  }

 private:
  // Depth 1 is a tensor, 2 its fields, 3 the numbers of a field. Returns whether to keep the value.
  bool on_event(int depth, Event event, Json& value) {
    if (event == Event::key && depth == 1) {
      name_ = value.get<std::string>();
      fields_.clear();
      check(names_.insert(name_).second, "{}: tensor {} comes twice in the header", path_, quote(name_));
    } else if (event == Event::key) {
      check(fields_.insert(value.get<std::string>()).second, "{}: a field of tensor {} comes twice", path_,
            quote(name_));
    } else if ((event == Event::object_start && depth > 1) || (event == Event::array_start && depth > 2)) {
      fail("{}: tensor {} is nested too deeply", path_, quote(name_));
    } else if (depth == 1 && event == Event::object_end) {
      take(value);
      return false;
    } else if (depth == 1 && (event == Event::value || event == Event::array_start)) {
      fail("{}: tensor {} is not a JSON object", path_, quote(name_));
    }
    return true;
  }

  void take(const Json& value) {
    if (name_ == "__metadata__") {
      for (const auto& [key, text] : value.items()) {
        check(text.is_string(), "{}: __metadata__ {} is not a string", path_, quote(key));
        header_.metadata[key] = text.get<std::string>();
      }
      return;
    }
    TensorView tensor;
    tensor.name = name_;
    tensor.type = type_of(field(value, "dtype"));
    const std::vector<std::uint64_t> shape = numbers_of(value, "shape");
    check(shape.size() <= max_dimensions, "{}: tensor {} has {} dimensions, expected at most {}", path_,
          quote(name_), shape.size(), max_dimensions);
    for (std::uint64_t size : shape) tensor.shape.push_back(static_cast<std::int64_t>(size));
    const std::vector<std::uint64_t> offsets = numbers_of(value, "data_offsets");
    check(offsets.size() == 2, "{}: tensor {} has {} data_offsets, expected begin and end", path_,
          quote(name_), offsets.size());
    const std::uint64_t begin = offsets[0];
    const std::uint64_t end = offsets[1];
    check(begin <= end && end <= data_.size(),
          "{}: tensor {} has data_offsets [{}, {}], expected a range within the {} bytes of data", path_,
          quote(name_), begin, end, data_.size());
    const std::optional<std::uint64_t> expected = byte_count(tensor);
    check(expected.has_value(), "{}: tensor {} has a shape whose size overflows", path_, quote(name_));
    check(end - begin == *expected, "{}: tensor {} has {} bytes, expected {} for {} of shape [{}]", path_,
          quote(name_), end - begin, *expected, name_of(tensor.type), fmt::join(tensor.shape, ", "));
    tensor.bytes = data_.subspan(begin, end - begin);
    tensor.file = file_;
    header_.tensors.push_back(std::move(tensor));
  }

  const Json& field(const Json& value, const char* name) const {
    const auto found = value.find(name);
    check(found != value.end(), "{}: tensor {} has no {}", path_, quote(name_), name);
    return *found;
  }

  StoredType type_of(const Json& value) const {
    check(value.is_string(), "{}: tensor {} has a dtype that is not a string", path_, quote(name_));
    const auto& name = value.get_ref<const std::string&>();
    for (StoredType type : {StoredType::f64, StoredType::f32, StoredType::f16, StoredType::bf16,
                            StoredType::i64, StoredType::i32, StoredType::u8, StoredType::boolean}) {
      if (name_of(type) == name) return type;
    }
    fail("{}: tensor {} has dtype {}, expected one of F64, F32, F16, BF16, I64, I32, U8, BOOL", path_,
         quote(name_), quote(name));
  }

  std::vector<std::uint64_t> numbers_of(const Json& value, const char* name) const {
    const Json& array = field(value, name);
    check(array.is_array(), "{}: tensor {} has a {} that is not an array", path_, quote(name_), name);
    std::vector<std::uint64_t> numbers;
    for (const Json& number : array) {
      // More than int64 holds is in no sound file, and is unsigned here; negatives and fractions are not.
      check(number.is_number_unsigned() && std::in_range<std::int64_t>(number.get<std::uint64_t>()),
            "{}: tensor {} has a {} with {}, expected whole numbers from 0", path_, quote(name_), name,
            quote(number.dump(-1, ' ', true, Json::error_handler_t::replace)));
      numbers.push_back(number.get<std::uint64_t>());
    }
    return numbers;
  }

  static std::optional<std::uint64_t> byte_count(const TensorInfo& tensor) {
    std::int64_t count = static_cast<std::int64_t>(size_of(tensor.type));
    for (std::int64_t size : tensor.shape) {
      if (__builtin_mul_overflow(count, size, &count)) return std::nullopt;
    }
    return static_cast<std::uint64_t>(count);
  }

  // Sorted by position, each tensor must begin where the one before ends: no overlap, no gap, nothing left.
  void check_coverage() {
    std::sort(header_.tensors.begin(), header_.tensors.end(), [](const TensorView& a, const TensorView& b) {
      return std::tuple(a.bytes.data(), a.bytes.size(), std::string_view(a.name)) <
             std::tuple(b.bytes.data(), b.bytes.size(), std::string_view(b.name));
    });
    std::size_t end = 0;
    for (const TensorView& tensor : header_.tensors) {
      const auto begin = static_cast<std::size_t>(tensor.bytes.data() - data_.data());
      check(begin == end,
            "{}: tensor {} begins at byte {} of the data, expected {}, where the one before ends", path_,
            quote(tensor.name), begin, end);
      end = begin + tensor.bytes.size();
    }
    check(end == data_.size(), "{}: the tensors end at byte {} of the data, expected {}, the end of the file",
          path_, end, data_.size());
  }

  std::shared_ptr<const MappedFile> file_;
  std::string path_;
  std::span<const std::byte> data_;
  SafetensorsHeader header_;
  std::string name_;              // of the tensor being parsed
  std::set<std::string> names_;   // seen so far
  std::set<std::string> fields_;  // of this tensor
};

}  // namespace

SafetensorsHeader read_safetensors_header(const std::shared_ptr<const MappedFile>& file) {
  const std::string& path = file->path().native();
  check(file->size() >= length_bytes, "{} has {} bytes, too few for a safetensors file", path, file->size());
  std::uint64_t length = 0;
  std::memcpy(&length, file->data(), length_bytes);
  check(length <= max_header_bytes,
        "{}: the header has {} bytes, expected at most {}: is it a safetensors file?", path, length,
        max_header_bytes);
  check(length <= file->size() - length_bytes,
        "{}: the header has {} bytes, but the file only {} after its length: is it truncated?", path, length,
        file->size() - length_bytes);
  const std::string_view text = file->text().substr(length_bytes, length);
  check(text.starts_with('{'), "{}: the header does not begin with a brace: is it a safetensors file?", path);
  return HeaderParser(file, file->bytes().subspan(length_bytes + length)).parse(text);
}

std::string quote(std::string_view name) {
  constexpr std::size_t longest = 120;
  std::string text = fmt::format("'{}{}'", name.substr(0, longest), name.size() > longest ? "..." : "");
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace attune::io
