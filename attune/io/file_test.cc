#include "attune/io/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

class FileTest : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& content) {
    const fs::path path = directory_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  int entries() const {
    return static_cast<int>(
        std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()));
  }
  TestDirectory directory_;
};

TEST_F(FileTest, MappedFileShowsTheBytes) {
  MappedFile first(write("a", "hello"));
  EXPECT_EQ(first.text(), "hello");
  EXPECT_EQ(first.size(), 5u);
  const MappedFile second = std::move(first);
  EXPECT_EQ(second.text(), "hello");
  EXPECT_EQ(first.size(), 0u);  // NOLINT(bugprone-use-after-move): a moved-from file is empty
}

TEST_F(FileTest, MappedFileNamesWhatIsWrong) {
  const fs::path root = directory_.path();
  EXPECT_THAT(
      [&] { MappedFile(root / "missing"); },
      ThrowsMessage<Error>("cannot open " + (root / "missing").native() + ": No such file or directory"));
  EXPECT_THAT([&] { MappedFile(write("empty", "")); }, ThrowsMessage<Error>(HasSubstr("empty is empty")));
  EXPECT_THAT([&] { MappedFile{root}; }, ThrowsMessage<Error>(HasSubstr("is a directory, expected a file")));
  EXPECT_THAT([&] { MappedFile{"/dev/null"}; }, ThrowsMessage<Error>(HasSubstr("not a regular file")));
}

TEST_F(FileTest, UnreadableFileNamesTheReason) {
  const fs::path path = write("secret", "x");
  fs::permissions(path, fs::perms::none);
  if (::access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_THAT([&] { MappedFile{path}; }, ThrowsMessage<Error>(HasSubstr("Permission denied")));
  EXPECT_THAT([&] { read_text(path); }, ThrowsMessage<Error>(HasSubstr("Permission denied")));
}

TEST_F(FileTest, ReadTextReadsFilesAndPipes) {
  EXPECT_EQ(read_text(write("empty", "")), "");
  const std::string large(1'000'003, 'x');
  EXPECT_EQ(read_text(write("large", large)), large);
  EXPECT_THAT([&] { read_text(write("large", large), 1'000'002); },
              ThrowsMessage<Error>(HasSubstr("larger than 1000002 bytes")));
  EXPECT_THAT([&] { read_text(directory_.path()); }, ThrowsMessage<Error>(HasSubstr("is a directory")));

  const fs::path pipe = directory_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::ofstream(pipe) << large << std::flush;
    ::_exit(0);
  }
  EXPECT_EQ(read_text(pipe), large);
  ::waitpid(child, nullptr, 0);
}

TEST_F(FileTest, AtomicFileAppearsOnlyWhenCommitted) {
  const fs::path path = write("target", "old");
  {
    AtomicFile file(path);
    file.write("new");
    EXPECT_EQ(read_text(path), "old");
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(entries(), 1) << "an abandoned file must leave nothing";

  AtomicFile file(path);
  const std::string large(300'000, 'y');
  file.write("new ");
  file.write(large);
  file.write(" end");
  EXPECT_EQ(file.size(), large.size() + 8);
  file.commit();
  EXPECT_EQ(read_text(path), "new " + large + " end");
  EXPECT_EQ(entries(), 1);
}

TEST_F(FileTest, AtomicFileWritesIntoAPipeAndLeavesItInItsPlace) {
  const fs::path path = directory_.path() / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDWR | O_NONBLOCK);
  write_text_atomically(path, "some text");
  EXPECT_TRUE(fs::is_fifo(path)) << "a file has taken its place";
  std::string read(20, '\0');
  EXPECT_EQ(::read(reader, read.data(), read.size()), 9);
  ::close(reader);
  EXPECT_EQ(read.substr(0, 9), "some text");
  EXPECT_EQ(entries(), 1);
}

TEST_F(FileTest, AtomicFileWritesThroughALinkToWhatIsOpen) {
  const fs::path path = write("target", "old text");
  const int open = ::open(path.c_str(), O_WRONLY);
  const fs::path link = directory_.path() / "link";  // as /dev/stdout
  fs::create_symlink("/proc/self/fd/" + std::to_string(open), link);
  write_text_atomically(link, "new");
  ::close(open);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_text(path), "new");
}

TEST_F(FileTest, AtomicFileHonoursTheUmask) {
  const mode_t before = ::umask(0027);
  write_text_atomically(directory_.path() / "a", "x");
  ::umask(before);
  EXPECT_EQ(fs::status(directory_.path() / "a").permissions(), fs::perms{0640});
}

TEST_F(FileTest, AtomicFileNamesTheTarget) {
  EXPECT_THAT([&] { AtomicFile(directory_.path() / "no" / "file"); },
              ThrowsMessage<Error>("cannot write " + (directory_.path() / "no" / "file").native() +
                                   ": No such file or directory"));
  EXPECT_THAT([&] { write_text_atomically(directory_.path(), "x"); },
              ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

TEST_F(FileTest, AKilledWriterLeavesTheOldFileAndTheNextOneCleansUp) {
  const fs::path path = write("target", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(path);
    file.write(std::string(1'000'000, 'x'));
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(entries(), 2);

  AtomicFile living(path);
  EXPECT_EQ(entries(), 2) << "the dead writer's file is gone, ours is there";
  write_text_atomically(path, "new");
  living.write("newer");
  living.commit();
  EXPECT_EQ(read_text(path), "newer");
  EXPECT_EQ(entries(), 1);
}

TEST_F(FileTest, AFullDiskIsAClearError) {
  AppendFile full("/dev/full");
  EXPECT_THAT([&] { full.write("x"); },
              ThrowsMessage<Error>("cannot write /dev/full: No space left on device"));
}

TEST_F(FileTest, AppendFileAppends) {
  const fs::path path = write("log", "one\n");
  AppendFile(path).write("two\n");
  EXPECT_EQ(read_text(path), "one\ntwo\n");
  EXPECT_THAT([&] { AppendFile{directory_.path()}; }, ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

}  // namespace
}  // namespace attune::io
