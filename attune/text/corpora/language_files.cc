#include "attune/text/corpora/language_files.h"

#include <algorithm>
#include <memory>

#include "attune/base/error.h"
#include "attune/text/corpora/line_reader.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with("."))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  check(!files.empty(), "{} is a directory without files, expected the texts of a language",
        directory.string());
  return files;
}

// Bytes of text; of a compressed file about as many as it may hold.
double text_bytes(const LanguageFiles& language) {
  constexpr double usual_compression = 3;
  double bytes = 0;
  for (const fs::path& file : language.files)
    bytes += static_cast<double>(fs::file_size(file)) * (file.extension() == ".gz" ? usual_compression : 1);
  return bytes;
}

// Reads language after language, and of each takes lines as long as they are fewer bytes than its share of
// what has gone by.
class LineSample {
 public:
  LineSample(std::vector<LanguageFiles> languages, const std::vector<double>& shares, std::uint64_t budget)
      : languages_(std::move(languages)) {
    for (std::size_t i = 0; i < languages_.size(); ++i)
      kept_.push_back(static_cast<double>(budget) * shares[i] / std::max(1.0, text_bytes(languages_[i])));
  }

  bool next(std::string& line) {
    while (next_line(line)) {
      if (line.find_first_not_of(" \t\r\n\v\f") == line.npos) continue;
      read_ += static_cast<double>(line.size() + 1);
      if (taken_ > kept_[language_] * read_) continue;
      taken_ += static_cast<double>(line.size() + 1);
      return true;
    }
    return false;
  }

 private:
  bool next_line(std::string& line) {
    while (language_ < languages_.size()) {
      const auto& files = languages_[language_].files;
      if (reader_ && reader_->next(line)) return true;
      reader_.reset();
      if (file_ < files.size()) {
        reader_ = std::make_unique<LineReader>(files[file_++]);
        continue;
      }
      ++language_;
      file_ = 0;
      read_ = taken_ = 0;
    }
    return false;
  }

  std::vector<LanguageFiles> languages_;
  std::vector<double> kept_;  // which part of each language
  std::size_t language_ = 0, file_ = 0;
  std::unique_ptr<LineReader> reader_;
  double read_ = 0, taken_ = 0;  // bytes of the current language
};

}  // namespace

std::vector<LanguageFiles> find_languages(const std::vector<std::string>& paths) {
  std::vector<LanguageFiles> languages;
  for (const std::string& path : paths) {
    const fs::path normal = fs::path(path).lexically_normal();
    if (fs::is_directory(path)) {
      const fs::path name = normal.has_filename() ? normal.filename() : normal.parent_path().filename();
      languages.push_back({name.string(), files_in(path)});
      continue;
    }
    check(fs::exists(path), "cannot open {}: No such file or directory", path);
    check(fs::is_regular_file(path), "{} is neither a text file nor a directory of them", path);
    languages.push_back({normal.stem().string(), {path}});
  }
  return languages;
}

NextText sample_lines(std::vector<LanguageFiles> languages, std::vector<double> shares,
                      std::uint64_t budget) {
  const auto sample = std::make_shared<LineSample>(std::move(languages), shares, budget);
  return [sample](std::string& line) { return sample->next(line); };
}

}  // namespace attune::text
