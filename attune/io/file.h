// Files in and out: mapped for reading, replaced as a whole or appended to for writing. Every error names the
// file and the reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/io/file_descriptor.h"

namespace attune::io {

// A file mapped read-only: opening takes no time whatever its size, and pages are read when first touched.
// Who keeps views of the bytes keeps the file, as by std::shared_ptr<const MappedFile>. The file must not be
// truncated meanwhile; files written by AtomicFile never are.
class MappedFile {
 public:
  // Throws Error for a file that is missing, empty, unreadable or not a regular file.
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }

  // Brings `part` of the file into the page table now: many pages at a time, where touching them one by one
  // later takes as long as reading them. A hint.
  static void populate(std::span<const std::byte> part);

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Writes a file beside its target and renames it in commit(), so that a reader, or a run killed at any
// moment, finds the old content or the new one and never a part. Without commit() nothing changes.
// What killed runs left beside it is removed. Devices, pipes and /dev/stdout are written as they stand.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Throws Error "cannot write TARGET: No space left on device" and the like.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // Bytes written so far.
  std::uint64_t size() const { return size_; }
  // Brings all bytes to the disk, then the new name; call once, last.
  void commit();

 private:
  void flush();

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  FileDescriptor file_;
  std::vector<std::byte> buffer_;
  std::uint64_t size_ = 0;
  bool committed_ = false;
};

// A log: every write goes to the end of the file, at once.
class AppendFile {
 public:
  // Creates the file if it is missing. Throws Error when it cannot be opened.
  explicit AppendFile(std::filesystem::path path);

  // Throws Error "cannot write PATH: REASON".
  void write(std::span<const std::byte> bytes) { file_.write(bytes, path_); }
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

// The whole content of a file or pipe. Throws Error when it is missing, a directory, unreadable or larger
// than `max_bytes`.
std::string read_text(const std::filesystem::path& path, std::size_t max_bytes = std::size_t{1} << 30);

// Replaces the file by `text`, as a whole or not at all.
void write_text_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace attune::io
