#include "apps/attune/fine_tuning.h"

#include <fmt/ranges.h>

#include "attune/base/error.h"
#include "attune/io/message.h"

namespace attune::command {

void expect_vocabulary(const text::Tokenizer& tokenizer, const models::TextModel& model,
                       const std::string& directory) {
  check(tokenizer.vocab_size() <= model.facts().vocab_size,
        "the tokenizer has {} tokens, the model of {} takes {}", tokenizer.vocab_size(), directory,
        model.facts().vocab_size);
}

std::function<void(const std::filesystem::path&)> saver_of(const models::TextModel& model,
                                                           const text::Tokenizer& tokenizer) {
  return [&model, &tokenizer](const std::filesystem::path& to) {
    model.save(to);
    text::save_tokenizer(tokenizer, to, model.facts().max_length, model.facts().token_types > 1);
  };
}

void tell_fresh(std::FILE* progress, const std::vector<std::string>& fresh) {
  if (progress != nullptr && !fresh.empty())
    io::print_message(progress, "new, to be learned: {}\n", fmt::join(fresh, ", "));
}

}  // namespace attune::command
