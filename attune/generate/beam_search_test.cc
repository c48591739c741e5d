#include "attune/generate/beam_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "attune/base/error.h"
#include "attune/generate/generate_sequences.h"
#include "attune/models/transformer/transformer.h"

namespace attune::generate {
namespace {

using nlohmann::json;
using Tokens = std::vector<std::int64_t>;
constexpr std::int64_t start = 1, end_of_text = 2;

json golden(const char* name) {
  return json::parse(std::ifstream(std::string(ATTUNE_GOLDENS) + "/beam/" + name));
}

// The search on one sentence's table (position, last token, next token) of log-probabilities.
BeamSearch searched(const std::vector<std::vector<std::vector<float>>>& table, const json& one) {
  BeamSearch search({one["num_beams"], one["length_penalty"], one["max_new_tokens"], end_of_text});
  std::vector<Continuation> best;
  for (std::size_t t = 0; !search.done(); ++t) {
    const bool forced = one["force_end_of_text"] && t + 1 == table.size();
    std::vector<float> log_probs;
    Tokens tokens;
    for (std::int64_t last : search.last_tokens()) {
      std::vector<float> row = table[t][static_cast<std::size_t>(t == 0 ? start : last)];
      for (std::size_t v = 0; forced && v < row.size(); ++v)
        row[v] = std::cmp_equal(v, end_of_text) ? 0 : -INFINITY;
      Tokens order(row.size());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)];
      });
      for (std::int64_t token : order) log_probs.push_back(row[static_cast<std::size_t>(token)]);
      tokens.insert(tokens.end(), order.begin(), order.end());
    }
    select_continuations(log_probs, tokens, search.scores(), search.candidates(), best);
    search.advance(best);
  }
  return search;
}

TEST(BeamSearch, AgreesWithHuggingFaceOnTables) {
  const json file = golden("tables.json");
  const auto tables = file["tables"].get<std::vector<std::vector<std::vector<std::vector<float>>>>>();
  for (const json& one : file["cases"]) {
    for (std::size_t b = 0; b < tables.size(); ++b) {
      const BeamSearch search = searched(tables[b], one);
      const std::string what = one["num_beams"].dump() + " beams, penalty " + one["length_penalty"].dump() +
                               ", forced " + one["force_end_of_text"].dump() + ", sentence " +
                               std::to_string(b);
      EXPECT_EQ(search.finished().at(0).tokens, one["tokens"][b].get<Tokens>()) << what;
      EXPECT_NEAR(search.finished().at(0).score, one["scores"][b].get<double>(), 1e-5) << what;
    }
  }
}

TEST(BeamSearch, AgreesWithHuggingFaceOnAModel) {
  const std::string directory = std::string(ATTUNE_GOLDENS) + "/beam/model";
  const auto load = [&](std::optional<std::int64_t> forced_end) {
    models::TransformerConfig config = models::read_transformer_config(directory);
    config.forced_eos_token_id = forced_end;
    auto model = std::make_unique<models::Transformer>(config);
    models::load_weights(model->parameters(), models::transformer_weight_table(), directory);
    return model;
  };
  const auto stops = load(std::nullopt), ends = load(end_of_text);
  const json file = golden("generated.json");
  const auto sources = file["sources"].get<std::vector<Tokens>>();
  for (const json& one : file["cases"]) {
    const SequenceOptions options{.num_beams = one["num_beams"],
                                  .length_penalty = one["length_penalty"],
                                  .max_new_tokens = one["max_new_tokens"]};
    const models::Transformer& model = one["force_end_of_text"] ? *ends : *stops;
    const auto together = generate_sequences(model, sources, options);
    for (std::size_t b = 0; b < sources.size(); ++b) {
      Tokens expected = one["tokens"][b];
      if (expected.back() == end_of_text) expected.pop_back();
      EXPECT_EQ(together[b].tokens, expected) << one["num_beams"] << " beams, sentence " << b;
      if (!one["scores"].is_null()) {
        EXPECT_NEAR(together[b].score, one["scores"][b].get<double>(), 1e-4) << "sentence " << b;
      }
      const auto alone = generate_sequences(model, {sources[b]}, options);
      EXPECT_EQ(alone[0].tokens, together[b].tokens) << "sentence " << b;
      EXPECT_NEAR(alone[0].score, together[b].score, 1e-4) << "sentence " << b;
    }
  }
}

TEST(BeamSearch, StopsOnceTheBestRunningCannotWin) {
  BeamSearch search({.num_beams = 1, .max_new_tokens = 9, .end_of_text = end_of_text});
  search.advance(std::vector<Continuation>{{-1, 0, end_of_text}, {-0.5F, 0, 5}});
  EXPECT_FALSE(search.done());  // -0.5 is better than -1
  search.advance(std::vector<Continuation>{{-2, 0, 5}, {-3, 0, 6}});
  EXPECT_TRUE(search.done());  // -2 / 2 is not
  EXPECT_EQ(search.finished().at(0).tokens, Tokens{end_of_text});
}

TEST(BeamSearch, OnlyTheBestKMayEnd) {
  BeamSearch search({.num_beams = 1, .max_new_tokens = 9, .end_of_text = end_of_text});
  search.advance(std::vector<Continuation>{{-1, 0, 5}, {-1.5F, 0, end_of_text}});
  EXPECT_TRUE(search.finished().empty());
  EXPECT_EQ(search.last_tokens()[0], 5);
}

TEST(SequenceOptions, RefusesWhatIsOutOfRange) {
  EXPECT_THROW(SequenceOptions{.num_beams = 0}.validate(), UsageError);
  EXPECT_THROW(SequenceOptions{.max_new_tokens = 0}.validate(), UsageError);
  EXPECT_THROW(SequenceOptions{.length_penalty = NAN}.validate(), UsageError);
  EXPECT_THROW((SequenceOptions{.num_beams = 2, .sampling = {.temperature = 1}}.validate()), UsageError);
}

}  // namespace
}  // namespace attune::generate
