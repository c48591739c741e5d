#include "attune/tasks/classification/gpt_inputs.h"

#include <optional>
#include <string>
#include <utility>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

// A token of the model's configuration, as the tokenizer writes it.
std::optional<std::string> configured(const nlohmann::ordered_json& config, const char* field,
                                      const text::Tokenizer& tokenizer) {
  const auto found = config.find(field);
  if (found == config.end() || !found->is_number_integer()) return {};
  const auto id = found->get<std::int64_t>();
  if (id < 0 || id >= tokenizer.vocab_size()) return {};
  return tokenizer.id_to_token(static_cast<std::int32_t>(id));
}

std::string padding_of(const nlohmann::ordered_json& config, const text::Tokenizer& tokenizer,
                       const models::InputFormat& format) {
  if (const auto padding = configured(config, "pad_token_id", tokenizer);
      padding && *padding != format.extract)
    return *padding;
  const auto& special = tokenizer.special();
  for (const auto& id : {special.pad, special.eos}) {
    if (id && tokenizer.id_to_token(*id) != format.extract) return tokenizer.id_to_token(*id);
  }
  return configured(config, "eos_token_id", tokenizer).value_or(format.start);
}

}  // namespace

FamilyAndTokenizer with_gpt_inputs(FamilyAndTokenizer model, bool symmetric) {
  const models::TextFacts& facts = model.family->facts();
  check(model.tokenizer->vocab_size() <= facts.vocab_size, "the tokenizer has {} tokens, the model takes {}",
        model.tokenizer->vocab_size(), facts.vocab_size);
  if (!facts.causal) {
    check(!symmetric,
          "a pair has an order for {}, which reads it both ways: a symmetric classifier is made of a GPT",
          facts.model_type);
    return model;
  }
  models::InputFormat format = facts.input_format.value_or(models::InputFormat{});
  format.symmetric = symmetric;
  const std::string padding = padding_of(model.family->config(), *model.tokenizer, format);
  const std::string tokens[] = {format.start, format.delimiter, format.extract};
  auto tokenizer = std::move(*model.tokenizer).with_special_tokens(tokens, padding);
  const std::int64_t vocabulary = std::max(facts.vocab_size, tokenizer->vocab_size());
  auto family =
      models::with_input_format(*model.family, format, vocabulary, tokenizer->token_to_id(padding).value());
  return {std::move(family), std::move(tokenizer)};
}

}  // namespace attune::tasks
