// The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes with the header's length, a JSON
// header {name: {dtype, shape, data_offsets}}, then the data of all tensors without gaps. Opening reads the
// header alone, whatever the file's size; the data is mapped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/io/file.h"
#include "attune/tensor/dtype.h"

namespace attune::io {

// Element types of files. Half precision has no DType: it is converted when read.
enum class StoredType : std::uint8_t { f64, f32, f16, bf16, i64, i32, u8, boolean };

std::size_t size_of(StoredType type);
std::string_view name_of(StoredType type);  // as in files: "F32"
StoredType stored_type_of(DType dtype);

struct TensorInfo {
  std::string name;
  StoredType type = StoredType::f32;
  std::vector<std::int64_t> shape;

  std::int64_t element_count() const;
};

// A tensor of a file. `bytes`, row-major and little-endian, may lie at any address; `file` keeps them mapped.
struct TensorView : TensorInfo {
  std::span<const std::byte> bytes;
  std::shared_ptr<const MappedFile> file;
};

// The tensors of one file, or of a directory with model.safetensors or with model.safetensors.index.json and
// its shards.
class Safetensors {
 public:
  // Throws Error, naming file, field, what was got and what was expected, for anything but a sound file.
  explicit Safetensors(const std::filesystem::path& file_or_directory);

  // Sorted by name.
  const std::vector<TensorView>& tensors() const { return tensors_; }
  // Null when there is none of that name.
  const TensorView* find(std::string_view name) const;
  // The strings under "__metadata__"; of a sharded directory, those of its first shard.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void open_file(const std::filesystem::path& path);
  void open_shards(const std::filesystem::path& index);

  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Copies a floating-point tensor's elements as T, float or bfloat16, rounding to nearest where T is narrower.
// Throws Error when the tensor holds integers or `out` has another number of elements.
template <typename T>
void read_elements(const TensorView& tensor, std::span<T> out);

// Gives a tensor's bytes when its turn to be written comes; they need to live until the next call.
using BytesOf = std::function<std::span<const std::byte>(const TensorInfo&)>;

// Writes the file as a whole or not at all. Wider types go first, as in the reference implementation, and
// then by name, so that equal content gives equal files and every tensor is aligned. Throws Error for
// duplicate names, bytes that do not fit a shape, and when the disk is full.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorInfo> tensors,
                       const BytesOf& bytes_of,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

// The same for tensors that are all in memory.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors);

}  // namespace attune::io
