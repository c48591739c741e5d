#include "attune/text/marian_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/io/file.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

// The file may have holes, but not so many that a hostile one asks for all memory.
Vocabulary read_vocabulary(const VocabEntries& vocab) {
  std::vector<std::string> tokens;
  const std::size_t limit = 2 * vocab.size() + 1024;
  for (const auto& [token, id] : vocab) {
    check(id >= 0 && static_cast<std::uint64_t>(id) < limit,
          "vocab.json: token \"{}\" has id {}, expected 0 to {} (the number of tokens allows no larger one)",
          token, id, limit - 1);
    const auto place = static_cast<std::size_t>(id);
    if (place >= tokens.size()) tokens.resize(place + 1);
    check(tokens[place].empty(), "vocab.json: tokens \"{}\" and \"{}\" have the same id {}", tokens[place],
          token, id);
    tokens[place] = token;
  }
  check(!tokens.empty(), "vocab.json: the vocabulary is empty");
  return Vocabulary(std::move(tokens));
}

void expect_supported(const Json& config) {
  check(config.is_null() || config.is_object(), "tokenizer_config.json is not a JSON object");
  if (config.is_null()) return;
  check(
      !config.value("separate_vocabs", false),
      "tokenizer_config.json sets \"separate_vocabs\", which is not supported: source and target must share "
      "vocab.json");
  const auto arguments = config.find("sp_model_kwargs");
  check(arguments == config.end() || arguments->is_null() || arguments->empty(),
        "tokenizer_config.json sets \"sp_model_kwargs\" to {}, which is not supported",
        arguments == config.end() ? "" : arguments->dump());
}

// "TEXT" or {"content": "TEXT", ...}.
std::string content_of(const Json& token) {
  if (token.is_string()) return token.get<std::string>();
  const auto found = token.is_object() ? token.find("content") : token.end();
  check(found != token.end() && found->is_string(),
        "tokenizer_config.json: added token {}, expected a string or an object with the string \"content\"",
        token.dump());
  const auto content = found->get<std::string>();
  for (const char* name : {"single_word", "lstrip", "rstrip"}) {
    check(!token.value(name, false),
          "tokenizer_config.json: added token \"{}\" with \"{}\": true is not supported", content, name);
  }
  return content;
}

std::int32_t find_token(const Vocabulary& vocabulary, const std::string& token, std::string_view name) {
  const auto id = vocabulary.find(token);
  check(id.has_value(), "the {} \"{}\" is not in the vocabulary", name, token);
  return *id;
}

std::int32_t read_special(const Vocabulary& vocabulary, const Json& config, const char* name,
                          const char* otherwise) {
  const auto field = config.find(name);
  const bool named = config.is_object() && field != config.end() && !field->is_null();
  return find_token(vocabulary, named ? content_of(*field) : otherwise, name);
}

SpecialTokens read_special_tokens(const Vocabulary& vocabulary, const Json& config) {
  return {.bos = std::nullopt,
          .eos = read_special(vocabulary, config, "eos_token", "</s>"),
          .unk = read_special(vocabulary, config, "unk_token", "<unk>"),
          .pad = read_special(vocabulary, config, "pad_token", "<pad>")};
}

// The special tokens and what the configuration adds: all are found in text as they are written.
AddedTokens read_added_tokens(const Vocabulary& vocabulary, const SpecialTokens& special,
                              const Json& config) {
  std::map<std::int32_t, bool> ids;  // Whether they are special.
  const auto add = [&](const Json& token, bool is_special) {
    ids[find_token(vocabulary, content_of(token), "added token")] |= is_special;
  };
  if (config.is_object()) {
    const Json decoder = config.value("added_tokens_decoder", Json::object());
    for (const Json& token : decoder) add(token, token.is_object() && token.value("special", false));
    for (const char* name : {"additional_special_tokens", "extra_special_tokens"}) {
      for (const Json& token : config.value(name, Json::array())) add(token, true);
    }
  }
  for (const auto& id : {special.eos, special.unk, special.pad}) ids[*id] = true;
  std::vector<AddedToken> tokens;
  for (const auto& [id, is_special] : ids) tokens.push_back({id, vocabulary.token(id), is_special});
  return AddedTokens(std::move(tokens));
}

// As Python's str.isspace().
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::string strip(std::string_view text) {
  std::size_t begin = 0, end = 0;  // Of the text without the blanks around it.
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_code_point(text.substr(at));
    at += c.length;
    if (!is_space(c.value)) {
      end = at;
    } else if (end == 0) {
      begin = at;
    }
  }
  return end == 0 ? std::string() : std::string(text.substr(begin, end - begin));
}

}  // namespace

MarianTokenizer::MarianTokenizer(SentencePiece source, SentencePiece target, const VocabEntries& vocab,
                                 const Json& config, Files files)
    : vocabulary_((expect_supported(config), read_vocabulary(vocab))),
      special_(read_special_tokens(vocabulary_, config)),
      added_(read_added_tokens(vocabulary_, special_, config)),
      special_ids_(static_cast<std::size_t>(vocabulary_.size())),
      source_(make_side(std::move(source))),
      target_(make_side(std::move(target))),
      files_(std::move(files)) {
  for (const AddedToken& token : added_.tokens()) {
    special_ids_[static_cast<std::size_t>(token.id)] = token.special;
  }
}

MarianTokenizer::Side MarianTokenizer::make_side(SentencePiece model) const {
  std::vector<std::int32_t> ids;
  for (std::int32_t piece = 0; piece < model.pieces().size(); ++piece) {
    ids.push_back(vocabulary_.find(model.pieces()[piece].text).value_or(*special_.unk));
  }
  return {std::move(model), std::move(ids)};
}

std::vector<std::int32_t> MarianTokenizer::encode_source(std::string_view sentence) const {
  return encode(sentence, source_);
}

std::vector<std::int32_t> MarianTokenizer::encode_target(std::string_view sentence) const {
  return encode(sentence, target_);
}

std::vector<std::int32_t> MarianTokenizer::encode(std::string_view sentence, const Side& side) const {
  std::vector<std::int32_t> ids;
  ids.reserve(sentence.size() / 3 + 1);
  for (std::size_t at = 0; at < sentence.size();) {
    const AddedTokens::Match match = added_.find(sentence, at);
    encode_plain(sentence.substr(at, match.begin - at), side, ids);
    if (match.token) ids.push_back(match.token->id);
    at = match.end;
  }
  ids.push_back(*special_.eos);
  return ids;
}

void MarianTokenizer::encode_plain(std::string_view text, const Side& side,
                                   std::vector<std::int32_t>& ids) const {
  if (const std::size_t end = text.find("<<"); text.starts_with(">>") && end != std::string_view::npos) {
    ids.push_back(vocabulary_.find(text.substr(0, end + 2)).value_or(*special_.unk));
    text.remove_prefix(end + 2);
  }
  const SentencePiece::Encoding encoding = side.model.encode(text);
  for (const Segment& segment : encoding.segments) {
    if (segment.id != side.model.pieces().unknown()) {
      ids.push_back(side.ids[static_cast<std::size_t>(segment.id)]);
    } else {  // Not a piece, but perhaps one of the other side.
      ids.push_back(vocabulary_.find(encoding.text(segment)).value_or(*special_.unk));
    }
  }
}

std::string MarianTokenizer::decode_target(std::span<const std::int32_t> ids) const {
  std::vector<std::string_view> pieces;
  for (const std::int32_t id : ids) {
    const std::string& token = id_to_token(id);
    if (!token.empty() && !is_special(id)) pieces.push_back(token);
  }
  std::string text;
  const std::string decoded = replace_invalid_utf8(target_.model.decode(pieces));
  for (std::size_t at = 0; at < decoded.size();) {  // Also those of pieces that the model does not have.
    const std::size_t meta = std::min(decoded.find(kMetaSpace, at), decoded.size());
    text.append(decoded, at, meta - at);
    if (meta < decoded.size()) text += ' ';
    at = meta + kMetaSpace.size();
  }
  return strip(text);
}

const std::string& MarianTokenizer::id_to_token(std::int32_t id) const {
  check(vocabulary_.contains(id), "token id {} is out of range, expected 0 to {}", id, vocab_size() - 1);
  return vocabulary_.token(id);
}

void MarianTokenizer::save(const std::filesystem::path& directory, std::int64_t /*model_max_length*/) const {
  for (const auto& [name, content] : files_) io::write_text_atomically(directory / name, content);
}

}  // namespace attune::text
