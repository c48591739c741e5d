// Texts and special tokens in the order of a template, one for single texts and one for pairs, with their
// type ids: Hugging Face's TemplateProcessing. (There, windows that truncation cuts off keep the type ids 0
// and 1 whatever the template says; here they get those of the template, like the first one.)
#pragma once

#include <map>

#include "attune/text/post_processors/post_processor.h"

namespace attune::text {

class TemplateProcessing : public PostProcessor {
 public:
  struct Part {
    std::int32_t sequence;  // 0 for A, 1 for B, -1 for a special token.
    std::string token;      // Its name in `tokens`.
    std::int32_t type_id;
  };
  using Template = std::vector<Part>;
  // What a name stands for: one token or several.
  using Tokens = std::map<std::string, std::vector<SpecialToken>>;

  // Throws Error for a name that `tokens` lacks, and for a pair of which the template has not both.
  TemplateProcessing(Template single, Template pair, Tokens tokens);
  explicit TemplateProcessing(const nlohmann::json& json);

  std::size_t added_tokens(bool pair) const override;
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;
  nlohmann::ordered_json to_json() const override;

  // Parts of a template.
  static Part first(std::int32_t type_id = 0) { return {0, "", type_id}; }
  static Part second(std::int32_t type_id = 0) { return {1, "", type_id}; }
  static Part special(std::string token, std::int32_t type_id = 0) { return {-1, std::move(token), type_id}; }

 private:
  void check_templates() const;

  Template single_, pair_;
  Tokens tokens_;
};

}  // namespace attune::text
