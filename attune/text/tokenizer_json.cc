#include "attune/text/tokenizer_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/error.h"
#include "attune/text/byte_alphabet.h"
#include "attune/text/models/bpe.h"
#include "attune/text/models/word_level.h"
#include "attune/text/pre_tokenizers/byte_level.h"
#include "attune/text/pre_tokenizers/characters.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

// The "type" of a stage of the pipeline, "none" where the stage is null or missing.
std::string type_of(const Json& tokenizer, const char* stage) {
  const auto found = tokenizer.find(stage);
  if (found == tokenizer.end() || found->is_null()) return "none";
  if (found->contains("type")) return found->at("type").get<std::string>();
  return found->contains("merges") ? "BPE" : "unknown";  // Models in files of before 2020 lack their type.
}

void check_type(const Json& tokenizer, const char* stage, std::initializer_list<std::string_view> supported) {
  const std::string type = type_of(tokenizer, stage);
  for (const std::string_view name : supported) {
    if (type == name) return;
  }
  fail("{} {} is not supported, expected {}", stage, type, fmt::join(supported, " or "));
}

std::int32_t read_id(std::int64_t id, std::string_view token, std::size_t limit) {
  check(id >= 0 && static_cast<std::uint64_t>(id) < limit,
        "token \"{}\" has id {}, expected 0 to {} (the number of tokens allows no larger one)", token, id,
        limit - 1);
  return static_cast<std::int32_t>(id);
}

std::vector<AddedToken> read_added_tokens(const Json& tokenizer, std::size_t id_limit) {
  std::vector<AddedToken> tokens;
  for (const Json& json : tokenizer.value("added_tokens", Json::array())) {
    const auto& content = json.at("content").get_ref<const std::string&>();
    for (const char* name : {"single_word", "lstrip", "rstrip"}) {
      check(!json.value(name, false), "added token \"{}\" with \"{}\": true is not supported", content, name);
    }
    tokens.push_back({read_id(json.at("id").get<std::int64_t>(), content, id_limit), content,
                      json.value("special", false)});
  }
  return tokens;
}

void set_token(std::vector<std::string>& tokens, std::int32_t id, std::string token) {
  if (static_cast<std::size_t>(id) >= tokens.size()) tokens.resize(static_cast<std::size_t>(id) + 1);
  std::string& place = tokens[static_cast<std::size_t>(id)];
  check(place.empty() || place == token, "tokens \"{}\" and \"{}\" have the same id {}", place, token, id);
  place = std::move(token);
}

// The ids of a file may have holes, but not so many that a hostile one asks for all memory.
std::size_t id_limit(std::size_t tokens) { return 2 * tokens + 1024; }

// Tokens as bytes, by id. Added tokens stand as they are, also where they are listed in the model's
// vocabulary.
std::shared_ptr<const Vocabulary> read_vocabulary(const VocabEntries& vocab,
                                                  const std::vector<AddedToken>& added, bool byte_level) {
  std::vector<std::string> tokens;
  for (const AddedToken& token : added) set_token(tokens, token.id, token.content);
  std::vector<bool> is_added(id_limit(vocab.size() + added.size()));
  for (const AddedToken& token : added) is_added[static_cast<std::size_t>(token.id)] = true;
  for (const auto& [written, number] : vocab) {
    const std::int32_t id = read_id(number, written, is_added.size());
    if (!byte_level || is_added[static_cast<std::size_t>(id)]) {
      set_token(tokens, id, written);
      continue;
    }
    auto bytes = alphabet_to_bytes(written);
    check(bytes.has_value(), "token \"{}\" (id {}) has a character outside the alphabet for bytes", written,
          id);
    set_token(tokens, id, std::move(*bytes));
  }
  check(!tokens.empty(), "the vocabulary is empty");
  return std::make_shared<const Vocabulary>(std::move(tokens));
}

// A special token in tokenizer_config.json: "TEXT", {"content": "TEXT", ...}, null or missing.
std::optional<std::int32_t> read_special(const Json& config, const char* name, const AddedTokens& added,
                                         const Vocabulary& vocabulary) {
  const auto field = config.find(name);
  if (field == config.end() || field->is_null()) return std::nullopt;
  const Json& content = field->is_object() ? field->at("content") : *field;
  const auto& token = content.get_ref<const std::string&>();
  if (const AddedToken* found = added.find_content(token)) return found->id;
  const auto id = vocabulary.find(token);
  check(id.has_value(), "tokenizer_config.json names the {} \"{}\", which the vocabulary lacks", name, token);
  return id;
}

// Where the configuration says nothing of the end, GPT-2's <|endoftext|> begins and ends texts, as in HF.
SpecialTokens read_special_tokens(const Json& config, const AddedTokens& added,
                                  const Vocabulary& vocabulary) {
  const Json fields = config.is_null() ? Json::object() : config;
  SpecialTokens special{read_special(fields, "bos_token", added, vocabulary),
                        read_special(fields, "eos_token", added, vocabulary),
                        read_special(fields, "unk_token", added, vocabulary),
                        read_special(fields, "pad_token", added, vocabulary)};
  if (const AddedToken* end = added.find_content(kEndOfText)) {
    if (!fields.contains("eos_token")) special.eos = end->id;
    if (!fields.contains("bos_token")) special.bos = end->id;
  }
  return special;
}

// Whether the template appends the end to a text. transformers 5 saves GPT-2 with one that is the text alone.
// Others are not supported.
bool appends_end(const Json& post_processor, const SpecialTokens& special, const AddedTokens& added) {
  const Json single = post_processor.value("single", Json::array());
  const bool text_first = !single.empty() && single[0].contains("Sequence");
  if (text_first && single.size() == 1) return false;
  if (text_first && single.size() == 2 && single[1].contains("SpecialToken") && special.eos) {
    const AddedToken* token =
        added.find_content(single[1].at("SpecialToken").at("id").get_ref<const std::string&>());
    if (token && token->id == *special.eos) return true;
  }
  fail(
      "post_processor TemplateProcessing with \"single\" {} is not supported, expected the text alone or the "
      "text and the eos_token",
      single.dump());
}

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerFile& file, const Json& config) {
  const Json tokenizer = Json::parse(file.rest);
  check_type(tokenizer, "normalizer", {"none"});
  check_type(tokenizer, "pre_tokenizer", {"ByteLevel", "Split"});
  const bool byte_level = type_of(tokenizer, "pre_tokenizer") == "ByteLevel";
  check_type(tokenizer, "model", {byte_level ? "BPE" : "WordLevel"});
  check_type(tokenizer, "decoder", {byte_level ? "ByteLevel" : "Fuse"});
  check_type(tokenizer, "post_processor", {"none", "ByteLevel", "TemplateProcessing"});

  const std::size_t added_count = tokenizer.value("added_tokens", Json::array()).size();
  AddedTokens added(read_added_tokens(tokenizer, id_limit(file.vocab.size() + added_count)));
  auto vocabulary = read_vocabulary(file.vocab, added.tokens(), byte_level);
  const SpecialTokens special = read_special_tokens(config, added, *vocabulary);
  // ByteLevel moves offsets, never ids.
  const bool ends_text = type_of(tokenizer, "post_processor") == "TemplateProcessing" &&
                         appends_end(tokenizer.at("post_processor"), special, added);
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::unique_ptr<Model> model;
  if (byte_level) {
    pre_tokenizer = std::make_unique<ByteLevel>(ByteLevel::from_json(tokenizer.at("pre_tokenizer")));
    model = Bpe::from_json(tokenizer.at("model"), file.merges, vocabulary);
  } else {
    pre_tokenizer = std::make_unique<Characters>(Characters::from_json(tokenizer.at("pre_tokenizer")));
    model = WordLevel::from_json(tokenizer.at("model"), vocabulary);
  }
  return std::make_unique<Tokenizer>(std::move(pre_tokenizer), std::move(model), std::move(vocabulary),
                                     std::move(added), special, ends_text);
}

std::unique_ptr<Tokenizer> make_tokenizer(const VocabEntries& vocab, const MergeEntries& merges,
                                          const Json& config) {
  std::vector<AddedToken> end_of_text;
  for (const auto& [token, id] : vocab) {
    if (token == kEndOfText) end_of_text.push_back({read_id(id, token, id_limit(vocab.size())), token});
  }
  AddedTokens added(std::move(end_of_text));
  auto vocabulary = read_vocabulary(vocab, added.tokens(), /*byte_level=*/true);
  const SpecialTokens special = read_special_tokens(config, added, *vocabulary);
  auto bpe = std::make_unique<Bpe>(vocabulary, Bpe::find_merges(merges, *vocabulary));
  return std::make_unique<Tokenizer>(std::make_unique<ByteLevel>(), std::move(bpe), std::move(vocabulary),
                                     std::move(added), special);
}

nlohmann::ordered_json tokenizer_config(const Tokenizer& tokenizer, std::int64_t model_max_length) {
  const auto name = [&](std::optional<std::int32_t> id) {
    return id ? nlohmann::ordered_json(tokenizer.id_to_token(*id)) : nlohmann::ordered_json();
  };
  // With any other class HF builds the tokenizer anew, by the rules of that class, and gives other ids.
  return {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"model_max_length", model_max_length},
          {"bos_token", name(tokenizer.special().bos)},   {"eos_token", name(tokenizer.special().eos)},
          {"unk_token", name(tokenizer.special().unk)},   {"pad_token", name(tokenizer.special().pad)},
          {"clean_up_tokenization_spaces", false}};
}

}  // namespace attune::text
