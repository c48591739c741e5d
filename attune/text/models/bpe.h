// Byte-pair encoding (Sennrich et al. 2016, 1508.07909): a piece begins as its characters, or as its bytes
// (GPT-2); of all neighbours that can be merged, those with the lowest rank are, the leftmost first, until
// none can be.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "attune/text/models/merge_table.h"
#include "attune/text/models/model.h"
#include "attune/text/models/piece_cache.h"
#include "attune/text/tokenizer_file.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

class Bpe : public Model {
 public:
  struct Options {
    bool byte_level = true;  // Pieces begin as bytes, and the vocabulary holds bytes.
    // Stands for what is not in the vocabulary; without it that is an error.
    std::optional<std::int32_t> unknown = std::nullopt;
    bool fuse_unk = false;       // One token for neighbours that are unknown.
    bool byte_fallback = false;  // Characters that are not in the vocabulary become <0x00> to <0xFF>.
    bool ignore_merges = false;  // A piece that is a token stays whole, whatever the merges say.
    std::string continuing_subword_prefix = {};  // Of symbols that do not begin a piece: WordPiece's "##".
    std::string end_of_word_suffix = {};         // Of the symbol that ends a piece: GPT's "</w>".
  };
  Bpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Merge> merges)
      : Bpe(std::move(vocabulary), std::move(merges), Options()) {}
  Bpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Merge> merges, Options options);

  std::string_view kind() const override { return options_.byte_level ? "byte-level BPE" : "BPE"; }
  const Vocabulary& vocabulary() const override { return *vocabulary_; }
  void encode(std::string_view piece, std::vector<std::int32_t>& ids) const override;
  void tokenize(std::string_view piece, std::vector<Segment>& tokens) const override;
  bool holds_bytes() const override { return options_.byte_level; }
  std::string written(const std::string& token) const override;
  nlohmann::ordered_json to_json() const override;

  // Throws Error for a setting that is not supported and for merges of what is not in the vocabulary.
  static std::unique_ptr<Bpe> from_json(const nlohmann::json& json, const MergeEntries& merges,
                                        std::shared_ptr<const Vocabulary> vocabulary, bool byte_level);
  // The merges by ids. Throws Error that names the merge which is not of tokens in the vocabulary.
  static std::vector<Merge> find_merges(const MergeEntries& merges, const Vocabulary& vocabulary,
                                        const Options& options);

 private:
  struct Symbol {
    std::int32_t id;
    std::uint32_t length;  // Bytes of the piece.
  };
  // Calls use(symbols) with those that the piece becomes.
  template <typename Use>
  void with_symbols(std::string_view piece, Use use) const;
  void encode_uncached(std::string_view piece, std::vector<std::int32_t>& ids) const;
  // Writes the symbols that a piece begins as, at most one a byte; returns how many.
  std::size_t divide(std::string_view piece, Symbol* symbols) const;
  std::size_t divide_characters(std::string_view piece, Symbol* symbols) const;
  // Merges `count` symbols in place; returns how many are left.
  std::size_t merge_short(Symbol* symbols, std::size_t count) const;
  std::size_t merge_long(Symbol* symbols, std::size_t count) const;
  std::int32_t byte_id(char byte) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<Merge> merges_;
  MergeTable table_;
  Options options_;
  std::uint32_t number_ = PieceCache::next_owner();
  bool plain_;  // Pieces begin as bytes, whatever stands around them: GPT-2's kind.
  std::array<std::int32_t, 256> byte_ids_;      // -1 for a byte without a token.
  std::array<std::int32_t, 256> fallback_ids_;  // Of <0x00> to <0xFF>, -1 for none.
};

}  // namespace attune::text
