#include "apps/attune/input/training_text.h"

#include "attune/io/message.h"

namespace attune::command {

text::TextFiles text_files(const std::vector<std::string>& paths, const std::string& separator) {
  text::TextFiles files{{paths.begin(), paths.end()}, std::nullopt};
  if (!separator.empty()) files.separator = separator;
  return files;
}

Corpora open_corpora(const TextSource& source, const text::Tokenizer& tokenizer, std::FILE* progress) {
  std::filesystem::create_directories(source.cache);
  const auto open = [&](const std::vector<std::string>& paths, const char* name) {
    // Only a text that takes a while to tokenise is worth a line.
    constexpr std::uint64_t worth_telling = std::uint64_t{32} << 20;
    std::uint64_t told = 0;
    return text::open_corpus(text_files(paths, source.separator), tokenizer, source.cache / name,
                             [&, told](std::uint64_t done, std::uint64_t total) mutable {
                               if (progress == nullptr || total < worth_telling || done * 20 / total == told)
                                 return;
                               told = done * 20 / total;
                               io::print_message(progress, "tokenising {}: {} of {} MB\n", name,
                                                 done / 1000000, total / 1000000);
                             });
  };
  text::TokenCorpus all = open(source.train, "train.tokens");
  if (source.valid_fraction > 0) {
    auto [train, valid] = all.split(source.valid_fraction);
    return {std::move(train), std::move(valid)};
  }
  if (!source.valid.empty()) return {std::move(all), open(source.valid, "valid.tokens")};
  return {std::move(all), std::nullopt};
}

}  // namespace attune::command
