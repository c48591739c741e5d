// attune tag DIR [TEXT...]: labels the words of texts, or finds their entities.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/input/text_requests.h"
#include "apps/attune/input/token_classification_data.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/tagging/word_tagging.h"
#include "attune/text/corpora/conll.h"
#include "attune/text/corpora/find_words.h"
#include "attune/text/word_tokenizer.h"

namespace attune::command {
namespace {

struct Options {
  TextRequest request;
  bool conll = false;
  std::int64_t word_column = 1;
};

// A text and its words.
struct Words {
  std::string text;
  std::vector<text::Offsets> places;  // of the words in it
  std::vector<std::string> words;

  explicit Words(std::string of) : text(std::move(of)), places(text::find_words(text)) {
    for (const auto& [begin, end] : places) words.push_back(text.substr(begin, end - begin));
  }
  // Words that were given: the text has a blank between them.
  explicit Words(std::vector<std::string> given) : words(std::move(given)) {
    for (const std::string& word : words) {
      if (!text.empty()) text += ' ';
      places.push_back({text.size(), text.size() + word.size()});
      text += word;
    }
  }
};

// As CoNLL files have it: a word and its label a line, and a blank line after the last one. "_" stands for no
// label, where the model has no O.
std::string lines_of(const Words& sentence, const std::vector<std::string>& labels, bool has_outside) {
  std::string lines;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string none = has_outside ? "O" : "_";
    lines += fmt::format("{}\t{}\n", sentence.words[i], labels[i].empty() ? none : labels[i]);
  }
  return lines + "\n";
}

std::string json_of(const Words& sentence, const std::vector<std::string>& labels,
                    const std::vector<double>& scores) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  std::vector<text::Offsets> bytes;
  for (const tasks::TaggedSpan& span : tasks::group_words(labels, scores)) {
    bytes.push_back({sentence.places[span.begin].begin, sentence.places[span.end - 1].end});
    const auto& [begin, end] = bytes.back();
    all.push_back({{"text", sentence.text.substr(begin, end - begin)},
                   {"label", span.label},
                   {"start", 0},
                   {"end", 0},
                   {"score", span.score}});
  }
  const auto characters = text::character_offsets(sentence.text, bytes);
  for (std::size_t i = 0; i < characters.size(); ++i) {
    all[i]["start"] = characters[i].begin;
    all[i]["end"] = characters[i].end;
  }
  return all.dump() + "\n";
}

class Tagger {
 public:
  explicit Tagger(const Options& options)
      : options_(options),
        model_(load_for_use<models::TokenClassifier>(options.request.directory, options.request.dtype)),
        tokenizer_(text::load_word_tokenizer(options.request.directory)),
        has_outside_(std::ranges::find(names(), "O") != names().end()) {}

  std::string tag(const std::vector<Words>& sentences) {
    std::vector<std::vector<std::string>> words;
    for (const Words& sentence : sentences) words.push_back(sentence.words);
    for (const auto& some : words) model_.expect(std::ssize(some));  // at least a token a word
    const auto tags =
        tasks::tag_words(*model_, *tokenizer_, words, options_.request.batch_size, model_.how());
    std::string answer;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      std::vector<std::string> labels;
      std::vector<double> scores;
      for (const tasks::WordTag& tag : tags[i]) {
        labels.push_back(tag.label < 0 ? "" : names()[static_cast<std::size_t>(tag.label)]);
        scores.push_back(tag.score);
      }
      check_scores(scores, options_.request.directory);
      answer += options_.request.json ? json_of(sentences[i], labels, scores)
                                      : lines_of(sentences[i], labels, has_outside_);
    }
    return answer;
  }

 private:
  const std::vector<std::string>& names() const { return model_->labels().names; }

  const Options& options_;
  UsedModel<models::TokenClassifier> model_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  bool has_outside_;
};

bool is_conll_name(std::filesystem::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path.extension() == ".conll" || path.extension() == ".conllu";
}

void validate(const Options& options) {
  validate(options.request);
  if (options.request.columns.pairs()) fail_usage("--text names two columns, expected one");
  if (options.conll && !options.request.texts.empty()) fail_usage("TEXT and --conll exclude one another");
  word_column_of(options.word_column);
}

void tag_conll(Tagger& tagger, const Options& options, std::size_t most, Answers& answers) {
  const std::string& input = options.request.input;
  const auto sentences = text::read_conll(input.empty() ? "/dev/stdin" : input,
                                          {.word = word_column_of(options.word_column), .with_tags = false});
  for (std::size_t begin = 0; begin < sentences.size(); begin += most) {
    std::vector<Words> some;
    for (std::size_t i = begin; i < std::min(begin + most, sentences.size()); ++i)
      some.emplace_back(sentences[i].words);
    answers.write(tagger.tag(some));
  }
}

void run(const Options& options) {
  validate(options);
  Tagger tagger(options);
  Answers answers(options.request.out);
  const auto most = static_cast<std::size_t>(8 * options.request.batch_size);
  if (options.conll || is_conll_name(options.request.input)) {
    tag_conll(tagger, options, most, answers);
  } else {
    for_each_stretch(options.request, most, [&](std::span<const RequestedText> texts) {
      std::vector<Words> sentences;
      for (const auto& [first, second] : texts)  // a tab is white space here
        sentences.emplace_back(second ? first + "\t" + *second : first);
      answers.write(tagger.tag(sentences));
    });
  }
  answers.finish();
}

}  // namespace

void add_tag(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand(
      "tag",
      "Label the words of texts with a model: those between white space, punctuation marks and Chinese "
      "characters by themselves; or those of CoNLL files as they stand there");
  add_request_flags(verb, o.request, "tag");
  verb.remove_option(verb.get_option("--pair"));
  verb.get_option("--text")->description("Column with the text");
  verb.get_option("--json")->description(
      "Write a JSON line a text: its entities with text, label, score, start and end in characters (in CoNLL "
      "files, of the words with a blank between them)");
  verb.add_flag(
          "--conll", o.conll,
          "Read --input, or standard input, as a CoNLL file: so are files named .conll and .conllu, also .gz")
      ->group("Data");
  add_value(verb, "Data", "--word-column", o.word_column, "Column of a CoNLL file with the words, from 1");
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
