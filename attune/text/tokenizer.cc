#include "attune/text/tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace attune::text {
namespace {

EncodeError locate(const UnknownPiece& reason, std::string_view text, std::size_t offset) {
  const auto newlines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  return {reason.what(), static_cast<std::size_t>(newlines) + 1, offset};
}

// {"token": id, ...} in the order of ids. `ordered_json` looks for an equal key at every insertion, which
// takes minutes for a vocabulary; tokens are unique, so they are put into its container directly.
nlohmann::ordered_json vocabulary_to_json(const Vocabulary& vocabulary, const Model& model,
                                          const AddedTokens& added) {
  nlohmann::ordered_json::object_t object;
  std::vector<nlohmann::ordered_json::object_t::value_type>& entries = object;
  entries.reserve(static_cast<std::size_t>(vocabulary.size()));
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string& token = vocabulary.token(id);
    if (token.empty()) continue;
    entries.emplace_back(added.find_id(id) ? token : model.written(token), id);
  }
  return object;
}

nlohmann::ordered_json added_to_json(const AddedTokens& added) {
  std::vector<AddedToken> tokens = added.tokens();
  std::sort(tokens.begin(), tokens.end(), [](auto& a, auto& b) { return a.id < b.id; });
  auto json = nlohmann::ordered_json::array();
  for (const AddedToken& token : tokens) {
    json.push_back({{"id", token.id},
                    {"content", token.content},
                    {"single_word", false},
                    {"lstrip", false},
                    {"rstrip", false},
                    {"normalized", false},
                    {"special", token.special}});
  }
  return json;
}

// The post-processor that appends the token to a text, or to each of two.
nlohmann::ordered_json ending_template(const std::string& token, std::int32_t id) {
  using Json = nlohmann::ordered_json;
  const auto text = [](const char* name, int type) {
    return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  const auto end = [&](int type) { return Json{{"SpecialToken", {{"id", token}, {"type_id", type}}}}; };
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({text("A", 0), end(0)})},
          {"pair", Json::array({text("A", 0), end(0), text("B", 1), end(1)})},
          {"special_tokens",
           {{token, {{"id", token}, {"ids", Json::array({id})}, {"tokens", Json::array({token})}}}}}};
}

}  // namespace

EncodeError::EncodeError(std::string reason, std::size_t line, std::size_t offset)
    : Error(fmt::format("cannot encode the text: line {}, offset {}: {}", line, offset, reason)),
      reason_(std::move(reason)),
      line_(line),
      offset_(offset) {}

Tokenizer::Tokenizer(std::unique_ptr<const PreTokenizer> pre_tokenizer, std::unique_ptr<const Model> model,
                     std::shared_ptr<const Vocabulary> vocabulary, AddedTokens added, SpecialTokens special,
                     bool ends_text)
    : pre_tokenizer_(std::move(pre_tokenizer)),
      model_(std::move(model)),
      vocabulary_(std::move(vocabulary)),
      added_(std::move(added)),
      special_(special),
      ends_text_(ends_text),
      special_ids_(static_cast<std::size_t>(vocabulary_->size())) {
  check(!ends_text_ || special_.eos, "the tokenizer shall append an end to every text and has no eos_token");
  for (const AddedToken& token : added_.tokens()) {
    check(vocabulary_->contains(token.id), "added token \"{}\" has id {}, expected 0 to {}", token.content,
          token.id, vocab_size() - 1);
    special_ids_[static_cast<std::size_t>(token.id)] = token.special;
  }
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  ids.reserve(text.size() / 3 + 1);
  for (std::size_t at = 0; at < text.size();) {
    const AddedTokens::Match match = added_.find(text, at);
    const std::string_view plain = text.substr(0, match.begin);
    while (at < plain.size()) {
      // The part between added tokens is a text of its own for the pre-tokenizer, as it is for HF's.
      const std::size_t end = pre_tokenizer_->piece_end(plain, at);
      try {
        model_->encode(plain.substr(at, end - at), ids);
      } catch (const UnknownPiece& reason) {
        throw locate(reason, text, at);
      }
      at = end;
    }
    if (match.token) ids.push_back(match.token->id);
    at = match.end;
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string& token = id_to_token(id);
    if (!skip_special || !is_special(id)) text += token;
  }
  return text;
}

const std::string& Tokenizer::id_to_token(std::int32_t id) const {
  check(vocabulary_->contains(id), "token id {} is out of range, expected 0 to {}", id, vocab_size() - 1);
  return vocabulary_->token(id);
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = added_.find_content(token)) return added->id;
  return vocabulary_->find(token);
}

std::size_t Tokenizer::find_cut(std::string_view text, std::size_t from) const {
  std::size_t cut = pre_tokenizer_->find_cut(text, from);
  while (cut < text.size() && added_.covers(text, cut)) cut = pre_tokenizer_->find_cut(text, cut + 1);
  return cut;
}

nlohmann::ordered_json Tokenizer::to_json() const {
  nlohmann::ordered_json model = model_->to_json();
  model["vocab"] = vocabulary_to_json(*vocabulary_, *model_, added_);
  const bool byte_level = model["type"] == "BPE";
  const nlohmann::ordered_json byte_level_stage = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  nlohmann::ordered_json post_processor, decoder = {{"type", "Fuse"}};
  if (byte_level) post_processor = decoder = byte_level_stage;
  if (ends_text_) post_processor = ending_template(id_to_token(*special_.eos), *special_.eos);
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added_to_json(added_)},
          {"normalizer", nullptr},
          {"pre_tokenizer", pre_tokenizer_->to_json()},
          {"post_processor", std::move(post_processor)},
          {"decoder", std::move(decoder)},
          {"model", std::move(model)}};
}

}  // namespace attune::text
