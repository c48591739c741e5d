#include "attune/tasks/masked_language_modeling/masked_examples.h"

#include <utility>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

using text::CorpusRange;

std::int64_t room_of(const TokenFormat& format, const MaskedExampleOptions& options) {
  const bool pairs = options.pairs != PairObjective::none;
  const std::int64_t added = pairs ? format.pair.added() : format.single.added();
  const std::int64_t least = added + (pairs ? 2 : 1);
  if (options.context < least)
    fail_usage("--context is {}, expected at least {}: the tokenizer adds {} special tokens", options.context,
               least, added);
  return options.context - added;
}

}  // namespace

MaskedExamples::MaskedExamples(text::SentenceCorpus corpus, const text::Tokenizer& tokenizer,
                               const std::string& name, const MaskedExampleOptions& options)
    : corpus_(std::move(corpus)),
      options_(options),
      format_(token_format(tokenizer)),
      separator_(tokenizer.special().sep ? tokenizer.special().sep : tokenizer.special().eos),
      masking_(tokenizer, options.masking),
      room_(room_of(format_, options)),
      chunks_(cut()) {
  if (options_.pairs == PairObjective::none) return;
  check(!format_.pair.before.empty(),
        "the tokenizer puts no token before a text, such as [CLS], which tells of a pair");
  check(options_.pairs != PairObjective::next_sentence || corpus_.documents() > 1,
        "{} is one document, expected two or more to take a second segment from: blank lines divide "
        "documents, and the files of a directory are of one language",
        name);
  std::erase_if(chunks_, [](const CorpusRange& chunk) { return chunk.size() < 2; });
  check(!chunks_.empty(), "{}: every document is a single token, of which no pair can be made", name);
}

Chunks MaskedExamples::cut() const {
  if (options_.pairs == PairObjective::none)
    return options_.packing ? pack_sentences(corpus_, room_) : single_sentences(corpus_, room_);
  return options_.packing ? pack_documents(corpus_, room_) : sentence_couples(corpus_, room_);
}

// The documents that begin within the range, but not with it.
std::vector<std::int64_t> MaskedExamples::document_starts(const CorpusRange& range) const {
  std::vector<std::int64_t> starts;
  std::int64_t document = corpus_.document_of(corpus_.sentence_of(range.begin)) + 1;
  for (; document < corpus_.documents(); ++document) {
    const std::int64_t begin = corpus_.sentence(corpus_.document(document).begin).begin;
    if (begin >= range.end) break;
    starts.push_back(begin);
  }
  return starts;
}

std::int64_t MaskedExamples::length(std::int64_t index) const {
  const CorpusRange& chunk = chunks_[static_cast<std::size_t>(index)];
  if (options_.pairs != PairObjective::none) return chunk.size() + format_.pair.added();
  const auto separators = separator_ ? static_cast<std::int64_t>(document_starts(chunk).size()) : 0;
  return chunk.size() + separators + format_.single.added();
}

void MaskedExamples::append(const CorpusRange& range, Tokens& tokens) const {
  const std::size_t first = tokens.ids.size();
  for (const auto& [id, begins_word] : corpus_.read(range)) {
    tokens.ids.push_back(id);
    tokens.begins_word.push_back(begins_word);
  }
  tokens.begins_word[first] = 1;  // what is cut off before it is not masked with it
}

MaskedExample MaskedExamples::example(std::int64_t index, std::uint64_t seed) const {
  const CorpusRange& chunk = chunks_[static_cast<std::size_t>(index)];
  Generator generator{.seed = fold_in(seed, static_cast<std::uint64_t>(index))};
  Tokens tokens;
  const auto put = [&tokens](const std::vector<std::int32_t>& special) {
    tokens.ids.insert(tokens.ids.end(), special.begin(), special.end());
    tokens.begins_word.resize(tokens.ids.size(), 1);
  };
  MaskedExample example;
  std::size_t first_segment = 0;  // how many tokens are of it
  if (options_.pairs == PairObjective::none) {
    put(format_.single.before);
    CorpusRange document{chunk.begin, chunk.begin};
    for (const std::int64_t start : document_starts(chunk)) {
      append({document.end, start}, tokens);
      if (separator_) put({*separator_});
      document.end = start;
    }
    append({document.end, chunk.end}, tokens);
    put(format_.single.after);
    first_segment = tokens.ids.size();
  } else {
    const SegmentPair pair = draw_segment_pair(corpus_, chunk, room_, options_.pairs, generator);
    example.pair_label = pair.label;
    put(format_.pair.before);
    append(pair.first, tokens);
    put(format_.pair.between);
    first_segment = tokens.ids.size();
    append(pair.second, tokens);
    put(format_.pair.after);
  }
  example.targets = masking_.mask(tokens.ids, masking_.units(tokens.ids, tokens.begins_word), generator);
  example.input.token_types.assign(tokens.ids.size(), 1);
  std::fill_n(example.input.token_types.begin(), first_segment, 0);
  example.input.ids = std::move(tokens.ids);
  return example;
}

}  // namespace attune::tasks
