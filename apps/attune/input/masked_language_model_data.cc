#include "apps/attune/input/masked_language_model_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "attune/io/message.h"
#include "attune/text/corpora/sentence_corpus.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;
using tasks::PairObjective;

text::SentenceCorpus tokenise(const MaskedLanguageModelRun& run, const text::LanguageFiles& language,
                              const std::string& name, const text::Tokenizer& tokenizer,
                              std::FILE* progress) {
  const fs::path cache = run.cache.empty() ? fs::path(run.place.out) / "cache" : fs::path(run.cache);
  fs::create_directories(cache);
  // Only a text that takes a while to tokenise is worth a line.
  constexpr std::uint64_t worth_telling = std::uint64_t{32} << 20;
  std::uint64_t told = 0;
  const auto tell = [&](std::uint64_t done) {
    if (progress == nullptr || done / worth_telling == told) return;
    told = done / worth_telling;
    io::print_message(progress, "tokenising {}: {} MB\n", language.name, done / 1'000'000);
  };
  return text::open_sentence_corpus(language.files, tokenizer, run.masked.whole_words, cache / name, tell);
}

}  // namespace

PairObjective pairs_of(const MaskedLanguageModelRun& run) {
  if (run.next_sentence) return PairObjective::next_sentence;
  return run.sentence_order ? PairObjective::sentence_order : PairObjective::none;
}

void validate_objective(const MaskedLanguageModelRun& run) {
  run.masked.validate();
  if (run.next_sentence && run.sentence_order)
    fail_usage("--next-sentence and --sentence-order exclude one another");
}

std::int64_t context_of(const MaskedLanguageModelRun& run, const models::VocabularyModel& model) {
  const std::int64_t wanted = run.encoder.sizes.context, most = model.facts().max_length;
  if (run.context_given && wanted > most)
    fail_usage("--context is {}, the model of {} takes {} tokens", wanted, run.encoder.model, most);
  return std::min(wanted, most);
}

std::vector<tasks::MaskedExamples> open_examples(const MaskedLanguageModelRun& run,
                                                 const std::vector<text::LanguageFiles>& languages,
                                                 const std::string& kind, const text::Tokenizer& tokenizer,
                                                 std::int64_t context, std::FILE* progress) {
  const tasks::MaskedExampleOptions options{
      .context = context, .packing = run.packing, .pairs = pairs_of(run), .masking = run.masked};
  std::vector<tasks::MaskedExamples> all;
  for (std::size_t i = 0; i < languages.size(); ++i)
    all.emplace_back(
        tokenise(run, languages[i], fmt::format("{}-{}.sentences", kind, i), tokenizer, progress), tokenizer,
        languages[i].name, options);
  return all;
}

}  // namespace attune::command
