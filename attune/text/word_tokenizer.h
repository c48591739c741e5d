// The tokenizer of a model that reads a text word by word.
#pragma once

#include <filesystem>
#include <memory>

#include "attune/text/tokenizer.h"

namespace attune::text {

// What load_tokenizer() gives, to be used by encode_words(). Byte-level BPE (RoBERTa) is told to put a blank
// before each word: without, it would see all of them as glued to the one before. Hugging Face's run_ner.py
// asks for the same by add_prefix_space=True.
std::unique_ptr<Tokenizer> load_word_tokenizer(const std::filesystem::path& path);
// The same of a tokenizer that is there.
std::unique_ptr<Tokenizer> word_tokenizer(std::unique_ptr<Tokenizer> tokenizer);

}  // namespace attune::text
