// The encoder that a run of `attune train` starts from: a directory, or a new one of a family by its name and
// sizes.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/models/text/new_family.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::command {

struct EncoderChoice {
  std::string model;      // a directory, or the name of a family
  std::string tokenizer;  // of a new encoder; a directory has its own
  models::TextSizes sizes;

  // Whether it is the name of a family; a model directory of such a name is a directory.
  bool is_new() const;
  // Throws UsageError when --model, or --tokenizer of a new one, is missing or makes no sense.
  void validate() const;
};

// --model, --tokenizer and the sizes but for --context.
void add_encoder_flags(CLI::App& verb, EncoderChoice& choice);
// --context.
void add_context_flag(CLI::App& verb, EncoderChoice& choice);
// Throws UsageError for sizes that were given on the command line beside a directory, which has its own.
// --context is not among them: it may be shorter than what the model takes.
void refuse_sizes_of_directory(const CLI::App& verb, const EncoderChoice& choice);

// Calls visit(name, field) for every option but --context, under the name of its flag.
template <typename Choice, typename Visit>
void for_each_encoder_field(Choice& choice, Visit&& visit) {
  visit("model", choice.model);
  visit("tokenizer", choice.tokenizer);
  visit("layers", choice.sizes.layers);
  visit("heads", choice.sizes.heads);
  visit("width", choice.sizes.width);
  visit("feed_forward", choice.sizes.feed_forward);
  visit("dropout", choice.sizes.dropout);
  visit("embedding_width", choice.sizes.embedding_width);
  visit("layer_groups", choice.sizes.layer_groups);
}

// Throws Error for a tokenizer with more tokens than the model.
void expect_vocabulary(const text::Tokenizer& tokenizer, const models::TextFacts& facts,
                       const std::string& model);

// The texts that `all` gives, which is asked when the first is wanted, one after the other.
text::NextText one_by_one(std::function<std::vector<std::string>()> all);

// The directory's tokenizer, or the one that --tokenizer asks for, learned from `texts` where it is to be.
std::unique_ptr<text::Tokenizer> encoder_tokenizer(const EncoderChoice& choice, const text::NextText& texts);

// What a new encoder must know of its tokenizer.
models::TextVocabulary vocabulary_of(const text::Tokenizer& tokenizer);

// That of the directory, or a new one for the tokenizer.
std::shared_ptr<const models::TextFamily> encoder_family(const EncoderChoice& choice,
                                                         const text::Tokenizer& tokenizer);

// A head to train on the encoder; the layers that are not the directory's, all of a new one, are drawn.
// `labels`: the head's, or none to keep the directory's.
template <typename Model>
models::StartedModel<Model> start_encoder(const EncoderChoice& choice,
                                          const std::optional<models::TextLabels>& labels,
                                          const text::Tokenizer& tokenizer, Generator& generator) {
  if (!choice.is_new()) {
    auto started = models::start_text_model<Model>(choice.model, labels, generator);
    expect_vocabulary(tokenizer, started.model->facts(), choice.model);
    return started;
  }
  const models::TextLabels usual;
  return {
      models::new_text_model<Model>(encoder_family(choice, tokenizer), labels ? *labels : usual, generator),
      {}};
}

}  // namespace attune::command
