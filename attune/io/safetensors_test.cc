#include "attune/io/safetensors.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

template <typename T>
std::vector<T> values(const TensorView& tensor) {
  std::vector<T> result(tensor.bytes.size() / sizeof(T));
  std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
  return result;
}

class SafetensorsTest : public testing::Test {
 protected:
  // A file of the given header and number of data bytes.
  fs::path write(const std::string& name, const std::string& header, std::size_t data_bytes) {
    const std::uint64_t length = header.size();
    std::string content(reinterpret_cast<const char*>(&length), sizeof(length));
    content += header + std::string(data_bytes, '\x01');
    const fs::path path = directory_.path() / name;
    write_text_atomically(path, content);
    return path;
  }

  void expect_refused(const std::string& header, std::size_t data_bytes, const std::string& message) {
    const fs::path path = write("bad.safetensors", header, data_bytes);
    EXPECT_THAT([&] { Safetensors{path}; },
                ThrowsMessage<Error>(AllOf(HasSubstr(path.native()), HasSubstr(message))))
        << header;
  }

  TestDirectory directory_;
};

// The golden is written by the reference implementation; see tests/goldens/make_safetensors.py.
TEST_F(SafetensorsTest, ReadsWhatTheReferenceImplementationWrites) {
  const Safetensors file(fs::path(ATTUNE_GOLDENS) / "mixed.safetensors");
  EXPECT_EQ(file.tensors().size(), 9u);
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_EQ(file.metadata().at("note"), "naïve");
  EXPECT_EQ(file.find("missing"), nullptr);

  EXPECT_THAT(values<double>(*file.find("float64")), ElementsAre(1.0, -2.5, 1e300, 0.1));
  EXPECT_THAT(file.find("float64")->shape, ElementsAre(2, 2));
  EXPECT_THAT(values<float>(*file.find("float32")), ElementsAre(0.1f, -3.5f, 1e-40f));
  EXPECT_THAT(values<std::int64_t>(*file.find("int64")), ElementsAre(std::int64_t{1} << 40, -1));
  EXPECT_THAT(values<std::int32_t>(*file.find("int32")), ElementsAre(-7));
  EXPECT_THAT(file.find("int32")->shape, ElementsAre());
  EXPECT_THAT(values<std::uint8_t>(*file.find("bytes")), ElementsAre(0, 255));
  EXPECT_EQ(file.find("boolean")->type, StoredType::boolean);
  EXPECT_THAT(values<std::uint8_t>(*file.find("boolean")), ElementsAre(1, 0, 1));
  EXPECT_THAT(file.find("empty")->shape, ElementsAre(0, 3));
  EXPECT_EQ(file.find("empty")->bytes.size(), 0u);
}

TEST_F(SafetensorsTest, ReadsElementsAsFloat32AndBfloat16) {
  const Safetensors file(fs::path(ATTUNE_GOLDENS) / "mixed.safetensors");
  std::vector<float> four(4);
  read_elements<float>(*file.find("float16"), four);
  // What 0.1 and 6e-8 are in half precision: 0x2e66 and the least subnormal.
  EXPECT_THAT(four,
              ElementsAre(0.0999755859375f, 65504.0f, 0x1p-24f, -std::numeric_limits<float>::infinity()));
  read_elements<float>(*file.find("float64"), four);
  EXPECT_THAT(four, ElementsAre(1.0f, -2.5f, std::numeric_limits<float>::infinity(), 0.1f));
  std::vector<bfloat16> two(2);
  read_elements<bfloat16>(*file.find("bfloat16"), two);
  EXPECT_EQ(two[0].bits, 0x3dcd);  // 0.1 in bfloat16
  std::vector<bfloat16> three(3);
  read_elements<bfloat16>(*file.find("float32"), three);
  EXPECT_EQ(three[0].bits, 0x3dcd);
  EXPECT_EQ(float(three[1]), -3.5f);

  EXPECT_THAT([&] { read_elements<float>(*file.find("float32"), four); },
              ThrowsMessage<Error>("tensor 'float32' has 3 elements, expected 4"));
  EXPECT_THAT([&] { read_elements<bfloat16>(*file.find("int64"), two); },
              ThrowsMessage<Error>(HasSubstr("stored as I64")));
}

TEST_F(SafetensorsTest, WritesWhatItReads) {
  const Safetensors golden(fs::path(ATTUNE_GOLDENS) / "mixed.safetensors");
  const fs::path path = directory_.path() / "copy.safetensors";
  write_safetensors(path, golden.tensors());
  const std::string first = read_text(path);
  const Safetensors copy(path);
  EXPECT_THAT(copy.metadata(), ElementsAre(std::pair<const std::string, std::string>("format", "pt")));
  ASSERT_EQ(copy.tensors().size(), golden.tensors().size());
  for (std::size_t i = 0; i < copy.tensors().size(); ++i) {
    const TensorView& got = copy.tensors()[i];
    const TensorView& expected = golden.tensors()[i];
    EXPECT_EQ(got.name, expected.name);
    EXPECT_EQ(got.type, expected.type);
    EXPECT_EQ(got.shape, expected.shape);
    EXPECT_TRUE(std::ranges::equal(got.bytes, expected.bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.bytes.data()) % size_of(got.type), 0u) << got.name;
  }
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, first.data(), sizeof(header_bytes));
  EXPECT_EQ((header_bytes + 8) % 64, 0u);

  std::vector<TensorView> shuffled(golden.tensors().rbegin(), golden.tensors().rend());
  write_safetensors(path, shuffled);
  EXPECT_EQ(read_text(path), first) << "the order given must not matter";
}

TEST_F(SafetensorsTest, WriterChecksWhatItIsGiven) {
  const fs::path path = directory_.path() / "a.safetensors";
  const std::vector<std::byte> bytes(12);
  const TensorInfo info{"a", StoredType::f32, {3}};
  EXPECT_THAT(
      [&] {
        write_safetensors(path, {info, info}, [&](auto&) { return std::span(bytes); });
      },
      ThrowsMessage<Error>(HasSubstr("tensor 'a' comes twice")));
  EXPECT_THAT([&] { write_safetensors(path, {info}, [&](auto&) { return std::span(bytes).first(8); }); },
              ThrowsMessage<Error>(HasSubstr("tensor 'a' has 8 bytes, expected 12 for F32 of shape [3]")));
  EXPECT_TRUE(fs::is_empty(directory_.path())) << "a failed write must leave nothing";
}

TEST_F(SafetensorsTest, DataMayLieAtAnyAddress) {
  const fs::path path = write("odd.safetensors",
                              R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                              R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
                              5);
  std::vector<float> one(1);
  read_elements<float>(*Safetensors(path).find("b"), one);
  EXPECT_EQ(one[0], std::bit_cast<float>(0x01010101));
}

TEST_F(SafetensorsTest, RefusesFilesThatAreNoSafetensors) {
  const auto refused = [&](const std::string& content, const std::string& message) {
    const fs::path path = directory_.path() / "bad.safetensors";
    write_text_atomically(path, content);
    EXPECT_THAT([&] { Safetensors{path}; }, ThrowsMessage<Error>(HasSubstr(message)));
  };
  refused("\x01\x02", "has 2 bytes, too few");
  refused("just a text file", "is it a safetensors file?");
  refused(std::string("\x10\0\0\0\0\0\0\0{}", 10), "the header has 16 bytes, but the file only 2");
  refused(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10), "expected at most 100000000");
  refused(std::string("\x02\0\0\0\0\0\0\0[]", 10), "does not begin with a brace");
}

TEST_F(SafetensorsTest, RefusesHostileHeaders) {
  const auto tensor = [](const std::string& fields) { return "{\"a\":{" + fields + "}}"; };
  expect_refused("{\"a\":", 0, "not valid JSON");
  expect_refused("{} x", 0, "not valid JSON");
  expect_refused("{\"\xff\":1}", 0, "not valid JSON");
  expect_refused("{\"a\":1}", 0, "tensor 'a' is not a JSON object");
  expect_refused("{\"a\":[1]}", 0, "tensor 'a' is not a JSON object");
  expect_refused("{\"a\":{\"shape\":[[1]]}}", 0, "nested too deeply");
  expect_refused("{\"a\":{\"shape\":{\"b\":1}}}", 0, "nested too deeply");
  expect_refused("{\"a\":" + std::string(100'000, '['), 0, "not a JSON object");
  expect_refused("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ 'a' is not a string");
  expect_refused(tensor(R"("shape":[1],"data_offsets":[0,4])"), 4, "tensor 'a' has no dtype");
  expect_refused(tensor(R"("dtype":"F32","data_offsets":[0,4])"), 4, "tensor 'a' has no shape");
  expect_refused(tensor(R"("dtype":"F32","shape":[1])"), 4, "tensor 'a' has no data_offsets");
  expect_refused(tensor(R"("dtype":1,"shape":[1],"data_offsets":[0,4])"), 4, "dtype that is not a string");
  expect_refused(tensor(R"("dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4])"), 4, "has dtype 'F8_E4M3'");
  expect_refused(tensor(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"), 4,
                 "a shape that is not an array");
  expect_refused(tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), 4, "a shape with '-1'");
  expect_refused(tensor(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), 4, "a shape with '1.0'");
  expect_refused(tensor(R"("dtype":"F32","shape":["\u001b[31m"],"data_offsets":[0,4])"), 4, "a shape with");
  expect_refused(tensor(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4])"), 4,
                 "a shape with '18446744073709551615'");
  expect_refused(tensor(R"("dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4])"), 4,
                 "overflows");
  expect_refused(tensor(R"("dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0])"), 0,
                 "overflows");
  expect_refused(tensor(R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1])"),
                 1, "has 17 dimensions");
  expect_refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), 4, "has 1 data_offsets");
  expect_refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4, "data_offsets [4, 0]");
  expect_refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])"), 4,
                 "within the 4 bytes of data");
  expect_refused(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4,
                 "tensor 'a' has 4 bytes, expected 8 for F32 of shape [2]");
  expect_refused(tensor(R"("dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4])"), 4,
                 "a field of tensor 'a' comes twice");
  expect_refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"), 5, "end at byte 4 of the data");
  expect_refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"), 8, "begins at byte 4");
  const std::string one = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  const std::string shifted = R"({"dtype":"F32","shape":[1],"data_offsets":[2,6]})";
  expect_refused("{\"a\":" + one + ",\"a\":" + one + "}", 4, "tensor 'a' comes twice");
  expect_refused("{\"a\":" + one + ",\"b\":" + one + "}", 4, "tensor 'b' begins at byte 0");
  expect_refused("{\"a\":" + one + ",\"b\":" + shifted + "}", 6, "tensor 'b' begins at byte 2");
  expect_refused("{\"\\u001b[31m" + std::string(1000, 'x') + "\":1}", 0, "tensor '?[31mxxx");
}

// Whatever the bytes, opening gives tensors within the file or an Error; ASan sees the rest.
TEST_F(SafetensorsTest, MutatedFilesNeverReadOutOfBounds) {
  const std::string golden = read_text(fs::path(ATTUNE_GOLDENS) / "mixed.safetensors");
  const fs::path path = directory_.path() / "mutated.safetensors";
  std::mt19937 random(7);
  const std::string alphabet = R"({}[]",:0123456789-.eE \)";
  int opened = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string content = golden;
    for (unsigned edit = 0; edit <= random() % 3; ++edit) {
      const std::size_t at = random() % content.size();
      switch (random() % 4) {
        case 0:
          content[at] = static_cast<char>(random());
          break;
        case 1:
          content[at] = alphabet[random() % alphabet.size()];
          break;
        case 2:
          content.erase(at, random() % 8);
          break;
        default:
          content.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
      }
    }
    fs::remove(path);
    FileDescriptor(path, O_WRONLY | O_CREAT).write(std::as_bytes(std::span(content)), path);
    try {
      unsigned sum = 0;
      const Safetensors file(path);
      for (const TensorView& tensor : file.tensors()) {
        for (std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
      }
      EXPECT_GT(sum, 0u);
      ++opened;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(opened, 0) << "some mutations, as of data, do no harm";
  EXPECT_LT(opened, 1500);
}

TEST_F(SafetensorsTest, OpensALargeFileWithoutReadingIt) {
  constexpr std::size_t size = 500'000'000;
  const std::string header = R"({"a":{"dtype":"U8","shape":[500000000],"data_offsets":[0,500000000]}})";
  const fs::path path = write("large.safetensors", header, 0);
  fs::resize_file(path, 8 + header.size() + size);  // sparse: takes no room
  const auto begin = std::chrono::steady_clock::now();
  const Safetensors file(path);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(file.find("a")->bytes.size(), size);
  EXPECT_LT(elapsed.count(), 0.05);
}

TEST_F(SafetensorsTest, OpensShards) {
  const std::string a = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const std::string b =
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  write("model-00001-of-00002.safetensors", b, 2);
  write("model-00002-of-00002.safetensors", a, 1);
  const auto index = [&](const std::string& text) {
    write_text_atomically(directory_.path() / "model.safetensors.index.json", text);
  };
  index(R"({"metadata":{"total_size":3},"weight_map":{"b":"model-00001-of-00002.safetensors",)"
        R"("a":"model-00002-of-00002.safetensors"}})");
  {
    const Safetensors sharded(directory_.path());
    ASSERT_EQ(sharded.tensors().size(), 2u);
    EXPECT_EQ(sharded.tensors()[0].name, "a");
    EXPECT_EQ(sharded.find("b")->bytes.size(), 2u);
    EXPECT_EQ(sharded.metadata().at("format"), "pt");
  }
  const auto refused = [&](const std::string& text, const std::string& message) {
    index(text);
    EXPECT_THAT([&] { Safetensors{directory_.path()}; }, ThrowsMessage<Error>(HasSubstr(message))) << text;
  };
  refused(R"({"weight_map":{"c":"model-00001-of-00002.safetensors"}})", "has no tensor 'c'");
  refused(R"({"weight_map":{"a":"model-00003-of-00002.safetensors"}})",
          "model-00003-of-00002.safetensors is missing");
  for (const char* name : {"../other/model.safetensors", "/etc/passwd", "a/b.safetensors", "..", ""}) {
    refused(std::string(R"({"weight_map":{"a":")") + name + "\"}}",
            "expected a .safetensors file of the same");
  }
  refused(R"({"weight_map":{"a":1}})", "weight_map 'a' is not a string");
  refused(R"({"weight_map":[]})", "has no object weight_map");
  refused(R"({"weight_map":{}})", "names no tensors");
  refused(R"({"weight_map")", "is not valid JSON");
}

TEST_F(SafetensorsTest, NamesWhatADirectoryLacks) {
  EXPECT_THAT(
      [&] { Safetensors{directory_.path()}; },
      ThrowsMessage<Error>(HasSubstr("has neither model.safetensors nor model.safetensors.index.json")));
  EXPECT_THAT([&] { Safetensors{directory_.path() / "no"}; }, ThrowsMessage<Error>(HasSubstr("cannot open")));
  write("model.safetensors", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1);
  EXPECT_NE(Safetensors(directory_.path()).find("a"), nullptr);
}

}  // namespace
}  // namespace attune::io
