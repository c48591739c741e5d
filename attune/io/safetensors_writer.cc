#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/safetensors.h"
#include "attune/io/safetensors_header.h"

namespace attune::io {
namespace {

constexpr std::uint64_t data_alignment = 64;  // a cache line, so that mapped weights can be used in place

std::uint64_t byte_count(const TensorInfo& tensor) {
  return static_cast<std::uint64_t>(tensor.element_count()) * size_of(tensor.type);
}

// The header with its length before it, padded with spaces so that the data begins aligned.
std::string header_of(const std::vector<TensorInfo>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  std::uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    const std::uint64_t begin = end;
    end += byte_count(tensor);
    header[tensor.name] = {
        {"dtype", name_of(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text(sizeof(std::uint64_t), '\0');
  text += header.dump();
  text.resize((text.size() + data_alignment - 1) / data_alignment * data_alignment, ' ');
  const std::uint64_t length = text.size() - sizeof(std::uint64_t);
  std::memcpy(text.data(), &length, sizeof(length));
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::vector<TensorInfo> tensors,
                       const BytesOf& bytes_of, const std::map<std::string, std::string>& metadata) {
  std::ranges::sort(tensors, [](const TensorInfo& a, const TensorInfo& b) {
    return std::tuple(size_of(b.type), std::string_view(a.name)) <
           std::tuple(size_of(a.type), std::string_view(b.name));
  });
  std::set<std::string_view> names;
  for (const TensorInfo& tensor : tensors) {
    check(names.insert(tensor.name).second, "{}: tensor {} comes twice", path.native(), quote(tensor.name));
  }
  AtomicFile file(path);
  file.write(header_of(tensors, metadata));
  for (const TensorInfo& tensor : tensors) {
    const std::span<const std::byte> bytes = bytes_of(tensor);
    check(bytes.size() == byte_count(tensor), "{}: tensor {} has {} bytes, expected {} for {} of shape [{}]",
          path.native(), quote(tensor.name), bytes.size(), byte_count(tensor), name_of(tensor.type),
          fmt::join(tensor.shape, ", "));
    file.write(bytes);
  }
  file.commit();
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors) {
  std::map<std::string_view, std::span<const std::byte>> bytes;
  for (const TensorView& tensor : tensors) {
    bytes[tensor.name] = tensor.bytes;
  }
  write_safetensors(path, std::vector<TensorInfo>(tensors.begin(), tensors.end()),
                    [&](const TensorInfo& tensor) { return bytes.at(tensor.name); });
}

}  // namespace attune::io
