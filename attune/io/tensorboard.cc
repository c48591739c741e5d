#include "attune/io/tensorboard.h"

#include <unistd.h>

#include <array>
#include <chrono>

#include "attune/base/error.h"
#include "attune/io/tensorboard.pb.h"

namespace attune::io {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::filesystem::path new_event_file(const std::filesystem::path& directory) {
  std::array<char, 256> host{};
  // A name that does not fit or cannot be had is of no consequence: it only tells runs apart.
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {"localhost"};
  return directory / fmt::format("events.out.tfevents.{}.{}.{}", static_cast<std::int64_t>(now()),
                                 host.data(), ::getpid());
}

std::string record_of(tensorboard::Event event) {
  event.set_wall_time(now());
  return tf_record(event.SerializeAsString());
}

// CRC-32C (Castagnoli), reflected, a bit at a time: records are short.
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

// TFRecord stores checksums rotated and shifted, so that a checksum of checksums stays meaningful.
std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

template <typename Number>
std::string little_endian(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

}  // namespace

TensorboardWriter::TensorboardWriter(const std::filesystem::path& directory, std::int64_t resumed_step)
    : file_(new_event_file(directory)) {
  tensorboard::Event version;
  version.set_file_version("brain.Event:2");
  file_.write(record_of(version));
  if (resumed_step == 0) return;
  tensorboard::Event start;
  start.set_step(resumed_step + 1);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  file_.write(record_of(start));
}

void TensorboardWriter::scalar(std::string_view tag, std::int64_t step, double value) {
  tensorboard::Event event;
  event.set_step(step);
  tensorboard::Summary::Value* point = event.mutable_summary()->add_value();
  point->set_tag(std::string(tag));
  point->set_simple_value(static_cast<float>(value));
  file_.write(record_of(event));
}

std::string tf_record(std::string_view payload) {
  const std::string length = little_endian(std::uint64_t{payload.size()});
  std::string record = length + little_endian(masked_crc32c(length));
  record += payload;
  return record + little_endian(masked_crc32c(payload));
}

}  // namespace attune::io
