#include "attune/text/translation_tokenizer.h"

#include <utility>

#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

class SharedTokenizer : public TranslationTokenizer {
 public:
  explicit SharedTokenizer(std::unique_ptr<const Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {
    check(special().eos.has_value(), "the tokenizer has no \"eos_token\", which ends a translation");
    check(special().pad.has_value(), "the tokenizer has no \"pad_token\", which fills up short sentences");
  }

  std::string_view kind() const override { return tokenizer_->kind(); }
  std::int64_t vocab_size() const override { return tokenizer_->vocab_size(); }
  const SpecialTokens& special() const override { return tokenizer_->special(); }
  bool is_special(std::int32_t id) const override { return tokenizer_->is_special(id); }

  std::vector<std::int32_t> encode_source(std::string_view sentence) const override {
    std::vector<std::int32_t> ids = tokenizer_->encode(sentence);
    ids.push_back(*special().eos);
    return ids;
  }
  std::vector<std::int32_t> encode_target(std::string_view sentence) const override {
    return encode_source(sentence);
  }

  std::string decode_target(std::span<const std::int32_t> ids) const override {
    return replace_invalid_utf8(tokenizer_->decode(ids, /*skip_special=*/true));
  }
  const std::string& id_to_token(std::int32_t id) const override { return tokenizer_->id_to_token(id); }

  void save(const std::filesystem::path& directory, std::int64_t model_max_length) const override {
    save_tokenizer(*tokenizer_, directory, model_max_length);
  }

 private:
  std::unique_ptr<const Tokenizer> tokenizer_;
};

}  // namespace

std::unique_ptr<TranslationTokenizer> share_tokenizer(std::unique_ptr<const Tokenizer> tokenizer) {
  return std::make_unique<SharedTokenizer>(std::move(tokenizer));
}

}  // namespace attune::text
