#include "attune/text/older_tokenizers.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/error.h"
#include "attune/text/decoders/bpe_decoder.h"
#include "attune/text/decoders/byte_level_decoder.h"
#include "attune/text/decoders/metaspace_decoder.h"
#include "attune/text/decoders/wordpiece_decoder.h"
#include "attune/text/models/bpe.h"
#include "attune/text/models/unigram.h"
#include "attune/text/models/wordpiece.h"
#include "attune/text/normalizers/bert_normalizer.h"
#include "attune/text/normalizers/lowercase.h"
#include "attune/text/normalizers/normalizer_sequence.h"
#include "attune/text/normalizers/precompiled.h"
#include "attune/text/normalizers/replace.h"
#include "attune/text/normalizers/strip_accents.h"
#include "attune/text/normalizers/unicode_form.h"
#include "attune/text/post_processors/roberta_processing.h"
#include "attune/text/post_processors/template_processing.h"
#include "attune/text/pre_tokenizers/bert_pre_tokenizer.h"
#include "attune/text/pre_tokenizers/byte_level.h"
#include "attune/text/pre_tokenizers/metaspace.h"
#include "attune/text/pre_tokenizers/pre_tokenizer_sequence.h"
#include "attune/text/pre_tokenizers/whitespace_split.h"
#include "attune/text/sentencepiece_model.pb.h"
#include "attune/text/tokenizer_json.h"
#include "attune/text/unicode/byte_alphabet.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;
using Special = std::map<std::string, std::string>;  // "cls_token": "[CLS]".

// What tokenizer_config.json says, else what is usual. Null counts as unsaid.
template <typename Value>
Value setting(const Json& config, const char* name, Value usual) {
  if (!config.is_object()) return usual;
  const auto field = config.find(name);
  return field == config.end() || field->is_null() ? usual : field->get<Value>();
}

// The special tokens of a family by role, with those that tokenizer_config.json names instead, and their
// positions in the vocabulary.
class SpecialNames {
 public:
  SpecialNames(const Json& config, Special usual) : names_(std::move(usual)) {
    for (auto& [role, name] : names_) {
      const auto field = config.is_object() ? config.find(role) : config.end();
      if (!config.is_object() || field == config.end() || field->is_null()) continue;
      flags_[role] = *field;
      name = (field->is_object() ? field->at("content") : *field).get<std::string>();
    }
  }

  const std::string& operator[](const char* role) const { return names_.at(role); }

  // Those that the vocabulary has, with the flags that tokenizer_config.json gives them.
  std::vector<AddedToken> find(const Vocabulary& vocabulary) const {
    std::map<std::int32_t, AddedToken> tokens;
    for (const auto& [role, name] : names_) {
      const auto id = vocabulary.find(name);
      if (!id) continue;
      const auto found = flags_.find(role);
      const Json flags = found != flags_.end() && found->second.is_object() ? found->second : Json::object();
      tokens[*id] = {.id = *id,
                     .content = name,
                     .special = true,
                     .single_word = flags.value("single_word", false),
                     .lstrip = flags.value("lstrip", false),
                     .rstrip = flags.value("rstrip", false),
                     .normalized = flags.value("normalized", false)};
    }
    std::vector<AddedToken> list;
    for (auto& [id, token] : tokens) list.push_back(std::move(token));
    return list;
  }

  SpecialTokens ids(const AddedTokens& added) const {
    const auto id = [&](const char* role) -> std::optional<std::int32_t> {
      const auto name = names_.find(role);
      const AddedToken* const token = name == names_.end() ? nullptr : added.find_content(name->second);
      return token ? std::optional(token->id) : std::nullopt;
    };
    return {.bos = id("bos_token"),
            .eos = id("eos_token"),
            .unk = id("unk_token"),
            .pad = id("pad_token"),
            .cls = id("cls_token"),
            .sep = id("sep_token"),
            .mask = id("mask_token")};
  }

 private:
  Special names_;
  std::map<std::string, Json> flags_;
};

std::int32_t need(const Vocabulary& vocabulary, const std::string& token) {
  const auto id = vocabulary.find(token);
  check(id.has_value(), "the vocabulary has no {}", token);
  return *id;
}

// [CLS] A [SEP] and [CLS] A [SEP] B [SEP].
std::unique_ptr<const PostProcessor> bert_template(const SpecialToken& cls, const SpecialToken& sep) {
  using T = TemplateProcessing;
  return std::make_unique<T>(T::Template{T::special(cls.token), T::first(), T::special(sep.token)},
                             T::Template{T::special(cls.token), T::first(), T::special(sep.token),
                                         T::second(1), T::special(sep.token, 1)},
                             T::Tokens{{cls.token, {cls}}, {sep.token, {sep}}});
}

std::shared_ptr<const Vocabulary> byte_vocabulary(const VocabEntries& vocab, const SpecialNames& names) {
  std::vector<std::string> tokens = tokens_by_id(vocab);
  check(!tokens.empty(), "the vocabulary is empty");
  std::vector<AddedToken> special = names.find(Vocabulary(tokens));
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const bool is_special = std::any_of(special.begin(), special.end(), [&](auto& token) {
      return token.id == static_cast<std::int32_t>(id);
    });
    if (is_special) continue;
    auto bytes = alphabet_to_bytes(tokens[id]);
    check(bytes.has_value(), "token \"{}\" (id {}) has a character outside the alphabet for bytes",
          tokens[id], id);
    tokens[id] = std::move(*bytes);
  }
  return std::make_shared<const Vocabulary>(std::move(tokens));
}

bool has_token(const VocabEntries& vocab, std::string_view token) {
  return std::any_of(vocab.begin(), vocab.end(), [&](auto& entry) { return entry.first == token; });
}

// Byte-level BPE of GPT-2 or RoBERTa.
std::unique_ptr<Tokenizer> make_byte_level_tokenizer(const VocabEntries& vocab, const MergeEntries& merges,
                                                     const Json& config, const SpecialNames& names,
                                                     bool roberta) {
  auto vocabulary = byte_vocabulary(vocab, names);
  AddedTokens added(names.find(*vocabulary));
  const ByteLevel::Options options{.add_prefix_space = setting(config, "add_prefix_space", false)};
  Pipeline pipeline;
  pipeline.pre_tokenizer = std::make_unique<ByteLevel>(options);
  pipeline.decoder = std::make_unique<ByteLevelDecoder>(options);
  using T = TemplateProcessing;  // Unlike older ones, transformers 5 does not trim GPT-2's offsets.
  pipeline.post_processor =
      std::make_unique<T>(T::Template{T::first()}, T::Template{T::first(), T::second(1)}, T::Tokens{});
  if (roberta) {
    pipeline.post_processor = std::make_unique<RobertaProcessing>(
        SpecialToken{names["sep_token"], need(*vocabulary, names["sep_token"])},
        SpecialToken{names["cls_token"], need(*vocabulary, names["cls_token"])},
        setting(config, "trim_offsets", true), options.add_prefix_space);
  }
  pipeline.model = std::make_unique<Bpe>(vocabulary, Bpe::find_merges(merges, *vocabulary, {}));
  const SpecialTokens special =
      roberta ? names.ids(added) : read_special_tokens(config, added, pipeline.model->vocabulary());
  return std::make_unique<Tokenizer>(std::move(pipeline), std::move(added), special);
}

// The first GPT's BPE, of words in lower case.
std::unique_ptr<Tokenizer> make_gpt_tokenizer(const VocabEntries& vocab, const MergeEntries& merges,
                                              const Json& config) {
  const SpecialNames names(config, {{"unk_token", "<unk>"}});
  auto vocabulary = std::make_shared<const Vocabulary>(tokens_by_id(vocab));
  AddedTokens added(names.find(*vocabulary));
  Bpe::Options options{.byte_level = false, .end_of_word_suffix = "</w>"};
  options.unknown = need(*vocabulary, names["unk_token"]);
  Pipeline pipeline;
  pipeline.normalizer = std::make_unique<BertNormalizer>(BertNormalizer::Options());
  pipeline.pre_tokenizer = std::make_unique<BertPreTokenizer>();
  pipeline.model = std::make_unique<Bpe>(vocabulary, Bpe::find_merges(merges, *vocabulary, options), options);
  pipeline.decoder = std::make_unique<BpeDecoder>(Json{{"type", "BPEDecoder"}, {"suffix", "</w>"}});
  const SpecialTokens special = names.ids(added);
  return std::make_unique<Tokenizer>(std::move(pipeline), std::move(added), special);
}

using sentencepiece::ModelProto;

ModelProto parse_model(std::string_view file) {
  ModelProto model;
  check(file.size() < INT32_MAX && model.ParseFromArray(file.data(), static_cast<int>(file.size())) &&
            model.pieces_size() > 0,
        "not a SentencePiece model, or only a part of one ({} bytes)", file.size());
  check(model.trainer_spec().model_type() == sentencepiece::TrainerSpec::UNIGRAM,
        "a SentencePiece model of type {} is not supported here, expected UNIGRAM",
        sentencepiece::TrainerSpec::ModelType_Name(model.trainer_spec().model_type()));
  return model;
}

// Pieces of the format and those that the user has defined are found in text as they are.
std::vector<AddedToken> reserved_pieces(const ModelProto& model) {
  std::vector<AddedToken> tokens;
  for (int i = 0; i < model.pieces_size(); ++i) {
    const auto& piece = model.pieces(i);
    const bool control = piece.type() == ModelProto::SentencePiece::CONTROL ||
                         piece.type() == ModelProto::SentencePiece::UNKNOWN;
    if (!control && piece.type() != ModelProto::SentencePiece::USER_DEFINED) continue;
    tokens.push_back({.id = i, .content = piece.piece(), .special = control});
  }
  return tokens;
}

std::unique_ptr<const Normalizer> albert_normalizer(const ModelProto& model, const Json& config) {
  std::vector<std::unique_ptr<const Normalizer>> parts;
  parts.push_back(std::make_unique<Replace>(Pattern::string("``"), "\""));
  parts.push_back(std::make_unique<Replace>(Pattern::string("''"), "\""));
  if (!setting(config, "keep_accents", false)) {
    parts.push_back(std::make_unique<UnicodeForm>("NFKD"));
    parts.push_back(std::make_unique<StripAccents>());
  }
  if (setting(config, "do_lower_case", true)) parts.push_back(std::make_unique<Lowercase>());
  const std::string& charsmap = model.normalizer_spec().precompiled_charsmap();
  if (!charsmap.empty()) parts.push_back(std::make_unique<Precompiled>(charsmap));
  return std::make_unique<NormalizerSequence>(std::move(parts));
}

std::unique_ptr<const PreTokenizer> word_metaspace() {
  std::vector<std::unique_ptr<const PreTokenizer>> parts;
  parts.push_back(std::make_unique<WhitespaceSplit>());
  parts.push_back(std::make_unique<Metaspace>(Metaspace::Options()));
  return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

}  // namespace

std::unique_ptr<Tokenizer> make_bpe_tokenizer(const VocabEntries& vocab, const MergeEntries& merges,
                                              const Json& config) {
  const bool has_ends = std::any_of(merges.begin(), merges.end(),
                                    [](const auto& merge) { return merge.second.ends_with("</w>"); });
  if (has_ends) return make_gpt_tokenizer(vocab, merges, config);
  const bool roberta = has_token(vocab, "<s>") && has_token(vocab, "</s>") && has_token(vocab, "<mask>");
  const std::string end(kEndOfText);
  const SpecialNames names(config, roberta ? Special{{"bos_token", "<s>"},
                                                     {"eos_token", "</s>"},
                                                     {"sep_token", "</s>"},
                                                     {"cls_token", "<s>"},
                                                     {"unk_token", "<unk>"},
                                                     {"pad_token", "<pad>"},
                                                     {"mask_token", "<mask>"}}
                                           : Special{{"bos_token", end}, {"eos_token", end}});
  return make_byte_level_tokenizer(vocab, merges, config, names, roberta);
}

std::unique_ptr<Tokenizer> make_bert_tokenizer(std::string_view lines, const Json& config) {
  VocabEntries vocab;
  while (!lines.empty()) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    vocab.emplace_back(line, static_cast<std::int64_t>(vocab.size()));
  }
  check(!vocab.empty(), "the vocabulary is empty");
  const SpecialNames names(config, {{"unk_token", "[UNK]"},
                                    {"sep_token", "[SEP]"},
                                    {"pad_token", "[PAD]"},
                                    {"cls_token", "[CLS]"},
                                    {"mask_token", "[MASK]"}});
  auto vocabulary = std::make_shared<const Vocabulary>(tokens_by_id(vocab));
  AddedTokens added(names.find(*vocabulary));
  BertNormalizer::Options normalizer{
      .clean_text = true,
      .handle_chinese_chars = setting(config, "tokenize_chinese_chars", true),
      .strip_accents = std::nullopt,
      .lowercase = setting(config, "do_lower_case", true),
  };
  if (config.is_object() && config.contains("strip_accents") && !config.at("strip_accents").is_null()) {
    normalizer.strip_accents = config.at("strip_accents").get<bool>();
  }
  Pipeline pipeline;
  pipeline.normalizer = std::make_unique<BertNormalizer>(normalizer);
  pipeline.pre_tokenizer = std::make_unique<BertPreTokenizer>();
  pipeline.post_processor = bert_template({names["cls_token"], need(*vocabulary, names["cls_token"])},
                                          {names["sep_token"], need(*vocabulary, names["sep_token"])});
  pipeline.decoder = std::make_unique<WordPieceDecoder>("##", /*cleanup=*/true);
  pipeline.model =
      std::make_unique<WordPiece>(std::move(vocabulary), WordPiece::Options{.unk_token = names["unk_token"]});
  const SpecialTokens special = names.ids(added);
  return std::make_unique<Tokenizer>(std::move(pipeline), std::move(added), special);
}

std::unique_ptr<Tokenizer> make_sentencepiece_tokenizer(std::string_view file, const Json& config) {
  const ModelProto model = parse_model(file);
  ScoredEntries pieces;
  std::optional<std::int32_t> unknown;
  for (int i = 0; i < model.pieces_size(); ++i) {
    pieces.emplace_back(model.pieces(i).piece(), model.pieces(i).score());
    if (model.pieces(i).type() == ModelProto::SentencePiece::UNKNOWN) unknown = i;
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(pieces.begin(), pieces.end(), [&](auto& piece) { return piece.first == name; });
  };
  std::vector<AddedToken> reserved = reserved_pieces(model);
  const bool albert = has("[CLS]") && has("[SEP]");
  check(albert || has("</s>"),
        "a SentencePiece model without [CLS] and [SEP] (ALBERT) or </s> (T5) is not supported without "
        "tokenizer.json");
  Pipeline pipeline;
  const std::string& charsmap = model.normalizer_spec().precompiled_charsmap();
  if (albert) {
    pipeline.normalizer = albert_normalizer(model, config);
  } else {
    if (!charsmap.empty()) pipeline.normalizer = std::make_unique<Precompiled>(charsmap);
    const auto count = setting(config, "extra_ids", std::int32_t{100});
    check(count >= 0 && count <= 100'000, "tokenizer_config.json has \"extra_ids\": {}, expected 0 to 100000",
          count);
    for (std::int32_t i = count - 1; i >= 0; --i) {
      const std::string name = fmt::format("<extra_id_{}>", i);
      if (has(name)) continue;
      reserved.push_back({.id = static_cast<std::int32_t>(pieces.size()), .content = name, .special = true});
      pieces.emplace_back(name, 0.0);
    }
  }
  pipeline.pre_tokenizer = word_metaspace();
  pipeline.decoder = std::make_unique<MetaspaceDecoder>(Metaspace::Options());
  pipeline.model = std::make_unique<Unigram>(std::move(pieces), unknown, /*byte_fallback=*/false);
  const Vocabulary& vocabulary = pipeline.model->vocabulary();
  const SpecialNames names(
      config, albert ? Special{{"bos_token", "[CLS]"},
                               {"eos_token", "[SEP]"},
                               {"unk_token", "<unk>"},
                               {"sep_token", "[SEP]"},
                               {"pad_token", "<pad>"},
                               {"cls_token", "[CLS]"},
                               {"mask_token", "[MASK]"}}
                     : Special{{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}});
  if (albert) {
    pipeline.post_processor = bert_template({names["cls_token"], need(vocabulary, names["cls_token"])},
                                            {names["sep_token"], need(vocabulary, names["sep_token"])});
  } else {
    using T = TemplateProcessing;
    const SpecialToken end{names["eos_token"], need(vocabulary, names["eos_token"])};
    pipeline.post_processor = std::make_unique<T>(
        T::Template{T::first(), T::special(end.token)},
        T::Template{T::first(), T::special(end.token), T::second(), T::special(end.token)},
        T::Tokens{{end.token, {end}}});
  }
  std::map<std::int32_t, AddedToken> tokens;
  for (AddedToken& token : reserved) tokens[token.id] = token;
  for (AddedToken& token : names.find(vocabulary)) tokens[token.id] = token;
  std::vector<AddedToken> list;
  for (auto& [id, token] : tokens) list.push_back(std::move(token));
  AddedTokens added(std::move(list));
  const SpecialTokens special = names.ids(added);
  return std::make_unique<Tokenizer>(std::move(pipeline), std::move(added), special);
}

}  // namespace attune::text
