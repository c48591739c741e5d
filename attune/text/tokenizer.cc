#include "attune/text/tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/text/encoding_json.h"
#include "attune/text/unicode/byte_alphabet.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

EncodeError locate(std::string reason, std::string_view text, std::size_t offset) {
  const auto newlines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  return {std::move(reason), static_cast<std::size_t>(newlines) + 1, offset};
}

// In a part of a text, which its caller knows the place of.
struct UnknownPieceAt {
  std::string reason;
  std::size_t offset;
};

nlohmann::ordered_json added_to_json(const AddedTokens& added) {
  auto json = nlohmann::ordered_json::array();
  for (const AddedToken& token : added.tokens()) {
    json.push_back({{"id", token.id},
                    {"content", token.content},
                    {"single_word", token.single_word},
                    {"lstrip", token.lstrip},
                    {"rstrip", token.rstrip},
                    {"normalized", token.normalized},
                    {"special", token.special}});
  }
  return json;
}

// The content as the normalizer leaves it.
std::string normalized_content(const AddedToken& token, const Normalizer* normalizer) {
  if (!token.normalized || !normalizer) return token.content;
  AlignedText text(token.content, 0, token.content.size());
  normalizer->normalize(text);
  return std::string(text.view());
}

AddedTokens verbatim_tokens(const AddedTokens& added) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : added.tokens()) {
    if (!token.normalized) tokens.push_back(token);
  }
  return AddedTokens(std::move(tokens));
}

AddedTokens normalized_tokens(const AddedTokens& added, const Normalizer* normalizer) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : added.tokens()) {
    if (!token.normalized) continue;
    tokens.push_back(token);
    tokens.back().content = normalized_content(token, normalizer);
    if (tokens.back().content.empty()) tokens.pop_back();
  }
  return AddedTokens(std::move(tokens));
}

// Of offsets in replace_invalid_utf8(text), those in the text: by byte where a character begins.
std::vector<std::size_t> original_positions(std::string_view text) {
  constexpr std::size_t kReplacementBytes = 3;
  std::vector<std::size_t> positions;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_code_point(text.substr(at));
    const bool valid = c.status == CodePoint::Status::valid;
    positions.insert(positions.end(), valid ? c.length : kReplacementBytes, at);
    at += c.length;
  }
  positions.push_back(text.size());
  return positions;
}

}  // namespace

EncodeError::EncodeError(std::string reason, std::size_t line, std::size_t offset)
    : Error(fmt::format("cannot encode the text: line {}, offset {}: {}", line, offset, reason)),
      reason_(std::move(reason)),
      line_(line),
      offset_(offset) {}

Tokenizer::Tokenizer(Pipeline pipeline, AddedTokens added, SpecialTokens special, StoredLengths lengths)
    : pipeline_(std::move(pipeline)),
      added_(std::move(added)),
      verbatim_(verbatim_tokens(added_)),
      normalized_(normalized_tokens(added_, pipeline_.normalizer.get())),
      special_(special),
      lengths_(std::move(lengths)) {
  static const std::string kNone;
  const Vocabulary& vocabulary = pipeline_.model->vocabulary();
  std::int64_t size = vocabulary.size();
  for (const AddedToken& token : added_.tokens()) {
    check(token.id >= 0, "added token \"{}\" has id {}, expected 0 or more", token.content, token.id);
    size = std::max<std::int64_t>(size, token.id + 1);
  }
  tokens_.assign(static_cast<std::size_t>(size), &kNone);
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
    tokens_[static_cast<std::size_t>(id)] = &vocabulary.token(id);
  }
  for (const std::string* token : tokens_) decoded_.push_back(*token);
  special_ids_.resize(tokens_.size());
  added_ids_.resize(tokens_.size());
  const Decoder::Joins joins = pipeline_.decoder ? pipeline_.decoder->joins() : Decoder::Joins::nothing;
  joins_ = joins == (pipeline_.model->holds_bytes() ? Decoder::Joins::bytes : Decoder::Joins::written);
  decoded_added_.reserve(added_.tokens().size());
  for (const AddedToken& token : added_.tokens()) {
    const auto id = static_cast<std::size_t>(token.id);
    std::string decoded = normalized_content(token, pipeline_.normalizer.get());
    if (joins_ && joins == Decoder::Joins::bytes) decoded = alphabet_to_bytes(decoded).value_or(decoded);
    decoded_added_.push_back(std::move(decoded));
    tokens_[id] = &token.content;
    decoded_[id] = decoded_added_.back();
    special_ids_[id] = token.special;
    added_ids_[id] = true;
  }
}

std::string_view Tokenizer::kind() const {
  const bool characters = pipeline_.pre_tokenizer && pipeline_.pre_tokenizer->takes_any_bytes() &&
                          !pipeline_.model->holds_bytes();
  return characters ? "characters" : pipeline_.model->kind();
}

bool Tokenizer::takes_any_bytes() const {
  return !pipeline_.normalizer && pipeline_.pre_tokenizer && pipeline_.pre_tokenizer->takes_any_bytes();
}

void Tokenizer::pre_tokenize(PreTokenizedText& text) const {
  if (pipeline_.pre_tokenizer) pipeline_.pre_tokenizer->pre_tokenize(text);
}

// What stands between added tokens is a text of its own for the normalizer and the pre-tokenizer, as it is
// for HF's.
template <typename Added, typename Pieces>
void Tokenizer::for_each_part(std::string_view text, Added added, Pieces pieces) const {
  check(text.size() < UINT32_MAX,
        "a text of {} bytes is too long to be encoded at once, expected less than 4 GiB", text.size());
  for (std::size_t at = 0; at < text.size();) {
    const AddedTokens::Match match = verbatim_.find(text, at);
    if (at < match.begin) for_each_normalized_part(AlignedText(text, at, match.begin), added, pieces);
    if (match.token) {
      added(*match.token, Offsets{match.begin, match.end}, text.substr(match.begin, match.end - match.begin));
    }
    at = match.end;
  }
}

template <typename Added, typename Pieces>
void Tokenizer::for_each_normalized_part(AlignedText text, Added added, Pieces pieces) const {
  if (pipeline_.normalizer) pipeline_.normalizer->normalize(text);
  const std::size_t size = text.view().size();
  if (size == 0) return;
  if (normalized_.empty()) {
    PreTokenizedText whole{std::move(text), {{0, size}}};
    pre_tokenize(whole);
    return pieces(whole);
  }
  for (std::size_t at = 0; at < size;) {
    const AddedTokens::Match match = normalized_.find(text.view(), at);
    if (at < match.begin) {
      PreTokenizedText part{text.slice(at, match.begin), {{0, match.begin - at}}};
      pre_tokenize(part);
      pieces(part);
    }
    if (match.token) {
      added(*match.token, text.origin(match.begin, match.end),
            text.view().substr(match.begin, match.end - match.begin));
    }
    at = match.end;
  }
}

// A long text goes through part by part, where it can be divided: what the stages hand on stays in the cache.
std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  constexpr std::size_t kPart = std::size_t{1} << 14;
  if (!takes_any_bytes() && !is_valid_utf8(text)) return encode(replace_invalid_utf8(text));
  std::vector<std::int32_t> ids;
  ids.reserve(text.size() / 3 + 1);
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::size_t cut = rest.size() > kPart ? find_cut(rest, kPart) : rest.size();
    try {
      encode_ids(rest.substr(0, cut), ids);
    } catch (const UnknownPieceAt& unknown) {
      throw locate(unknown.reason, text, at + unknown.offset);
    }
    at += cut;
  }
  return ids;
}

void Tokenizer::encode_ids(std::string_view text, std::vector<std::int32_t>& ids) const {
  for_each_part(
      text, [&](const AddedToken& token, const Offsets&, std::string_view) { ids.push_back(token.id); },
      [&](const PreTokenizedText& part) {
        const std::string_view view = part.text.view();
        for (const auto& [begin, end] : part.pieces) {
          try {
            pipeline_.model->encode(view.substr(begin, end - begin), ids);
          } catch (const UnknownPiece& reason) {
            throw UnknownPieceAt{reason.what(), part.text.origin(begin, end).begin};
          }
        }
      });
}

Encoding Tokenizer::encode_valid(std::string_view text, std::int32_t sequence) const {
  Encoding encoding;
  std::int32_t word = 0;
  const auto put = [&](std::int32_t id, std::string token, Offsets where) {
    encoding.ids.push_back(id);
    encoding.tokens.push_back(std::move(token));
    encoding.offsets.push_back(where);
    encoding.word_ids.push_back(word);
  };
  std::vector<Segment> segments;
  const Model& model = *pipeline_.model;
  for_each_part(
      text,
      [&](const AddedToken& token, const Offsets& where, std::string_view content) {
        put(token.id, std::string(content), where);
        ++word;
      },
      [&](const PreTokenizedText& part) {
        const std::string_view view = part.text.view();
        for (const auto& [begin, end] : part.pieces) {
          segments.clear();
          try {
            model.tokenize(view.substr(begin, end - begin), segments);
          } catch (const UnknownPiece& reason) {
            throw locate(reason.what(), text, part.text.origin(begin, end).begin);
          }
          for (const Segment& segment : segments) {
            const std::size_t first = begin + segment.begin, last = begin + segment.end;
            put(segment.id,
                model.shows_text(segment.id) ? std::string(view.substr(first, last - first))
                                             : model.written(model.vocabulary().token(segment.id)),
                part.text.origin(first, last));
          }
          ++word;
        }
      });
  encoding.type_ids.assign(encoding.size(), sequence);
  encoding.sequence_ids.assign(encoding.size(), sequence);
  encoding.special_tokens_mask.assign(encoding.size(), 0);
  encoding.attention_mask.assign(encoding.size(), 1);
  return encoding;
}

Encoding Tokenizer::encode_part(std::string_view text, std::int32_t sequence) const {
  if (takes_any_bytes() || is_valid_utf8(text)) return encode_valid(text, sequence);
  Encoding encoding = encode_valid(replace_invalid_utf8(text), sequence);
  const std::vector<std::size_t> positions = original_positions(text);
  for (Offsets& where : encoding.offsets) where = {positions[where.begin], positions[where.end]};
  return encoding;
}

Encoding Tokenizer::finish(std::vector<Encoding> texts, const EncodeOptions& options) const {
  const bool pair = texts.size() > 1;
  if (options.truncation) {
    Truncation truncation = *options.truncation;
    const std::size_t added = options.add_special_tokens ? added_special_tokens(pair) : 0;
    check(truncation.max_length >= added, "cannot truncate to {} tokens: the tokenizer adds {} to {}",
          truncation.max_length, added, pair ? "a pair of texts" : "a text");
    truncation.max_length -= added;
    truncate(texts.front(), pair ? &texts.back() : nullptr, truncation);
  }
  if (pipeline_.post_processor) pipeline_.post_processor->process(texts, options.add_special_tokens);
  Encoding whole = std::move(texts.front());
  for (std::size_t i = 1; i < texts.size(); ++i) whole.append(texts[i]);
  return whole;
}

Encoding Tokenizer::encode_single(std::string_view text, const EncodeOptions& options) const {
  std::vector<Encoding> texts;
  texts.push_back(encode_part(text, 0));
  return finish(std::move(texts), options);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second,
                                const EncodeOptions& options) const {
  std::vector<Encoding> texts;
  texts.push_back(encode_part(first, 0));
  texts.push_back(encode_part(second, 1));
  return finish(std::move(texts), options);
}

Encoding Tokenizer::encode_words(std::span<const std::string> words, const EncodeOptions& options) const {
  Encoding whole;
  for (std::size_t word = 0; word < words.size(); ++word) {
    Encoding encoding = encode_part(words[word], 0);
    std::fill(encoding.word_ids.begin(), encoding.word_ids.end(), static_cast<std::int32_t>(word));
    whole.append(encoding);
  }
  std::vector<Encoding> texts;
  texts.push_back(std::move(whole));
  return finish(std::move(texts), options);
}

std::size_t Tokenizer::added_special_tokens(bool pair) const {
  return pipeline_.post_processor ? pipeline_.post_processor->added_tokens(pair) : 0;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::string text;
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    check(id >= 0 && id < vocab_size(), "token id {} is out of range, expected 0 to {}", id,
          vocab_size() - 1);
    if (skip_special && is_special(id)) continue;
    const std::string_view token = decoded_[static_cast<std::size_t>(id)];
    if (joins_) {
      text += token;
    } else if (!token.empty()) {
      const bool added = added_ids_[static_cast<std::size_t>(id)];
      tokens.push_back(added ? std::string(token) : pipeline_.model->written(std::string(token)));
    }
  }
  if (joins_) return text;
  if (pipeline_.decoder) pipeline_.decoder->decode(tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && !pipeline_.decoder) text += ' ';
    text += tokens[i];
  }
  return text;
}

const std::string& Tokenizer::id_to_token(std::int32_t id) const {
  check(id >= 0 && id < vocab_size(), "token id {} is out of range, expected 0 to {}", id, vocab_size() - 1);
  return *tokens_[static_cast<std::size_t>(id)];
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = added_.find_content(token)) return added->id;
  return pipeline_.model->vocabulary().find(token);
}

std::unique_ptr<Tokenizer> Tokenizer::with_special_tokens(std::span<const std::string> contents,
                                                          std::string_view padding) && {
  std::vector<AddedToken> added = added_.tokens();
  auto next = static_cast<std::int32_t>(vocab_size());
  for (const std::string& content : contents) {
    if (token_to_id(content)) continue;
    added.push_back({.id = next++, .content = content});
  }
  auto tokenizer = std::make_unique<Tokenizer>(std::move(pipeline_), AddedTokens(std::move(added)), special_);
  if (!tokenizer->special_.pad) tokenizer->special_.pad = tokenizer->token_to_id(padding);
  return tokenizer;
}

std::size_t Tokenizer::find_cut(std::string_view text, std::size_t from) const {
  const bool whole =
      !pipeline_.pre_tokenizer || (pipeline_.normalizer && !pipeline_.normalizer->keeps_parts());
  if (whole) return text.size();
  // A normalizer may join what does not stand before a blank: a letter and its accent.
  const auto divides = [&](std::size_t at) {
    return !added_.covers(text, at) && (!pipeline_.normalizer || text[at] == ' ');
  };
  std::size_t cut = pipeline_.pre_tokenizer->find_cut(text, from);
  while (cut < text.size() && !divides(cut)) cut = pipeline_.pre_tokenizer->find_cut(text, cut + 1);
  return cut;
}

// {"token": id, ...} in the order of ids. HF numbers added tokens that are not in here from its size on;
// where that would not give their ids, they are in here too. `ordered_json` looks for an equal key at every
// insertion, which takes minutes for a vocabulary; tokens are unique, so they are put into its container
// directly.
nlohmann::ordered_json Tokenizer::vocabulary_json() const {
  const Vocabulary& vocabulary = pipeline_.model->vocabulary();
  bool dense = true;  // Whether HF gives them their ids.
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) dense = dense && !vocabulary.token(id).empty();
  std::int64_t next = vocabulary.size();
  for (const AddedToken& token : added_.tokens()) {
    const bool in_model = vocabulary.contains(token.id) && !vocabulary.token(token.id).empty();
    if (!in_model) dense = dense && token.id == next++;
  }
  nlohmann::ordered_json::object_t object;
  std::vector<nlohmann::ordered_json::object_t::value_type>& entries = object;
  entries.reserve(tokens_.size());
  for (std::int32_t id = 0; id < vocab_size(); ++id) {
    const bool in_model = vocabulary.contains(id) && !vocabulary.token(id).empty();
    if (in_model) {
      const std::string& token = vocabulary.token(id);
      entries.emplace_back(added_ids_[static_cast<std::size_t>(id)] ? token : pipeline_.model->written(token),
                           id);
    } else if (!dense && !id_to_token(id).empty()) {
      entries.emplace_back(id_to_token(id), id);
    }
  }
  return object;
}

nlohmann::ordered_json Tokenizer::to_json() const {
  nlohmann::ordered_json model = pipeline_.model->to_json();
  if (model["vocab"].is_object()) model["vocab"] = vocabulary_json();
  const auto stage = [](const auto& part) { return part ? part->to_json() : nlohmann::ordered_json(); };
  return {{"version", "1.0"},
          {"truncation", text::to_json(lengths_.truncation)},
          {"padding", text::to_json(lengths_.padding)},
          {"added_tokens", added_to_json(added_)},
          {"normalizer", stage(pipeline_.normalizer)},
          {"pre_tokenizer", stage(pipeline_.pre_tokenizer)},
          {"post_processor", stage(pipeline_.post_processor)},
          {"decoder", stage(pipeline_.decoder)},
          {"model", std::move(model)}};
}

}  // namespace attune::text
