#include "tests/e2e/command.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace attune::testing {

void CommandTest::SetUp() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  directory_ = std::filesystem::temp_directory_path() /
               (std::string("attune_e2e_") + info->name() + "_" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory_);
}

void CommandTest::TearDown() { std::filesystem::remove_all(directory_); }

Outcome CommandTest::shell(const std::string& script) const {
  write(".script", "export PATH=" ATTUNE_BUILD_DIR ":$PATH\n" + script + "\n");
  const std::string command = "cd '" + directory_.string() + "' && bash .script > .out 2> .err";
  const int status = std::system(command.c_str());
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read(".out"),
                  read(".err")};
  return outcome;
}

Outcome CommandTest::attune(const std::string& arguments, const std::string& input,
                            const std::string& before) const {
  write(".in", input);
  return shell(before + " attune " + arguments + " < .in");
}

void CommandTest::expect_refused(const std::string& arguments, int exit_code,
                                 const std::vector<std::string>& parts, const std::string& input) const {
  const auto before = models();
  const Outcome outcome = attune(arguments, input);
  EXPECT_EQ(outcome.exit_code, exit_code) << arguments << "\n" << outcome.err;
  for (const std::string& part : parts) EXPECT_THAT(outcome.err, ::testing::HasSubstr(part)) << arguments;
  EXPECT_EQ(models(), before) << arguments;
}

std::vector<std::string> CommandTest::models() const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
    if (entry.path().filename() == "model.safetensors") found.push_back(entry.path().parent_path().string());
  }
  std::ranges::sort(found);
  return found;
}

void CommandTest::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
}

std::string CommandTest::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string CommandTest::sample_text(int sentences) {
  const char* who[] = {"The cat", "A dog", "The old man", "My friend"};
  const char* does[] = {"sees", "finds", "likes", "keeps"};
  const char* what[] = {"the house.", "a red ball.", "the garden.", "some bread.", "a book."};
  std::string text;
  for (int i = 0; i < sentences; ++i) {
    text += std::string(who[i * 7 % 4]) + " " + does[i * 5 / 3 % 4] + " " + what[i * 11 / 2 % 5] +
            (i % 4 == 3 ? "\n" : " ");
  }
  return text;
}

}  // namespace attune::testing
