// A piece is a token or it is unknown: Hugging Face's WordLevel. With pieces of one character it is a
// character tokenizer.
#pragma once

#include <memory>
#include <optional>

#include "attune/text/models/model.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

class WordLevel : public Model {
 public:
  // `unknown` stands for every piece outside the vocabulary; without it such a piece is an error.
  WordLevel(std::shared_ptr<const Vocabulary> vocabulary, std::optional<std::int32_t> unknown);

  std::string_view kind() const override { return "WordLevel"; }
  const Vocabulary& vocabulary() const override { return *vocabulary_; }
  void encode(std::string_view piece, std::vector<std::int32_t>& ids) const override;
  void tokenize(std::string_view piece, std::vector<Segment>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

  static std::unique_ptr<WordLevel> from_json(const nlohmann::json& json,
                                              std::shared_ptr<const Vocabulary> vocabulary);

 private:
  std::int32_t find(std::string_view piece) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::optional<std::int32_t> unknown_;
};

}  // namespace attune::text
