// Precision, recall and F1 of whole entities in sequences of tags, equal to seqeval's (1.2.2, its default
// mode), which is conlleval's: Tjong Kim Sang and De Meulder, "Introduction to the CoNLL-2003 Shared Task"
// (2003).
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/tasks/metrics/classification.h"

namespace attune::tasks {

// Words [begin, end) of a sentence.
struct Entity {
  std::string type;
  std::size_t begin = 0, end = 0;
  bool operator==(const Entity&) const = default;
};

// Tags are O, B-TYPE, I-TYPE, E-TYPE, S-TYPE, or anything: an I-TYPE without its B-TYPE begins an entity, as
// do another type's I-TYPE and a tag of no such form.
std::vector<Entity> entities_of(std::span<const std::string> tags);

struct EntityScores {
  PrecisionRecall overall;  // Over all entities: the micro average.
  PrecisionRecall macro, weighted;
  std::map<std::string, PrecisionRecall> types;
  double accuracy = 0;  // Of the tags.
};

// Of sentences. An entity counts as found when type, begin and end agree. Throws UsageError for other numbers
// of sentences, or of tags in a sentence, and for no tag at all.
EntityScores entity_scores(std::span<const std::vector<std::string>> predictions,
                           std::span<const std::vector<std::string>> references);

}  // namespace attune::tasks
