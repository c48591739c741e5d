#include "attune/models/text/new_family.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using Json = nlohmann::json;

Json token(const std::optional<std::int64_t>& id) { return id ? Json(*id) : Json(nullptr); }

std::int64_t feed_forward_of(const TextSizes& sizes) {
  return sizes.feed_forward > 0 ? sizes.feed_forward : 4 * sizes.width;
}

// The fields that BERT, RoBERTa and ALBERT have.
Json common_fields(const TextSizes& sizes, const TextVocabulary& vocabulary) {
  return {{"vocab_size", vocabulary.size},
          {"hidden_size", sizes.width},
          {"num_hidden_layers", sizes.layers},
          {"num_attention_heads", sizes.heads},
          {"intermediate_size", feed_forward_of(sizes)},
          {"hidden_dropout_prob", sizes.dropout},
          {"attention_probs_dropout_prob", sizes.dropout},
          {"max_position_embeddings", sizes.context},
          {"initializer_range", 0.02},
          {"layer_norm_eps", 1e-12},
          {"position_embedding_type", "absolute"},
          {"pad_token_id", vocabulary.padding.value_or(0)}};
}

Json bert(const TextSizes& sizes, const TextVocabulary& vocabulary) {
  Json config = common_fields(sizes, vocabulary);
  config.update({{"model_type", "bert"}, {"hidden_act", "gelu"}, {"type_vocab_size", 2}});
  return config;
}

// Positions begin after the padding token's id (see RobertaFamily), so that there must be more of them.
Json roberta(const TextSizes& sizes, const TextVocabulary& vocabulary) {
  Json config = common_fields(sizes, vocabulary);
  config.update({{"model_type", "roberta"},
                 {"hidden_act", "gelu"},
                 {"type_vocab_size", 1},
                 {"layer_norm_eps", 1e-5},
                 {"max_position_embeddings", sizes.context + vocabulary.padding.value_or(0) + 1},
                 {"bos_token_id", token(vocabulary.begin)},
                 {"eos_token_id", token(vocabulary.end)}});
  return config;
}

Json distilbert(const TextSizes& sizes, const TextVocabulary& vocabulary) {
  return {{"model_type", "distilbert"},
          {"vocab_size", vocabulary.size},
          {"max_position_embeddings", sizes.context},
          {"sinusoidal_pos_embds", false},
          {"n_layers", sizes.layers},
          {"n_heads", sizes.heads},
          {"dim", sizes.width},
          {"hidden_dim", feed_forward_of(sizes)},
          {"dropout", sizes.dropout},
          {"attention_dropout", sizes.dropout},
          {"activation", "gelu"},
          {"initializer_range", 0.02},
          {"qa_dropout", 0.1},
          {"seq_classif_dropout", 0.2},
          {"pad_token_id", vocabulary.padding.value_or(0)}};
}

Json albert(const TextSizes& sizes, const TextVocabulary& vocabulary) {
  Json config = common_fields(sizes, vocabulary);
  config.update({{"model_type", "albert"},
                 {"hidden_act", "gelu_new"},
                 {"type_vocab_size", 2},
                 {"embedding_size", sizes.embedding_width > 0 ? sizes.embedding_width : 128},
                 {"num_hidden_groups", sizes.layer_groups > 0 ? sizes.layer_groups : 1},
                 {"inner_group_num", 1},
                 {"classifier_dropout_prob", 0.1},
                 {"bos_token_id", token(vocabulary.begin)},
                 {"eos_token_id", token(vocabulary.end)}});
  return config;
}

struct NewFamily {
  std::string name;
  Json (*config)(const TextSizes& sizes, const TextVocabulary& vocabulary);
};

const NewFamily families[] = {
    {"bert", bert}, {"roberta", roberta}, {"distilbert", distilbert}, {"albert", albert}};

// Only ALBERT's embeddings and layers have sizes of their own.
void expect_own_sizes(std::string_view name, const TextSizes& sizes) {
  if (name == "albert") return;
  if (sizes.embedding_width != 0)
    fail_usage("--embedding-width is of albert, a {} has embeddings of its --width", name);
  if (sizes.layer_groups != 0)
    fail_usage("--layer-groups is of albert, the layers of a {} share nothing", name);
}

void expect_sizes(const TextSizes& sizes) {
  const auto at_least = [](const char* flag, std::int64_t value, std::int64_t least) {
    if (value < least) fail_usage("{} is {}, expected at least {}", flag, value, least);
  };
  at_least("--layers", sizes.layers, 1);
  at_least("--heads", sizes.heads, 1);
  at_least("--width", sizes.width, 1);
  at_least("--feed-forward", sizes.feed_forward, 0);
  at_least("--context", sizes.context, 1);
  at_least("--embedding-width", sizes.embedding_width, 0);
  at_least("--layer-groups", sizes.layer_groups, 0);
  if (sizes.layers > most_layers)
    fail_usage("--layers is {}, expected at most {}", sizes.layers, most_layers);
  if (sizes.layer_groups > sizes.layers)
    fail_usage("--layer-groups is {}, expected at most the {} layers", sizes.layer_groups, sizes.layers);
  if (sizes.width % sizes.heads != 0)
    fail_usage("--width is {}, which {} heads do not divide", sizes.width, sizes.heads);
  if (!(sizes.dropout >= 0 && sizes.dropout < 1))
    fail_usage("--dropout is {}, expected 0 <= dropout < 1", sizes.dropout);
}

}  // namespace

const std::vector<std::string>& new_family_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const NewFamily& family : families) all.push_back(family.name);
    return all;
  }();
  return names;
}

bool is_new_family(std::string_view name) {
  return std::ranges::find(new_family_names(), name) != new_family_names().end();
}

std::shared_ptr<const TextFamily> new_text_family(std::string_view name, const TextSizes& sizes,
                                                  const TextVocabulary& vocabulary) {
  const auto found = std::ranges::find(families, name, &NewFamily::name);
  if (found == std::end(families))
    fail_usage("there is no family \"{}\", expected one of {}", name, fmt::join(new_family_names(), ", "));
  expect_own_sizes(name, sizes);
  expect_sizes(sizes);
  return make_text_family(found->config(sizes, vocabulary), fmt::format("a new {}", name));
}

}  // namespace attune::models
