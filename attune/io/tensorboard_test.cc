#include "attune/io/tensorboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::HasSubstr;

// The payloads of an event file, each record checked against its framing. What TensorBoard itself reads is
// checked by tests/interop/check_tensorboard.py.
std::vector<std::string> payloads(std::string_view content) {
  std::vector<std::string> result;
  while (!content.empty()) {
    std::uint64_t length = 0;
    std::memcpy(&length, content.data(), sizeof(length));
    result.emplace_back(content.substr(12, length));
    EXPECT_EQ(content.substr(0, length + 16), tf_record(result.back()));
    content.remove_prefix(length + 16);
  }
  return result;
}

std::string only_file(const fs::path& directory) {
  return read_text(fs::directory_iterator(directory)->path());
}

// Bytes written by tensorboard 2.21's own RecordWriter.
TEST(Tensorboard, FramesRecordsAsTensorboardDoes) {
  EXPECT_EQ(tf_record(""), "\x00\x00\x00\x00\x00\x00\x00\x00)\x03\x98\x07\xd8\xea\x82\xa2"s);
  EXPECT_EQ(tf_record("attune"), "\x06\x00\x00\x00\x00\x00\x00\x00si\xd5\x37\x61ttune\x93\x92\xbc\xc4"s);
}

TEST(Tensorboard, WritesScalars) {
  const TestDirectory directory;
  TensorboardWriter writer(directory.path());
  writer.scalar("loss", 300, 1.5);
  const std::vector<std::string> events = payloads(only_file(directory.path()));
  ASSERT_EQ(events.size(), 2u);
  // Field numbers and types from event.proto and summary.proto, encoded by hand.
  EXPECT_THAT(events[0], HasSubstr("\x1a\x0d"
                                   "brain.Event:2"));
  EXPECT_THAT(events[1], HasSubstr("\x10\xac\x02"));                                   // step: varint 300
  EXPECT_THAT(events[1], HasSubstr("\x2a\x0d\x0a\x0b\x0a\x04loss\x15\0\0\xc0\x3f"s));  // 1.5f
}

TEST(Tensorboard, AResumedRunReplacesLaterSteps) {
  const TestDirectory directory;
  const TensorboardWriter writer(directory.path(), 41);
  const std::vector<std::string> events = payloads(only_file(directory.path()));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(events[1], HasSubstr("\x10\x2a\x3a\x02\x08\x01"s));  // step 42, session_log START
}

TEST(Tensorboard, ADirectoryThatIsMissingIsNamed) {
  EXPECT_THAT(
      [] { TensorboardWriter("/no/such/directory"); },
      testing::ThrowsMessage<Error>(HasSubstr("cannot write /no/such/directory/events.out.tfevents.")));
}

}  // namespace
}  // namespace attune::io
