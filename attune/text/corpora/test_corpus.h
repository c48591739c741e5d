// For tests: a tokenizer that a reader can follow, and texts in its tokens.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/text/corpora/sentence_corpus.h"
#include "attune/text/older_tokenizers.h"

namespace attune::text {

// BERT's, of letters: [PAD] [UNK] [CLS] [SEP] [MASK] are 0 to 4, a to z 5 to 30, ##a to ##z 31 to 56. A word
// has as many tokens as letters, a character that is none makes it [UNK].
inline std::unique_ptr<Tokenizer> letters_tokenizer() {
  std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (const std::string prefix : {"", "##"}) {
    for (char letter = 'a'; letter <= 'z'; ++letter) lines += prefix + letter + "\n";
  }
  return make_bert_tokenizer(lines, nullptr);
}

// The text of tokens: "[CLS] a ##b [SEP]".
inline std::string tokens_of(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
  std::string text;
  for (const std::int32_t id : ids) text += (text.empty() ? "" : " ") + tokenizer.id_to_token(id);
  return text;
}

// A corpus of one file with this text.
inline SentenceCorpus corpus_of(const std::string& text, const io::TestDirectory& directory,
                                bool words = true, const std::string& name = "text") {
  const auto file = directory.path() / name;
  io::write_text_atomically(file, text);
  return open_sentence_corpus({file}, *letters_tokenizer(), words, directory.path() / (name + ".sentences"));
}

}  // namespace attune::text
