// Byte-level byte-pair encoding (Sennrich et al. 2016, 1508.07909, on bytes as in GPT-2): a piece begins as
// its bytes; of all neighbours that can be merged, those with the lowest rank are, the leftmost first, until
// none can be.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "attune/text/models/merge_table.h"
#include "attune/text/models/model.h"
#include "attune/text/tokenizer_file.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

class Bpe : public Model {
 public:
  // `unknown` stands for bytes that are not in the vocabulary; without it they are an error.
  Bpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Merge> merges,
      std::optional<std::int32_t> unknown = std::nullopt);

  std::string_view kind() const override { return "byte-level BPE"; }
  void encode(std::string_view piece, std::vector<std::int32_t>& ids) const override;
  std::string written(const std::string& token) const override;
  nlohmann::ordered_json to_json() const override;

  // Throws Error for a setting that is not supported and for merges of what is not in the vocabulary.
  static std::unique_ptr<Bpe> from_json(const nlohmann::json& json, const MergeEntries& merges,
                                        std::shared_ptr<const Vocabulary> vocabulary);
  // The merges by ids. Throws Error that names the merge which is not of tokens in the vocabulary.
  static std::vector<Merge> find_merges(const MergeEntries& merges, const Vocabulary& vocabulary);

 private:
  void encode_short(std::string_view piece, std::vector<std::int32_t>& ids) const;
  void encode_long(std::string_view piece, std::vector<std::int32_t>& ids) const;
  std::int32_t byte_id(char byte) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<Merge> merges_;
  MergeTable table_;
  std::optional<std::int32_t> unknown_;
  std::array<std::int32_t, 256> byte_ids_;  // -1 for a byte without a token.
};

}  // namespace attune::text
