// attune info of encoders, bare or with a head, and of GPT and GPT-2 with a head for texts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "apps/attune/inspect/info.h"
#include "attune/models/gpt/gpt.h"
#include "attune/models/gpt/summary.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/gpt2/summary.h"
#include "attune/models/text/head_kind.h"
#include "attune/models/text/heads.h"
#include "attune/models/text/sentence_config.h"
#include "attune/models/text/summary.h"

namespace attune::command {
namespace {

using models::HeadKind;
using models::TextModel;

constexpr std::pair<const char*, const char*> families[] = {{"bert", "BERT"},
                                                            {"roberta", "RoBERTa"},
                                                            {"xlm-roberta", "XLM-RoBERTa"},
                                                            {"distilbert", "DistilBERT"},
                                                            {"albert", "ALBERT"},
                                                            {"openai-gpt", "GPT"},
                                                            {"gpt2", "GPT-2"}};

std::string family_name(const std::string& model_type) {
  for (const auto& [type, name] : families) {
    if (type == model_type) return name;
  }
  return model_type;
}

const char* head_name(HeadKind head) {
  switch (head) {
    case HeadKind::none:
    case HeadKind::language_model:
      return "without a head";
    case HeadKind::masked_language_model:
      return "for masked language modelling";
    case HeadKind::pretraining:
      return "for masked language modelling and pairs of segments";
    case HeadKind::sequence_classifier:
      return "for sequence classification";
    case HeadKind::token_classifier:
      return "for token classification";
    case HeadKind::question_answerer:
      return "for question answering";
    case HeadKind::multiple_choice:
      return "for multiple choice";
  }
  return "";
}

// The model of a directory, without its weights.
std::unique_ptr<TextModel> make_model(const std::string& directory, HeadKind head) {
  auto family = models::read_text_family(directory);
  auto labels = models::read_text_labels(directory);
  switch (head) {
    case HeadKind::masked_language_model:
      return std::make_unique<models::MaskedLanguageModel>(family, labels);
    case HeadKind::pretraining:
      return std::make_unique<models::PretrainingModel>(family, labels);
    case HeadKind::sequence_classifier:
      return models::make_sequence_classifier(family, labels);
    case HeadKind::token_classifier:
      return std::make_unique<models::TokenClassifier>(family, labels);
    case HeadKind::question_answerer:
      return std::make_unique<models::QuestionAnswerer>(family, labels);
    case HeadKind::multiple_choice:
      return std::make_unique<models::MultipleChoiceModel>(family, labels);
    case HeadKind::none:
    case HeadKind::language_model:
      break;
  }
  return models::load_text_encoder(directory);  // mapped, not read; it may have a pooler or not
}

// How many of the layers have weights of their own.
std::size_t layer_groups(const nn::Parameters& parameters) {
  std::set<std::string> groups;
  for (const nn::Parameter& parameter : parameters.all()) {
    if (parameter.name.starts_with("layers."))
      groups.insert(parameter.name.substr(7, parameter.name.find('.', 7) - 7));
  }
  return groups.size();
}

std::string labels_text(const models::TextLabels& labels) {
  constexpr std::size_t most = 20;
  if (labels.problem_type() == models::ProblemType::regression)
    return labels.count() == 1 ? "a number a text" : fmt::format("{} numbers a text", labels.count());
  const bool several = labels.problem_type() == models::ProblemType::multi_label_classification;
  const std::size_t shown = std::min(most, labels.names.size());
  return fmt::format(
      "{}{}: {}{}", labels.count(), several ? ", any number of them a text" : "",
      fmt::join(labels.names.begin(), labels.names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < labels.names.size() ? ", ..." : "");
}

std::string vectors_text(const std::string& directory) {
  const models::SentenceConfig config = models::read_sentence_config(directory);
  std::vector<std::string> parts;
  for (const models::PoolingMode mode : config.pooling.modes) parts.emplace_back(models::name_of(mode));
  for (const models::VectorModule& module : config.modules) {
    const auto* dense = std::get_if<models::DenseModule>(&module);
    parts.push_back(dense != nullptr ? fmt::format("dense {} to {}", dense->in_features, dense->out_features)
                                     : "unit length");
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string title_of(const InfoOptions& options, const TextModel& model, HeadKind head) {
  const models::TextFacts& facts = model.facts();
  std::string title =
      fmt::format("{} {}, {} layers, {} heads, width {}, feed-forward {}, context {}, vocabulary {}",
                  family_name(facts.model_type), head_name(head), facts.layers, facts.heads, facts.width,
                  facts.feed_forward, facts.max_length, facts.vocab_size);
  const std::int64_t narrow = model.encoder().word_embedding().dim(1);
  if (narrow != facts.width) title += fmt::format(", embedding width {}", narrow);
  const std::size_t groups = layer_groups(model.parameters());
  if (groups == 1 && facts.layers > 1) {
    title += ", all layers share their weights";
  } else if (groups > 0 && groups < static_cast<std::size_t>(facts.layers)) {
    title += fmt::format(", {} groups of layers that share their weights", groups);
  }
  if (head == HeadKind::sequence_classifier || head == HeadKind::token_classifier)
    title += "\nLabels           " + labels_text(model.labels());
  if (facts.input_format)
    title += fmt::format("\nInputs           {} text {}, or {} text {} text {}{}", facts.input_format->start,
                         facts.input_format->extract, facts.input_format->start,
                         facts.input_format->delimiter, facts.input_format->extract,
                         facts.input_format->symmetric ? ", pairs in both orders" : "");
  if (std::filesystem::exists(std::filesystem::path(options.directory) / "modules.json"))
    title += "\nSentence vectors " + vectors_text(options.directory);
  return title;
}

std::vector<models::ShapeLine> network_shapes(const InfoOptions& options, const TextModel& model,
                                              std::int64_t tokens) {
  const std::int64_t batch = options.batch_size;
  if (!model.facts().causal) return models::encoder_shapes(model, batch, tokens);
  auto shapes = model.facts().model_type == "gpt2"
                    ? models::gpt2_shapes(models::read_gpt2_config(options.directory), batch, tokens)
                    : models::gpt_shapes(models::read_gpt_config(options.directory), batch, tokens);
  shapes.pop_back();  // the language model's logits
  return shapes;
}

}  // namespace

void describe_text_model(const InfoOptions& options) {
  const HeadKind head = models::read_head_kind(options.directory);
  if (head == HeadKind::language_model)
    fail("{}: \"architectures\" names a language model, which Attune does not have of this family",
         (std::filesystem::path(options.directory) / "config.json").string());
  const auto model = make_model(options.directory, head);
  const std::int64_t batch = options.batch_size, tokens = tokens_of(options, model->facts().max_length);
  auto shapes = network_shapes(options, *model, tokens);
  for (auto& line : models::head_shapes(*model, head, batch, tokens)) shapes.push_back(std::move(line));
  print_description(
      options,
      {.title = title_of(options, *model, head),
       .parameters = model->parameters(),
       .table = model->weight_table(),
       .inference = models::text_inference_memory(*model, batch, tokens),
       .training = models::text_training_memory(*model, head, batch, tokens),
       .positions = tokens,
       .tokens = tokens,
       .letters = "B texts, T tokens, D width, H heads, Dh head width, F feed-forward, E embedding width, V "
                  "vocabulary, L labels",
       .shapes = std::move(shapes),
       .tokenizer = tokenizer_text(options.directory)});
}

}  // namespace attune::command
