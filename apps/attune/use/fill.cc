// attune fill DIR [TEXT...]: what stands behind the mask tokens of texts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/input/text_requests.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/masked_language_modeling/fill_mask.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

struct Options {
  TextRequest request;
  std::int64_t top_k = 5;
};

class Filler {
 public:
  explicit Filler(const Options& options)
      : options_(options),
        model_(load_for_use<models::MaskedLanguageModel>(options.request.directory, options.request.dtype)),
        tokenizer_(text::load_tokenizer(options.request.directory)) {
    check(tokenizer_->special().mask.has_value(),
          "the tokenizer of {} has no mask token: it is none of a masked language model",
          options.request.directory);
    mask_ = *tokenizer_->special().mask;
  }

  std::string fill(std::span<const RequestedText> texts) {
    std::vector<tasks::TextInput> inputs;
    for (const RequestedText& text : texts) inputs.push_back(encode(text));
    model_.expect(inputs);
    const auto filled =
        tasks::fill_masks(*model_, inputs, mask_, options_.top_k, options_.request.batch_size, model_.how());
    std::string lines;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      lines += options_.request.json ? json_of(inputs[i], filled[i]) : line_of(filled[i]);
    return lines;
  }

 private:
  tasks::TextInput encode(const RequestedText& text) {
    ++texts_;
    const std::string_view second = text.second ? std::string_view(*text.second) : std::string_view();
    const std::int64_t most = model_->facts().max_length;
    auto input = tasks::encode_input(*tokenizer_, text.first, text.second ? &second : nullptr, most);
    if (std::ranges::find(input.ids, mask_) == input.ids.end())
      fail("text {} (\"{}\") has no {} among its first {} tokens: there is nothing to fill", texts_,
           shortened(text.first), tokenizer_->id_to_token(mask_), most);
    return input;
  }

  static std::string shortened(const std::string& text) {
    constexpr std::size_t most = 60;
    return text.size() <= most ? text : text.substr(0, most) + "...";
  }

  std::string word(std::int32_t token) const { return tokenizer_->decode({&token, 1}); }

  // TOKEN SCORE TOKEN SCORE ..., mask after mask, with tabs between them.
  std::string line_of(const std::vector<tasks::FilledMask>& masks) const {
    std::vector<std::string> parts;
    for (const tasks::FilledMask& mask : masks) {
      for (const auto& [token, score] : mask.candidates) {
        std::string name = word(token);
        std::ranges::replace_if(
            name, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
        parts.push_back(fmt::format("{}\t{:.4f}", name, score));
      }
    }
    return fmt::format("{}\n", fmt::join(parts, "\t"));
  }

  // As transformers' fill-mask pipeline has it: a list of candidates, or of several masks a list of lists.
  std::string json_of(const tasks::TextInput& input, const std::vector<tasks::FilledMask>& masks) const {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const auto& [position, candidates] : masks) {
      nlohmann::ordered_json of_mask = nlohmann::ordered_json::array();
      for (const auto& [token, score] : candidates) {
        std::vector<std::int32_t> ids = input.ids;
        ids[static_cast<std::size_t>(position)] = token;
        std::erase(ids, tokenizer_->special().pad.value_or(-1));
        // Of several masks the others are special tokens, and stay.
        of_mask.push_back({{"score", score},
                           {"token", token},
                           {"token_str", word(token)},
                           {"sequence", tokenizer_->decode(ids, /*skip_special=*/masks.size() == 1)}});
      }
      all.push_back(std::move(of_mask));
    }
    const nlohmann::ordered_json& shown = masks.size() == 1 ? all.front() : all;
    return shown.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }

  const Options& options_;
  UsedModel<models::MaskedLanguageModel> model_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  std::int32_t mask_ = 0;
  std::int64_t texts_ = 0;  // seen so far
};

void run(const Options& options) {
  validate(options.request);
  if (options.top_k < 1) fail_usage("--top-k is {}, expected at least 1", options.top_k);
  Filler filler(options);
  Answers answers(options.request.out);
  const auto most = static_cast<std::size_t>(8 * options.request.batch_size);
  for_each_stretch(options.request, most,
                   [&](std::span<const RequestedText> texts) { answers.write(filler.fill(texts)); });
  answers.finish();
}

}  // namespace

void add_fill(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App& verb =
      *program.app.add_subcommand("fill", "Say what stands behind the mask tokens of texts, such as [MASK]");
  add_request_flags(verb, options->request, "fill");
  add_value(verb, "Output", "--top-k", options->top_k, "Tokens a mask, the likeliest first");
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
