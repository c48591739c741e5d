#include "attune/tasks/metrics/entities.h"

#include <algorithm>

#include "attune/tasks/metrics/pairs.h"

namespace attune::tasks {
namespace {

struct Tag {
  char prefix;
  std::string_view type;

  bool outside() const { return prefix == 'O' || prefix == '.'; }
};

// As seqeval divides them: "B-PER" and "BPER" are of the type "PER", "B" is of the type "_".
Tag parse(std::string_view tag) {
  if (tag.empty()) return {'O', "_"};
  const std::string_view rest = tag.substr(1);
  const std::size_t hyphen = rest.find('-');
  const std::string_view type = hyphen == std::string_view::npos ? rest : rest.substr(hyphen + 1);
  return {tag[0], type.empty() ? "_" : type};
}

bool is_one_of(char prefix, std::string_view prefixes) {
  return prefixes.find(prefix) != std::string_view::npos;
}

bool ends_between(const Tag& before, const Tag& tag) {
  if (is_one_of(before.prefix, "ES")) return true;
  if (is_one_of(before.prefix, "BI") && is_one_of(tag.prefix, "BSO")) return true;
  return !before.outside() && before.type != tag.type;
}

bool begins_between(const Tag& before, const Tag& tag) {
  if (is_one_of(tag.prefix, "BS")) return true;
  if (is_one_of(before.prefix, "ESO") && is_one_of(tag.prefix, "EI")) return true;
  return !tag.outside() && before.type != tag.type;
}

struct Counts {
  std::int64_t hits = 0, predicted = 0, actual = 0;
};

// All sentences, with a tag outside of entities after each: so seqeval sees them.
std::vector<std::string> joined(std::span<const std::vector<std::string>> sentences) {
  std::vector<std::string> tags;
  for (const auto& sentence : sentences) {
    tags.insert(tags.end(), sentence.begin(), sentence.end());
    tags.emplace_back("O");
  }
  return tags;
}

std::map<std::string, Counts> count_entities(std::span<const std::string> predicted,
                                             std::span<const std::string> actual) {
  std::map<std::string, Counts> counts;
  const std::vector<Entity> ours = entities_of(predicted), theirs = entities_of(actual);
  for (const Entity& entity : theirs) ++counts[entity.type].actual;
  std::size_t at = 0;  // Both lists are in order of the ends, and no two entities end at one place.
  for (const Entity& entity : ours) {
    ++counts[entity.type].predicted;
    while (at < theirs.size() && theirs[at].end < entity.end) ++at;
    if (at < theirs.size() && theirs[at] == entity) ++counts[entity.type].hits;
  }
  return counts;
}

void add(PrecisionRecall& sum, const PrecisionRecall& score, double weight) {
  sum.precision += weight * score.precision;
  sum.recall += weight * score.recall;
  sum.f1 += weight * score.f1;
}

EntityScores scores_of(const std::map<std::string, Counts>& counts) {
  EntityScores scores;
  Counts all;
  for (const auto& [type, n] : counts) {
    scores.types[type] = precision_recall(n.hits, n.predicted, n.actual);
    all.hits += n.hits;
    all.predicted += n.predicted;
    all.actual += n.actual;
  }
  scores.overall = precision_recall(all.hits, all.predicted, all.actual);
  for (const auto& [type, score] : scores.types) {
    add(scores.macro, score, 1 / static_cast<double>(counts.size()));
    if (all.actual > 0)
      add(scores.weighted, score, static_cast<double>(score.support) / static_cast<double>(all.actual));
  }
  scores.macro.support = scores.weighted.support = all.actual;
  return scores;
}

}  // namespace

std::vector<Entity> entities_of(std::span<const std::string> tags) {
  std::vector<Entity> entities;
  std::size_t begin = 0;
  Tag before{'O', ""};
  for (std::size_t i = 0; i <= tags.size(); ++i) {
    const Tag tag = i < tags.size() ? parse(tags[i]) : Tag{'O', "_"};
    if (ends_between(before, tag)) entities.push_back({std::string(before.type), begin, i});
    if (begins_between(before, tag)) begin = i;
    before = tag;
  }
  return entities;
}

EntityScores entity_scores(std::span<const std::vector<std::string>> predictions,
                           std::span<const std::vector<std::string>> references) {
  check_pairs("the F1 of entities", predictions.size(), references.size());
  std::int64_t tags = 0, right = 0;
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (predictions[i].size() != references[i].size())
      fail_usage("sentence {} has {} tags and {} predicted ones", i, references[i].size(),
                 predictions[i].size());
    for (std::size_t word = 0; word < references[i].size(); ++word)
      right += predictions[i][word] == references[i][word];
    tags += static_cast<std::int64_t>(references[i].size());
  }
  if (tags == 0) fail_usage("the F1 of entities needs at least one tag, got none");
  EntityScores scores = scores_of(count_entities(joined(predictions), joined(references)));
  scores.accuracy = static_cast<double>(right) / static_cast<double>(tags);
  return scores;
}

}  // namespace attune::tasks
