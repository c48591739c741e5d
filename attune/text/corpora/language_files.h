// The files of a corpus by language.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "attune/text/tokenizer_choice.h"

namespace attune::text {

struct LanguageFiles {
  std::string name;  // of the file or the directory
  std::vector<std::filesystem::path> files;
};

// A file is a language, and so is a directory with all files in it, in the order of their names; hidden ones
// and those in directories of its own are passed over. Throws Error, naming it, for a path that is neither
// and for a directory without files.
std::vector<LanguageFiles> find_languages(const std::vector<std::string>& paths);

// The lines of the files that are not blank, for learning a tokenizer: all of them, or about `budget` bytes,
// spread evenly over each language, which gets its share of the budget. `shares` sum to 1.
NextText sample_lines(std::vector<LanguageFiles> languages, std::vector<double> shares, std::uint64_t budget);

}  // namespace attune::text
