#include "attune/text/tokenizer_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/encoding_json.h"
#include "attune/text/models/bpe.h"
#include "attune/text/models/unigram.h"
#include "attune/text/models/word_level.h"
#include "attune/text/models/wordpiece.h"
#include "attune/text/unicode/byte_alphabet.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

// A stage of the pipeline, nullptr where it is null or missing.
const Json* stage_of(const Json& tokenizer, const char* name) {
  const auto found = tokenizer.find(name);
  return found == tokenizer.end() || found->is_null() ? nullptr : &*found;
}

// Whether pieces are bytes in the end.
bool is_byte_level(const Json* pre_tokenizer) {
  if (!pre_tokenizer) return false;
  const std::string type = type_of(*pre_tokenizer, "pre_tokenizer");
  if (type != "Sequence") return type == "ByteLevel";
  const Json& parts = pre_tokenizer->at("pretokenizers");
  return !parts.empty() && is_byte_level(&parts.back());
}

// The ids of a file may have holes, but not so many that a hostile one asks for all memory.
std::size_t id_limit(std::size_t tokens) { return 2 * tokens + 1024; }

std::int32_t read_id(std::int64_t id, std::string_view token, std::size_t limit) {
  check(id >= 0 && static_cast<std::uint64_t>(id) < limit,
        "token \"{}\" has id {}, expected 0 to {} (the number of tokens allows no larger one)", token, id,
        limit - 1);
  return static_cast<std::int32_t>(id);
}

std::vector<AddedToken> read_added_tokens(const Json& tokenizer, std::size_t vocabulary_size) {
  const Json list = tokenizer.value("added_tokens", Json::array());
  std::vector<AddedToken> tokens;
  for (const Json& json : list) {
    const auto& content = json.at("content").get_ref<const std::string&>();
    tokens.push_back(
        {.id = read_id(json.at("id").get<std::int64_t>(), content, id_limit(vocabulary_size + list.size())),
         .content = content,
         .special = json.value("special", false),
         .single_word = json.value("single_word", false),
         .lstrip = json.value("lstrip", false),
         .rstrip = json.value("rstrip", false),
         .normalized = json.value("normalized", false)});
  }
  return tokens;
}

// An added token that the vocabulary has under its id must be that one there.
void check_added(const AddedTokens& added, const Vocabulary& vocabulary) {
  for (const AddedToken& token : added.tokens()) {
    const std::string there = vocabulary.contains(token.id) ? vocabulary.token(token.id) : std::string();
    check(there.empty() || there == token.content, "tokens \"{}\" and \"{}\" have the same id {}", there,
          token.content, token.id);
  }
}

// Of byte-level BPE: tokens as bytes. Added tokens stand as they are, also where they are listed in the
// model's vocabulary.
std::shared_ptr<const Vocabulary> read_vocabulary(const VocabEntries& vocab, const AddedTokens& added,
                                                  bool byte_level) {
  std::vector<std::string> tokens = tokens_by_id(vocab);
  check(!tokens.empty(), "the vocabulary is empty");
  for (std::size_t id = 0; byte_level && id < tokens.size(); ++id) {
    const AddedToken* const token = added.find_id(static_cast<std::int32_t>(id));
    if (token && token->content == tokens[id]) continue;
    auto bytes = alphabet_to_bytes(tokens[id]);
    check(bytes.has_value(), "token \"{}\" (id {}) has a character outside the alphabet for bytes",
          tokens[id], id);
    tokens[id] = std::move(*bytes);
  }
  return std::make_shared<const Vocabulary>(std::move(tokens));
}

// A special token in tokenizer_config.json: "TEXT", {"content": "TEXT", ...}, null or missing.
std::optional<std::int32_t> read_special(const Json& config, const char* name,
                                         std::initializer_list<const char*> usual, const AddedTokens& added,
                                         const Vocabulary& vocabulary) {
  const auto field = config.find(name);
  if (field == config.end()) {
    for (const char* token : usual) {
      if (const AddedToken* found = added.find_content(token); found && found->special) return found->id;
    }
    return std::nullopt;
  }
  if (field->is_null()) return std::nullopt;
  const Json& content = field->is_object() ? field->at("content") : *field;
  const auto& token = content.get_ref<const std::string&>();
  if (const AddedToken* found = added.find_content(token)) return found->id;
  const auto id = vocabulary.find(token);
  check(id.has_value(), "tokenizer_config.json names the {} \"{}\", which the vocabulary lacks", name, token);
  return id;
}

// Models in files of before 2020 lack their type.
std::string model_type(const Json& model) {
  if (model.is_object() && !model.contains("type")) {
    if (model.contains("merges")) return "BPE";
    if (model.contains("continuing_subword_prefix")) return "WordPiece";
    if (model.contains("unk_id")) return "Unigram";
  }
  return type_of(model, "model");
}

std::unique_ptr<const Model> read_model(const TokenizerFile& file, const Json& json, const AddedTokens& added,
                                        bool byte_level) {
  const std::string type = model_type(json);
  if (type == "Unigram") {
    check(!byte_level, "model Unigram after pre_tokenizer ByteLevel is not supported, expected BPE");
    return Unigram::from_json(json, file.scored);
  }
  if (type != "BPE" && type != "WordPiece" && type != "WordLevel") {
    fail("model {} is not supported, expected BPE, WordPiece, Unigram or WordLevel", type);
  }
  check(type == "BPE" || !byte_level, "model {} after pre_tokenizer ByteLevel is not supported, expected BPE",
        type);
  auto vocabulary = read_vocabulary(file.vocab, added, byte_level);
  if (type == "BPE") return Bpe::from_json(json, file.merges, std::move(vocabulary), byte_level);
  if (type == "WordPiece") return WordPiece::from_json(json, std::move(vocabulary));
  return WordLevel::from_json(json, std::move(vocabulary));
}

}  // namespace

std::vector<std::string> tokens_by_id(const VocabEntries& vocab) {
  std::vector<std::string> tokens;
  for (const auto& [token, number] : vocab) {
    const auto id = static_cast<std::size_t>(read_id(number, token, id_limit(vocab.size())));
    if (id >= tokens.size()) tokens.resize(id + 1);
    check(tokens[id].empty() || tokens[id] == token, "tokens \"{}\" and \"{}\" have the same id {}",
          tokens[id], token, id);
    tokens[id] = token;
  }
  return tokens;
}

// Where the configuration says nothing of them, GPT-2's <|endoftext|> begins and ends texts, as in HF.
SpecialTokens read_special_tokens(const Json& config, const AddedTokens& added,
                                  const Vocabulary& vocabulary) {
  const Json fields = config.is_null() ? Json::object() : config;
  const std::string end_of_text(kEndOfText);
  const bool roberta = added.find_content("<mask>") != nullptr;
  const auto read = [&](const char* name, std::initializer_list<const char*> usual) {
    return read_special(fields, name, usual, added, vocabulary);
  };
  return {.bos = read("bos_token", {end_of_text.c_str(), "<s>"}),
          .eos = read("eos_token", {end_of_text.c_str(), "</s>"}),
          .unk = read("unk_token", {"[UNK]", "<unk>"}),
          .pad = read("pad_token", {"[PAD]", "<pad>"}),
          .cls = read("cls_token", {"[CLS]", roberta ? "<s>" : "[CLS]"}),
          .sep = read("sep_token", {"[SEP]", roberta ? "</s>" : "[SEP]"}),
          .mask = read("mask_token", {"[MASK]", "<mask>"})};
}

std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerFile& file, const Json& config) {
  const Json tokenizer = Json::parse(file.rest);
  const Json* const normalizer = stage_of(tokenizer, "normalizer");
  const Json* const pre_tokenizer = stage_of(tokenizer, "pre_tokenizer");
  const Json* const post_processor = stage_of(tokenizer, "post_processor");
  const Json* const decoder = stage_of(tokenizer, "decoder");
  Pipeline pipeline;
  if (normalizer) pipeline.normalizer = make_normalizer(*normalizer);
  if (pre_tokenizer) pipeline.pre_tokenizer = make_pre_tokenizer(*pre_tokenizer);
  if (post_processor) pipeline.post_processor = make_post_processor(*post_processor);
  if (decoder) pipeline.decoder = make_decoder(*decoder);
  AddedTokens added(read_added_tokens(tokenizer, file.vocab.size() + file.scored.size()));
  pipeline.model = read_model(file, tokenizer.at("model"), added, is_byte_level(pre_tokenizer));
  check_added(added, pipeline.model->vocabulary());
  const SpecialTokens special = read_special_tokens(config, added, pipeline.model->vocabulary());
  const auto field = [&](const char* name) { return tokenizer.value(name, Json()); };
  return std::make_unique<Tokenizer>(
      std::move(pipeline), std::move(added), special,
      StoredLengths{read_truncation(field("truncation")), read_padding(field("padding"))});
}

nlohmann::ordered_json tokenizer_config(const Tokenizer& tokenizer, std::int64_t model_max_length) {
  const auto name = [&](std::optional<std::int32_t> id) {
    return id ? nlohmann::ordered_json(tokenizer.id_to_token(*id)) : nlohmann::ordered_json();
  };
  const SpecialTokens& special = tokenizer.special();
  // With any other class HF builds the tokenizer anew, by the rules of that class, and gives other ids.
  nlohmann::ordered_json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                   {"model_max_length", model_max_length},
                                   {"bos_token", name(special.bos)},
                                   {"eos_token", name(special.eos)},
                                   {"unk_token", name(special.unk)},
                                   {"pad_token", name(special.pad)}};
  if (special.cls) config["cls_token"] = name(special.cls);
  if (special.sep) config["sep_token"] = name(special.sep);
  if (special.mask) config["mask_token"] = name(special.mask);
  config["clean_up_tokenization_spaces"] = false;
  return config;
}

}  // namespace attune::text
