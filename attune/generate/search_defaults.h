// How a directory asks for its translations to be searched for, as Hugging Face's generate() reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace attune::generate {

struct SearchDefaults {
  std::optional<std::int64_t> num_beams, max_new_tokens;  // "max_length" counts the start token as well
  std::optional<double> length_penalty;
  // What else it asks for that would change the result and is not done here: "no_repeat_ngram_size 3".
  std::vector<std::string> not_done;
};

// From generation_config.json; from config.json, where early models say it, when there is none. Throws Error
// that names the file and the field for a value that makes no sense.
SearchDefaults read_search_defaults(const std::filesystem::path& directory);

}  // namespace attune::generate
