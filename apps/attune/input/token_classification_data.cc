#include "apps/attune/input/token_classification_data.h"

#include <fmt/format.h>

#include "attune/base/error.h"
#include "attune/io/message.h"

namespace attune::command {

std::size_t word_column_of(std::int64_t flag) {
  if (flag < 1) fail_usage("--word-column is {}, expected 1 or more", flag);
  return static_cast<std::size_t>(flag - 1);
}

text::ConllColumns columns_of(const TokenClassificationRun& run) {
  text::ConllColumns columns{.word = word_column_of(run.word_column)};
  if (run.label_column < 0)
    fail_usage("--label-column is {}, expected 1 or more, or 0 for the last column", run.label_column);
  if (run.label_column == run.word_column)
    fail_usage("--word-column and --label-column are both {}", run.label_column);
  if (run.label_column > 0) columns.tag = static_cast<std::size_t>(run.label_column - 1);
  return columns;
}

std::vector<ConllFile> read_files(const std::vector<std::string>& paths, const text::ConllColumns& columns) {
  std::vector<ConllFile> files;
  for (const std::string& path : paths) files.push_back({path, text::read_conll(path, columns)});
  return files;
}

tasks::LabelledSentences encode(const std::vector<ConllFile>& files, const text::Tokenizer& tokenizer,
                                const tasks::LabelMap& labels, std::int64_t max_length) {
  tasks::LabelledSentences all;
  for (const ConllFile& file : files) {
    for (const text::TaggedSentence& sentence : file.sentences) {
      all.sentences.add(tokenizer, sentence.words, max_length);
      auto& ids = all.labels.emplace_back();
      for (std::size_t i = 0; i < sentence.size(); ++i) {
        const auto id = labels.id(sentence.tags[i]);
        ids.push_back(id ? *id
                         : tasks::label_id(sentence.tags[i], labels,
                                           fmt::format("{}: line {}", file.path, sentence.lines[i])));
      }
    }
  }
  return all;
}

void tell_cut(std::FILE* progress, const tasks::LabelledSentences& some, std::int64_t max_length,
              const char* which, const char* consequence) {
  if (progress == nullptr || some.sentences.cut == 0) return;
  io::print_message(progress,
                    "{} of the {} {} sentences have more than {} tokens: the words after these {}\n",
                    some.sentences.cut, some.labels.size(), which, max_length, consequence);
}

}  // namespace attune::command
