// attune eval of models that write a text for a text: translations, answers, summaries.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/attune/inspect/eval.h"
#include "attune/io/message.h"
#include "attune/models/config_fields.h"
#include "attune/tasks/metrics/bleu.h"
#include "attune/tasks/metrics/chrf.h"
#include "attune/tasks/text_to_text/text_to_text.h"
#include "attune/tasks/text_to_text/translation.h"
#include "attune/text/corpora/line_reader.h"
#include "attune/text/corpora/parallel_text.h"
#include "attune/text/tables/table_reader.h"

namespace attune::command {
namespace {

// Padded tokens of a batch, as many as a window of sentences to translate may have.
constexpr std::int64_t batch_tokens = 4096;

struct Figures {
  tasks::TranslationEvaluation predicted;
  tasks::BleuScore bleu;
  double chrf = 0, exact_match = 0;
  std::size_t sentences = 0;
  generate::SequenceOptions search;
  std::string left_out;  // of the loss
};

struct Corpus {
  TextPairs pairs;              // all of them
  text::ParallelCorpus corpus;  // those that the loss is of
  std::string left_out;
};

// Whether the files are tables with named columns rather than lines of two texts.
bool are_tables(const EvalOptions& options) {
  if (options.tables) return true;
  const std::filesystem::path first = options.data.front();
  const auto name = first.extension() == ".gz" ? first.stem() : first;
  if (name.extension() == ".tsv" && options.data.size() == 1) {
    std::string header;
    text::LineReader(first).next(header);
    return header == options.pairs.source + "\t" + options.pairs.target;
  }
  return text::is_table_name(first.string()) && name.extension() != ".tsv" && name.extension() != ".tab";
}

Corpus encoded(TextPairs pairs, const Translator& translator) {
  const text::ParallelLimits limits{translator.model().max_source_length(),
                                    translator.model().max_target_length()};
  EncodedPairs tokens = encode_pairs(pairs, translator.tokenizer(), limits);
  std::string less = left_out(pairs, tokens, limits);
  return {std::move(pairs), std::move(tokens.corpus), std::move(less)};
}

Corpus read_parallel(const EvalOptions& options, const Translator& translator) {
  const std::vector<std::filesystem::path> paths(options.data.begin(), options.data.end());
  text::ParallelReader reader(paths);
  TextPairs pairs;
  for (text::SentencePair pair; reader.next(pair);) {
    pairs.sources.push_back(options.pairs.prefix + pair.source);
    pairs.targets.push_back(std::move(pair.target));
  }
  check(!pairs.sources.empty(), "{} is empty, expected sentences", options.data.front());
  if (!options.pairs.prefix.empty()) return encoded(std::move(pairs), translator);
  text::ParallelCorpus corpus = text::read_parallel_corpus(
      paths, translator.tokenizer(),
      {translator.model().max_source_length(), translator.model().max_target_length()});
  std::string less = text::left_out(corpus);
  return {std::move(pairs), std::move(corpus), std::move(less)};
}

Figures evaluate(const EvalOptions& options) {
  TranslatorOptions translation = options.translator;
  translation.directory = options.directory;
  translation.dtype = options.dtype;
  if (options.batch_size) translation.batch_size = *options.batch_size;
  // As its training writes texts, and transformers' generate().
  if (models::read_model_type(options.directory) == "t5") translation.default_num_beams = 1;
  Translator translator(translation);
  const Corpus data = are_tables(options) ? encoded(read_pair_tables(options.data, options.pairs), translator)
                                          : read_parallel(options, translator);
  Figures figures;
  figures.search = translator.search();
  figures.sentences = data.pairs.sources.size();
  figures.left_out = data.left_out;
  figures.predicted = *tasks::evaluate_translation(translator.model(), data.corpus, batch_tokens, {});

  const auto translations =
      translator.translate(data.pairs.sources, [&](std::size_t index, const std::string& message) {
        io::print_message(stderr, "attune: {}: line {} {}\n", options.data.front(), index + 1, message);
      });
  std::vector<std::string> hypotheses;
  for (const Translated& one : translations) hypotheses.push_back(one.text);
  figures.exact_match = tasks::exact_match(hypotheses, data.pairs.targets);
  figures.bleu = tasks::corpus_bleu(hypotheses, data.pairs.targets, options.lowercase);
  figures.chrf = tasks::corpus_chrf(hypotheses, data.pairs.targets, options.lowercase);
  return figures;
}

}  // namespace

void evaluate_encoder_decoder(const EvalOptions& options) {
  const Figures figures = evaluate(options);
  const auto& [loss, perplexity, tokens] = figures.predicted;
  if (!figures.left_out.empty()) io::print_message(stderr, "attune: the loss has {}\n", figures.left_out);
  if (options.json) {
    const nlohmann::ordered_json line = {{"loss", loss},
                                         {"perplexity", perplexity},
                                         {"exact_match", figures.exact_match},
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
  fmt::print("loss           {:.4f} nats a token\nperplexity     {:.3f}\nexact match    {:.2f}%\n", loss,
             perplexity, 100 * figures.exact_match);
  fmt::print(
      "BLEU           {:.2f}  {:.1f}/{:.1f}/{:.1f}/{:.1f}, brevity penalty {:.3f}, {} words for {}{}\n",
      score, precisions[0], precisions[1], precisions[2], precisions[3], brevity_penalty, words,
      reference_words, options.lowercase ? ", in lower case" : "");
  fmt::print("chrF           {:.2f}\nsentences      {}\ntokens         {}\n", figures.chrf, figures.sentences,
             tokens);
}

}  // namespace attune::command
