// The text that the demo learns from.
#pragma once

#include <cstdint>
#include <string>

namespace attune::command {

// Small tales in plain English, made by a grammar: a person with a trade, who is kept the same from sentence
// to sentence by name and pronoun, goes somewhere, finds things, counts them, gives some away and counts
// again. What there is to learn: spelling, grammar, which pronoun and tool belong to whom, and a little
// arithmetic.
std::string demo_text(std::int64_t tales, std::uint64_t seed);

}  // namespace attune::command
