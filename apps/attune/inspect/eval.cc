// attune eval DIR --data FILE...: how good a model is at what it was trained for, by its kind.
#include "apps/attune/inspect/eval.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "apps/attune/command.h"
#include "apps/attune/input/classification_data.h"
#include "apps/attune/use/model_options.h"
#include "apps/attune/use/translator_flags.h"
#include "attune/base/error.h"
#include "attune/models/forecasting/families.h"
#include "attune/models/text/family.h"
#include "attune/models/text/head_kind.h"

namespace attune::command {
namespace {

// A kind of model.
struct Kind {
  const char* name;  // in the plural
  void (*evaluate)(const EvalOptions& options);
};

constexpr Kind language_models{"language models", evaluate_language_model},
    encoder_decoders{"encoder-decoders", evaluate_encoder_decoder},
    masked_language_models{"masked language models", evaluate_masked_language_model},
    sequence_classifiers{"sequence classifiers", evaluate_sequence_classifier},
    token_classifiers{"token classifiers", evaluate_token_classifier},
    question_answerers{"question answering", evaluate_question_answerer},
    multiple_choice{"multiple choice", evaluate_multiple_choice},
    forecasters{"forecasters", evaluate_forecaster};

const Kind& kind_of(const std::string& directory) {
  if (is_translation_model(directory)) return encoder_decoders;
  if (models::is_forecaster(directory)) return forecasters;
  if (!models::is_text_family(models::read_model_type(directory))) return language_models;
  switch (models::read_head_kind(directory)) {
    case models::HeadKind::language_model:
      return language_models;
    case models::HeadKind::masked_language_model:
    case models::HeadKind::pretraining:
      return masked_language_models;
    case models::HeadKind::sequence_classifier:
      return sequence_classifiers;
    case models::HeadKind::token_classifier:
      return token_classifiers;
    case models::HeadKind::question_answerer:
      return question_answerers;
    case models::HeadKind::multiple_choice:
      return multiple_choice;
    case models::HeadKind::none:
      break;
  }
  fail("{} is an encoder without a head: there is nothing to measure before it is trained for something",
       directory);
}

// Options that mean something to some kinds of models only.
class KindOptions {
 public:
  explicit KindOptions(CLI::App& verb) : verb_(verb) {}

  // Those that add() gives the verb are of these kinds. --columns, which many would add, is left to the end.
  template <typename Add>
  void add(const std::vector<const Kind*>& kinds, Add add) {
    const auto before = verb_.get_options();
    add();
    std::vector<const char*> names;
    for (const Kind* kind : kinds) names.push_back(kind->name);
    std::string group = fmt::format("{}", fmt::join(names, ", "));
    group.front() = static_cast<char>(std::toupper(group.front()));
    for (CLI::Option* option : verb_.get_options()) {
      if (std::ranges::find(before, option) != before.end()) continue;
      option->group(group);
      owned_.push_back({option, kinds});
    }
  }
  void drop(const char* name) {
    CLI::Option* const option = verb_.get_option(name);
    std::erase_if(owned_, [&](const Owned& owned) { return owned.option == option; });
    verb_.remove_option(option);
  }

  // Throws UsageError for an option that was given and is not of this kind.
  void refuse_others(const Kind& kind, const std::string& directory) const {
    for (const auto& [option, kinds] : owned_) {
      if (option->count() == 0 || std::ranges::find(kinds, &kind) != kinds.end()) continue;
      std::vector<const char*> names;
      for (const Kind* owner : kinds) names.push_back(owner->name);
      fail_usage("--{} is for {}; {} is none: it is one of the {}", option->get_lnames().front(),
                 fmt::join(names, ", "), directory, kind.name);
    }
  }

 private:
  struct Owned {
    CLI::Option* option;
    std::vector<const Kind*> kinds;
  };

  CLI::App& verb_;
  std::vector<Owned> owned_;
};

// What several kinds have under one name.
struct SharedOptions {
  std::string label = "label", columns, context;
  std::int64_t max_length = 0;
};

void add_language_flags(CLI::App& verb, KindOptions& kinds, EvalOptions& options) {
  kinds.add({&language_models}, [&] {
    verb.add_option("--separator", options.separator, "Line that stands between the documents of a file");
    add_value(verb, "", "--stride", options.stride, "By how many tokens the window moves on; 0: the context");
  });
  kinds.add({&encoder_decoders}, [&] {
    add_pair_flags(verb, "", options.pairs);
    add_search_flags(verb, options.translator, "");
    verb.get_option("--num-beams")
        ->description("Hypotheses kept at every step; 1 takes the best token always, as T5 by default");
    verb.add_flag("--lowercase", options.lowercase, "Compare in lower case, as sacrebleu -lc");
  });
  kinds.drop("--columns");
  kinds.add({&masked_language_models}, [&] { add_example_flags(verb, options.masked); });
}

void add_task_flags(CLI::App& verb, KindOptions& kinds, EvalOptions& options) {
  kinds.add({&sequence_classifiers}, [&] {
    add_column_flags(verb, options.classification.columns, /*with_label=*/false);
    verb.add_flag("--multi-label", options.classification.multi_label,
                  "A text has any number of labels, as the model's directory says by itself");
    add_value(verb, "", "--label-separator", options.classification.label_separator,
              "What divides the labels of a cell");
    verb.add_option("--label-columns", options.classification.label_columns,
                    "Instead of --label: a column of 0 and 1 for each label")
        ->take_all();
  });
  kinds.drop("--columns");
  kinds.add({&multiple_choice}, [&] { add_choice_flags(verb, options.choices.columns, "Column with"); });
  kinds.drop("--columns");
  kinds.drop("--context");
  kinds.add({&token_classifiers}, [&] {
    add_value(verb, "", "--word-column", options.words.word_column, "Column with the words, from 1");
    add_value(verb, "", "--label-column", options.words.label_column,
              "Column with the labels, from 1; 0: the last");
  });
  kinds.add({&question_answerers}, [&] {
    add_window_flags(verb, options.questions.windows);
    add_answer_flags(verb, options.questions);
  });
  kinds.drop("--max-length");
}

void add_forecast_flags(CLI::App& verb, KindOptions& kinds, ForecastEvalOptions& options) {
  kinds.add({&forecasters}, [&] {
    verb.add_option("--horizon", options.horizon, "Rows to forecast (default: as the model was trained)");
    verb.add_flag("--rolling", options.rolling,
                  "Forecasts that follow each other, each time forecast once, instead of every window");
    verb.add_option(
        "--part", options.part,
        "train, valid, test or all (default: the test part of the file that was trained on, all of "
        "one that begins later)");
    verb.add_option("--plot", options.plot, "Picture of forecasts beside what came, .png or .svg");
  });
}

void add_shared_flags(CLI::App& verb, KindOptions& kinds, SharedOptions& shared) {
  kinds.add({&sequence_classifiers, &multiple_choice}, [&] {
    add_value(verb, "", "--label", shared.label, "Column with the label, or with the right choice");
  });
  kinds.add({&multiple_choice, &masked_language_models}, [&] {
    verb.add_option(
        "--context", shared.context,
        "Of multiple choice the column with the text that a question is about; of masked language "
        "models the tokens of an example, or what the model takes where that is less (128)");
  });
  kinds.add({&sequence_classifiers, &multiple_choice, &encoder_decoders}, [&] {
    verb.add_option("--columns", shared.columns,
                    "NAME,NAME,...: names of the columns of a table without a header line");
  });
  kinds.add({&sequence_classifiers, &multiple_choice, &token_classifiers, &question_answerers}, [&] {
    verb.add_option("--max-length", shared.max_length,
                    "Most tokens of an input, as in training (default: as many as the model takes; of a "
                    "window of a question, 384)");
  });
}

// Gives the kinds what they share.
void share(const CLI::App& verb, const Kind& kind, const SharedOptions& shared, EvalOptions& options) {
  options.classification.columns.label = options.choices.columns.label = shared.label;
  options.classification.columns.names = options.choices.columns.names = options.pairs.names = shared.columns;
  options.tables = options.pairs.given(verb);
  options.choices.columns.context = shared.context;
  options.masked.context_given = verb.get_option("--context")->count() > 0;
  std::int64_t& context = options.masked.encoder.sizes.context;
  if (&kind == &masked_language_models && options.masked.context_given &&
      (!CLI::detail::lexical_cast(shared.context, context) || context < 1))
    fail_usage("--context is {}, expected a number of tokens, at least 1", shared.context);
  if (verb.get_option("--max-length")->count() == 0) return;
  if (shared.max_length < 0)
    fail_usage("--max-length is {}, expected 0 (what the model takes) or more", shared.max_length);
  options.classification.max_length = options.choices.max_length = options.words.max_length =
      options.questions.windows.max_length = shared.max_length;
}

}  // namespace

void add_eval(Program& program) {
  auto options = std::make_shared<EvalOptions>();
  auto shared = std::make_shared<SharedOptions>();
  CLI::App& verb = *program.app.add_subcommand(
      "eval", "Measure how good a model is at what it was trained for, on data of the same form");
  auto kinds = std::make_shared<KindOptions>(verb);
  verb.add_option("directory", options->directory, "Model directory")->required();
  verb.add_option(
          "--data", options->data,
          "Data as attune train takes it for --valid: text files of language models; tables of classifiers "
          "and multiple choice; CoNLL files; SQuAD's JSON; of an encoder-decoder SOURCE TARGET, one file "
          "with SOURCE<tab>TARGET lines, or tables with --source and --target columns; a CSV of series")
      ->required()
      ->take_all();
  verb.add_flag("--json", options->json, "Print one JSON object");
  verb.add_option("--dtype", options->dtype, "Type of the weights: float32 or bfloat16")
      ->capture_default_str();
  verb.add_option("--batch-size", options->batch_size,
                  "Windows of a text at once (default: 8), sentences to translate (default: 32), or texts, "
                  "questions and examples (default: as in training)");
  add_language_flags(verb, *kinds, *options);
  add_task_flags(verb, *kinds, *options);
  add_forecast_flags(verb, *kinds, options->forecasts);
  add_shared_flags(verb, *kinds, *shared);
  add_threads(verb);
  verb.callback([options, shared, kinds, &verb] {
    if (options->batch_size.value_or(1) < 1)
      fail_usage("--batch-size is {}, expected at least 1", *options->batch_size);
    const Kind& kind = kind_of(options->directory);
    kinds->refuse_others(kind, options->directory);
    share(verb, kind, *shared, *options);
    kind.evaluate(*options);
  });
}

}  // namespace attune::command
