#include "attune/text/trainers/unigram_trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "attune/text/models/piece_trie.h"
#include "attune/text/normalizers/characters_of.h"
#include "attune/text/tokenizer_json.h"
#include "attune/text/trainers/unigram_lattices.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

constexpr const char* kSpecial[] = {"<s>", "<pad>", "</s>", "<unk>", "<mask>"};
constexpr int kUnknown = 3;
constexpr double kUnknownPenalty = 10;      // What an unknown character costs more than the rarest piece.
constexpr double kLeastExpected = 0.5;      // Pieces that are expected less often go.
constexpr double kMissingPenalty = 0.0001;  // Between characters that no text has.

// The derivative of log gamma: recurrence up to 7, then its asymptotic series around x - 1/2.
double digamma(double x) {
  double result = 0;
  for (; x < 7; ++x) result -= 1 / x;
  x -= 0.5;
  const double x2 = 1 / (x * x), x4 = x2 * x2;
  return result + std::log(x) + x2 / 24 - 7.0 / 960 * x4 + 31.0 / 8064 * x4 * x2 - 127.0 / 30720 * x4 * x4;
}

// The pieces while they are learned. Numbers in the lattices are one more than places here: 0 is unknown.
class Learner {
 public:
  Learner(const WordCounts& words, ScoredEntries seeds)
      : pieces_(std::move(seeds)), lattices_(words, pieces_) {}

  const ScoredEntries& pieces() const { return pieces_; }

  // One round of expectation maximisation.
  void maximise() {
    const std::vector<double> expected = lattices_.expected_counts(scores());
    std::vector<std::size_t> kept;
    double sum = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (expected[i + 1] < kLeastExpected) continue;
      kept.push_back(i);
      pieces_[i].second = expected[i + 1];
      sum += expected[i + 1];
    }
    keep(kept);
    const double all = digamma(sum);
    for (auto& [piece, score] : pieces_) score = digamma(score) - all;
  }

  // Leaves `size` pieces, but all that nothing can take the place of.
  void prune(std::size_t size) {
    double words = 0;
    const std::vector<double> counts = lattices_.best_counts(scores(), words);
    double sum = 0;
    for (const double count : counts) sum += count;
    const Alternatives alternatives(*this);
    std::vector<std::size_t> kept;
    std::vector<std::pair<double, std::size_t>> candidates;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const double count = counts[i + 1];
      const auto instead = alternatives.of(i);
      if (instead.always || (instead.pieces.empty() && count > 0)) {
        kept.push_back(i);
      } else if (count > 0) {
        candidates.emplace_back(loss(count, instead.pieces, counts, sum) / words, i);
      }
    }
    std::ranges::stable_sort(candidates, std::greater<>(), [](const auto& c) { return c.first; });
    for (const auto& [loss, i] : candidates) {
      if (kept.size() + 1 >= size) break;  // The unknown piece is counted, too.
      kept.push_back(i);
    }
    keep(kept);
  }

 private:
  // How pieces are cut when each is taken out of the vocabulary.
  class Alternatives {
   public:
    explicit Alternatives(const Learner& learner)
        : learner_(learner), scores_(learner.scores()), trie_(make_trie(learner.pieces_)) {}

    struct Instead {
      bool always = false;                // One character: there is nothing to put instead of it.
      std::vector<std::uint32_t> pieces;  // By number; none when the piece is worse than these anyway.
    };

    Instead of(std::size_t index) const {
      const auto& [piece, own] = learner_.pieces_[index];
      struct Path {
        double score = -std::numeric_limits<double>::infinity();
        std::size_t begin = 0;
        std::uint32_t piece = 0;
      };
      std::vector<Path> paths(piece.size() + 1);  // By where they end.
      paths[0].score = 0;
      const auto offer = [&](std::size_t begin, std::size_t end, std::uint32_t number) {
        const double score = paths[begin].score + scores_[number];
        if (score > paths[end].score) paths[end] = {score, begin, number};
      };
      for (std::size_t begin = 0; begin < piece.size();) {
        const std::size_t next = begin + decode_code_point(std::string_view(piece).substr(begin)).length;
        if (next - begin == piece.size()) return {.always = true, .pieces = {}};
        bool has_single = false;
        PieceTrie::Node node = PieceTrie::kRoot;
        for (std::size_t end = begin + 1; end <= piece.size(); ++end) {
          node = trie_.child(node, piece[end - 1]);
          if (node == PieceTrie::kNone) break;
          if (trie_.value(node) < 0 || end - begin == piece.size()) continue;
          offer(begin, end, static_cast<std::uint32_t>(trie_.value(node)));
          has_single |= end == next;
        }
        if (!has_single) offer(begin, next, 0);
        begin = next;
      }
      Instead instead;
      if (paths.back().score > own) return instead;
      for (std::size_t end = piece.size(); end > 0; end = paths[end].begin)
        instead.pieces.push_back(paths[end].piece);
      return instead;
    }

   private:
    static PieceTrie make_trie(const ScoredEntries& pieces) {
      std::vector<std::pair<std::string_view, std::int32_t>> entries;
      for (const auto& [piece, score] : pieces)
        entries.emplace_back(piece, static_cast<std::int32_t>(entries.size() + 1));
      return PieceTrie(std::move(entries));
    }

    const Learner& learner_;
    std::vector<double> scores_;
    PieceTrie trie_;
  };

  // By number.
  std::vector<double> scores() const {
    std::vector<double> scores{0};
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& [piece, score] : pieces_) {
      scores.push_back(score);
      lowest = std::min(lowest, score);
    }
    scores.front() = lowest - kUnknownPenalty;
    return scores;
  }

  // How much likelihood is lost, times the number of words, when the piece's occurrences become those of
  // others. (The sum of counts afterwards is HF's, which adds as many as there are pieces.)
  double loss(double count, const std::vector<std::uint32_t>& instead, const std::vector<double>& counts,
              double sum) const {
    const double all_after = std::log(sum + count * static_cast<double>(pieces_.size()));
    double after = 0;
    for (const std::uint32_t piece : instead) after += std::log(counts[piece] + count) - all_after;
    return count * (std::log(count) - std::log(sum) - after);
  }

  void keep(const std::vector<std::size_t>& kept) {
    ScoredEntries pieces;
    std::vector<std::uint32_t> numbers(pieces_.size() + 1);
    for (const std::size_t i : kept) {
      pieces.push_back(std::move(pieces_[i]));
      numbers[i + 1] = static_cast<std::uint32_t>(pieces.size());
    }
    pieces_ = std::move(pieces);
    lattices_.renumber(numbers);
  }

  ScoredEntries pieces_;
  UnigramLattices lattices_;
};

// The `size` first of the pieces, among them all characters, best first.
ScoredEntries finish(const ScoredEntries& learned, const std::set<std::string>& characters,
                     std::size_t size) {
  std::map<std::string_view, double> scores;
  double lowest = 0;
  for (const auto& [piece, score] : learned) {
    scores.emplace(piece, score);
    lowest = std::min(lowest, score);
  }
  ScoredEntries pieces;
  double penalty = 0;
  for (const std::string& character : characters) {
    const auto found = scores.find(character);
    pieces.emplace_back(character, found != scores.end() ? found->second : lowest + penalty);
    if (found == scores.end()) penalty += kMissingPenalty;
  }
  for (const auto& [piece, score] : learned) {
    if (pieces.size() >= size) break;
    if (!characters.contains(piece)) pieces.emplace_back(piece, score);
  }
  std::ranges::stable_sort(pieces, std::greater<>(), [](const auto& entry) { return entry.second; });
  return pieces;
}

Json special_tokens_json(const char* field) {
  Json tokens = Json::array();
  for (int id = 0; id < static_cast<int>(std::size(kSpecial)); ++id) {
    tokens.push_back({{"id", id},
                      {field, kSpecial[id]},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", true}});
  }
  return tokens;
}

// <s> A </s>, and for a pair <s> A </s> </s> B </s>.
Json post_processor_json() {
  const Json begin = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
  const Json end = {{"SpecialToken", {{"id", "</s>"}, {"type_id", 0}}}};
  const Json first = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const Json second = {{"Sequence", {{"id", "B"}, {"type_id", 0}}}};
  const auto special = [](const char* token, int id) {
    return Json{{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  };
  return {{"type", "TemplateProcessing"},
          {"single", {begin, first, end}},
          {"pair", {begin, first, end, end, second, end}},
          {"special_tokens", {{"<s>", special("<s>", 0)}, {"</s>", special("</s>", 2)}}}};
}

Json stages_json() {
  Json metaspace = {
      {"type", "Metaspace"}, {"replacement", "\xE2\x96\x81"}, {"prepend_scheme", "always"}, {"split", true}};
  return {
      {"version", "1.0"},
      {"added_tokens", special_tokens_json("content")},
      {"normalizer",
       {{"type", "Sequence"},
        {"normalizers",
         {{{"type", "NFKC"}}, {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}}}}}},
      {"pre_tokenizer", metaspace},
      {"post_processor", post_processor_json()},
      {"decoder", metaspace},
      {"model", {{"type", "Unigram"}, {"unk_id", kUnknown}, {"byte_fallback", false}}}};
}

}  // namespace

UnigramTrainer::UnigramTrainer(Options options) : options_(std::move(options)) {
  if (options_.vocab_size <= static_cast<std::int64_t>(std::size(kSpecial))) {
    fail_usage("a unigram vocabulary of {} is too small, expected more than the {} special tokens",
               options_.vocab_size, std::size(kSpecial));
  }
  if (!(options_.shrinking_factor > 0 && options_.shrinking_factor < 1))
    fail_usage("the shrinking factor is {}, expected more than 0 and less than 1", options_.shrinking_factor);
}

void UnigramTrainer::add(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  for (std::size_t at = text.find_first_not_of(kBlanks); at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    const std::string_view chunk = text.substr(at, end - at);
    if (const auto found = chunks_.find(chunk); found != chunks_.end()) {
      ++found->second;
    } else {
      chunks_.emplace(chunk, 1);
    }
    at = text.find_first_not_of(kBlanks, end);
  }
}

// What stands between blanks is normalised and divided once, however often it occurs.
WordCounts UnigramTrainer::words() const {
  const Json stages = stages_json();
  const auto normalizer = make_normalizer(stages.at("normalizer"));
  const auto pre_tokenizer = make_pre_tokenizer(stages.at("pre_tokenizer"));
  std::map<std::string, std::int64_t> words;
  for (const auto& [chunk, count] : chunks_) {
    std::string valid = replace_invalid_utf8(chunk);
    std::erase(valid, '\0');
    AlignedText aligned(valid, 0, valid.size());
    normalizer->normalize(aligned);
    const std::size_t size = aligned.view().size();
    if (size == 0) continue;
    PreTokenizedText divided{std::move(aligned), {{0, size}}};
    pre_tokenizer->pre_tokenize(divided);
    for (const auto& [begin, end] : divided.pieces)
      words[std::string(divided.text.view().substr(begin, end - begin))] += count;
  }
  return {words.begin(), words.end()};
}

ScoredEntries UnigramTrainer::learn() const {
  const WordCounts words = this->words();
  check(!words.empty(), "a unigram vocabulary needs text to be learned from");
  std::set<std::string> characters;
  const auto add_character = [&](char32_t c) {
    std::string text;
    append_utf8(c, text);
    characters.insert(std::move(text));
  };
  for (const char32_t c : options_.initial_alphabet) add_character(c);
  for (const auto& [word, count] : words) {
    for_each_character(word, [&](char32_t c, std::size_t) { add_character(c); });
  }
  const auto all = static_cast<std::size_t>(options_.vocab_size), room = all - std::size(kSpecial);
  if (characters.size() > room) {
    fail_usage("a unigram vocabulary of {} is too small: the text has {} characters, so it needs at least {}",
               all, characters.size(), characters.size() + std::size(kSpecial));
  }
  Learner learner(words, seed_pieces(words, options_.max_piece_length, options_.seed_size));
  const std::size_t enough = all * 11 / 10;
  while (true) {
    for (int i = 0; i < options_.sub_iterations; ++i) learner.maximise();
    const std::size_t size = learner.pieces().size() + 1;  // With the unknown piece.
    if (size <= enough) break;
    learner.prune(
        std::max(enough, static_cast<std::size_t>(static_cast<double>(size) * options_.shrinking_factor)));
    if (learner.pieces().size() + 1 == size) break;  // Only characters are left.
  }
  return finish(learner.pieces(), characters, room);
}

std::unique_ptr<Tokenizer> UnigramTrainer::train() const {
  TokenizerFile file{.vocab = {}, .scored = {}, .merges = {}, .rest = stages_json().dump()};
  for (const char* token : kSpecial) file.scored.emplace_back(token, 0);
  for (auto& entry : learn()) {
    const bool special = std::ranges::find(kSpecial, entry.first) != std::end(kSpecial);
    if (!special) file.scored.push_back(std::move(entry));
  }
  return make_tokenizer(file, nullptr);
}

}  // namespace attune::text
