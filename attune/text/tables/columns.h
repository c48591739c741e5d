// Where the columns asked for stand among those of a file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

// The index in `present` of each name in `wanted`. Throws Error that lists the columns there are for a name
// that is missing. `advice` ends the message.
std::vector<std::size_t> find_columns(const std::filesystem::path& path,
                                      const std::vector<std::string>& present,
                                      const std::vector<std::string>& wanted, std::string_view advice);

// Throws Error for a name that stands twice; empty names may, as nobody can ask for them.
void expect_unique(const std::filesystem::path& path, std::int64_t line,
                   const std::vector<std::string>& names);

// "text", "label", ...: for messages, and no longer than messages should be.
std::string list_names(const std::vector<std::string>& names);

// Throws Error that names the place for what is not UTF-8, or holds a NUL, which would end every message
// about it.
void expect_text(std::string_view text, const std::filesystem::path& path, std::int64_t line);

}  // namespace attune::text
