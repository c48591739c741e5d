// Runs the real command and looks at what it did.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace attune::testing {

struct Outcome {
  int exit_code = 0;  // 128 + the signal when it was killed by one
  std::string out, err;
};

// A directory of its own for every test, and the command run inside it through a shell.
class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // `arguments` as typed after "attune"; quoting is the shell's. `before` is shell text run first ("ulimit -f
  // 8;").
  Outcome attune(const std::string& arguments, const std::string& input = "",
                 const std::string& before = "") const;
  Outcome shell(const std::string& script) const;
  // The command ends with this code, says all of the parts, and leaves no model behind.
  void expect_refused(const std::string& arguments, int exit_code, const std::vector<std::string>& parts,
                      const std::string& input = "") const;

  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }

  // English-like text that a small model learns something from.
  static std::string sample_text(int sentences);

  // Directories with a model below the test's, however deep.
  std::vector<std::string> models() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace attune::testing
