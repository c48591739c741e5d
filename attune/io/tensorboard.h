// Event files for TensorBoard: events.out.tfevents.*, a sequence of TFRecords.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "attune/io/file.h"

namespace attune::io {

class TensorboardWriter {
 public:
  // Begins a new file in `directory`. A run resumed after `resumed_step` > 0 steps replaces in the plots what
  // an earlier one logged beyond it. Throws Error when the file cannot be written.
  explicit TensorboardWriter(const std::filesystem::path& directory, std::int64_t resumed_step = 0);

  // Adds a point; it is in the file when this returns. Throws Error when the disk is full.
  void scalar(std::string_view tag, std::int64_t step, double value);

 private:
  AppendFile file_;
};

// The payload in TFRecord framing: length, its checksum, payload, its checksum.
// (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details)
std::string tf_record(std::string_view payload);

}  // namespace attune::io
