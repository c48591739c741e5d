#include "apps/attune/eval_translation.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "attune/io/message.h"
#include "attune/tasks/metrics/bleu.h"
#include "attune/tasks/metrics/chrf.h"
#include "attune/tasks/translation.h"
#include "attune/text/parallel_text.h"

namespace attune::command {
namespace {

// Padded tokens of a batch, as many as a window of sentences to translate may have.
constexpr std::int64_t batch_tokens = 4096;

struct Figures {
  tasks::TranslationEvaluation predicted;
  tasks::BleuScore bleu;
  double chrf = 0;
  std::size_t sentences = 0;
  generate::SequenceOptions search;
  std::string left_out;  // of the loss
};

struct Pairs {
  std::vector<std::string> sources, references;
};

Pairs read_pairs(const std::vector<std::filesystem::path>& paths) {
  text::ParallelReader reader(paths);
  Pairs pairs;
  for (text::SentencePair pair; reader.next(pair);) {
    pairs.sources.push_back(std::move(pair.source));
    pairs.references.push_back(std::move(pair.target));
  }
  check(!pairs.sources.empty(), "{} is empty, expected sentences", paths[0].string());
  return pairs;
}

Figures evaluate(const TranslationEvalOptions& options) {
  const std::vector<std::filesystem::path> paths(options.data.begin(), options.data.end());
  Translator translator(options.translator);
  const Pairs pairs = read_pairs(paths);
  const auto corpus = text::read_parallel_corpus(
      paths, translator.tokenizer(),
      {translator.model().max_source_length(), translator.model().max_target_length()});
  Figures figures;
  figures.search = translator.search();
  figures.sentences = pairs.sources.size();
  figures.left_out = text::left_out(corpus);
  figures.predicted = *tasks::evaluate_translation(translator.model(), corpus, batch_tokens, {});

  const auto translations =
      translator.translate(pairs.sources, [&](std::size_t index, const std::string& message) {
        io::print_message(stderr, "attune: {}: line {} {}\n", paths[0].string(), index + 1, message);
      });
  std::vector<std::string> hypotheses;
  for (const Translated& one : translations) hypotheses.push_back(one.text);
  figures.bleu = tasks::corpus_bleu(hypotheses, pairs.references, options.lowercase);
  figures.chrf = tasks::corpus_chrf(hypotheses, pairs.references, options.lowercase);
  return figures;
}

}  // namespace

void evaluate_translation_model(const TranslationEvalOptions& options) {
  const Figures figures = evaluate(options);
  const auto& [loss, perplexity, tokens] = figures.predicted;
  if (!figures.left_out.empty()) io::print_message(stderr, "attune: the loss has {}\n", figures.left_out);
  if (options.json) {
    const nlohmann::ordered_json line = {{"loss", loss},
                                         {"perplexity", perplexity},
                                         {"bleu", figures.bleu.score},
                                         {"chrf", figures.chrf},
                                         {"lowercase", options.lowercase},
                                         {"num_beams", figures.search.num_beams},
                                         {"length_penalty", figures.search.length_penalty},
                                         {"sentences", figures.sentences},
                                         {"tokens", tokens}};
    fmt::print("{}\n", line.dump());
    return;
  }
  const auto& [score, precisions, brevity_penalty, words, reference_words] = figures.bleu;
  fmt::print("loss           {:.4f} nats a token\nperplexity     {:.3f}\n", loss, perplexity);
  fmt::print(
      "BLEU           {:.2f}  {:.1f}/{:.1f}/{:.1f}/{:.1f}, brevity penalty {:.3f}, {} words for {}{}\n",
      score, precisions[0], precisions[1], precisions[2], precisions[3], brevity_penalty, words,
      reference_words, options.lowercase ? ", in lower case" : "");
  fmt::print("chrF           {:.2f}\nsentences      {}\ntokens         {}\n", figures.chrf, figures.sentences,
             tokens);
}

}  // namespace attune::command
