// load_tokenizer() and save_tokenizer() of tokenizer.h, load_translation_tokenizer() of
// translation_tokenizer.h: which files a directory holds.
#include <nlohmann/json.hpp>

#include "attune/io/file.h"
#include "attune/text/marian_tokenizer.h"
#include "attune/text/older_tokenizers.h"
#include "attune/text/tokenizer.h"
#include "attune/text/tokenizer_json.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;

nlohmann::json read_json(const fs::path& path) {
  try {
    return nlohmann::json::parse(io::read_text(path));
  } catch (const nlohmann::json::exception& error) {
    fail("{}: not valid JSON: {}", path.string(), error.what());
  }
}

// Runs `read` so that its errors name the file, also those of a JSON value that is not of the expected type.
template <typename Read>
auto naming(const fs::path& path, Read read) {
  try {
    return read();
  } catch (const nlohmann::json::exception& error) {
    fail("{}: not a tokenizer as Hugging Face writes it: {}", path.string(), error.what());
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

// tokenizer_config.json; null where there is none.
nlohmann::json read_tokenizer_config(const fs::path& directory) {
  const fs::path path = directory / "tokenizer_config.json";
  if (!fs::exists(path)) return nullptr;
  nlohmann::json config = read_json(path);
  check(config.is_object(), "{}: not a JSON object", path.string());
  for (const char* name :
       {"bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token", "mask_token"}) {
    const auto token = config.find(name);
    if (token == config.end() || token->is_null() || token->is_string()) continue;
    check(token->is_object() && token->contains("content") && token->at("content").is_string(),
          "{}: \"{}\" is {}, expected a string, null or an object with the string \"content\"", path.string(),
          name, token->dump());
  }
  return config;
}

std::unique_ptr<TranslationTokenizer> load_marian_tokenizer(const fs::path& directory) {
  MarianTokenizer::Files files;
  for (const char* name : MarianTokenizer::kFiles) {
    if (fs::exists(directory / name)) files[name] = io::read_text(directory / name);
  }
  for (const char* name : {"source.spm", "target.spm", "vocab.json"}) {
    check(files.contains(name), "{}: no {}, which a Marian tokenizer needs beside {}", directory.string(),
          name, files.begin()->first);
  }
  const auto read_spm = [&](const char* name) {
    return naming(directory / name, [&] { return SentencePiece(files.at(name)); });
  };
  SentencePiece source = read_spm("source.spm"), target = read_spm("target.spm");
  const nlohmann::json config = read_tokenizer_config(directory);
  const VocabEntries vocab =
      naming(directory / "vocab.json", [&] { return parse_vocab_file(files.at("vocab.json")); });
  return naming(directory, [&] {
    return std::make_unique<MarianTokenizer>(std::move(source), std::move(target), vocab, config,
                                             std::move(files));
  });
}

}  // namespace

std::unique_ptr<TranslationTokenizer> load_translation_tokenizer(const fs::path& directory) {
  // Where both are, as in some directories of the hub, tokenizer.json is what somebody has made of the
  // others.
  for (const char* name : {"source.spm", "target.spm"}) {
    if (fs::exists(directory / name)) return load_marian_tokenizer(directory);
  }
  auto tokenizer = load_tokenizer(directory);
  return naming(directory, [&] { return share_tokenizer(std::move(tokenizer)); });
}

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  const bool is_file = fs::is_regular_file(path);
  const fs::path directory = is_file ? path.parent_path() : path;
  // The file that is there, or the one that was asked for.
  const auto find = [&](const char* name, std::string_view extension) -> std::optional<fs::path> {
    if (is_file) return path.extension() == extension ? std::optional(path) : std::nullopt;
    return fs::exists(directory / name) ? std::optional(directory / name) : std::nullopt;
  };
  const nlohmann::json config = read_tokenizer_config(directory);
  if (const auto file = find("tokenizer.json", ".json")) {
    return naming(*file, [&] { return make_tokenizer(parse_tokenizer_file(io::read_text(*file)), config); });
  }
  if (const auto file = find("vocab.txt", ".txt")) {
    return naming(*file, [&] { return make_bert_tokenizer(io::read_text(*file), config); });
  }
  if (const auto file = find("spiece.model", ".model")) {
    return naming(*file, [&] { return make_sentencepiece_tokenizer(io::read_text(*file), config); });
  }
  const fs::path vocab_path = directory / "vocab.json", merges_path = directory / "merges.txt";
  check(!is_file && fs::exists(vocab_path),
        "{}: no tokenizer: expected tokenizer.json, or vocab.json and merges.txt, or vocab.txt, or "
        "spiece.model",
        path.string());
  const VocabEntries vocab = naming(vocab_path, [&] { return parse_vocab_file(io::read_text(vocab_path)); });
  return naming(merges_path, [&] {
    return make_bpe_tokenizer(vocab, parse_merges_file(io::read_text(merges_path)), config);
  });
}

void save_tokenizer(const Tokenizer& tokenizer, const fs::path& directory, std::int64_t model_max_length,
                    bool token_types) {
  io::write_text_atomically(directory / "tokenizer.json", tokenizer.to_json().dump(2) + "\n");
  nlohmann::ordered_json config = tokenizer_config(tokenizer, model_max_length);
  if (token_types) config["model_input_names"] = {"input_ids", "token_type_ids", "attention_mask"};
  io::write_text_atomically(directory / "tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace attune::text
