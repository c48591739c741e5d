#include "attune/text/corpora/squad.h"

#include "attune/base/error.h"
#include "attune/tasks/metrics/squad.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(data, size);
  try {
    const text::SquadData squad = text::read_squad(file.path());
    for (const text::SquadQuestion& question : squad.questions) {
      fuzz::require(question.article < squad.titles.size());
      for (const text::SquadAnswer& answer : question.answers) {
        fuzz::require(squad.context_of(question).compare(answer.begin, answer.text.size(), answer.text) == 0);
        const std::vector<std::string> prediction{answer.text};
        const std::vector<tasks::Answers> references{{question.text, answer.text}};
        fuzz::require(tasks::squad_v1_scores(prediction, references).exact_match == 100);
      }
    }
  } catch (const Error&) {
  }
  return 0;
}
