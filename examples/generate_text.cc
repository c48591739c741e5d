// Loads a model directory and continues a text: generate_text DIR PROMPT
#include <cstdio>

#include "attune/attune.h"

using namespace attune;

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s DIR PROMPT\n", argv[0]);
    return 2;
  }
  const auto model = models::load_causal_language_model(argv[1]);
  const auto tokenizer = text::load_tokenizer(argv[1]);
  const auto ids = tokenizer->encode(argv[2]);

  generate::GenerateOptions options;
  options.max_new_tokens = 100;
  options.sampling.temperature = 0.8;
  options.sampling.seed = 1;

  text::StreamingDecoder decoder(*tokenizer);
  generate::generate(*model, {{ids.begin(), ids.end()}}, options, [&](std::size_t, std::int64_t token) {
    std::printf("%s", decoder.push(static_cast<std::int32_t>(token)).c_str());
    std::fflush(stdout);
    return true;
  });
  std::printf("%s\n", decoder.finish().c_str());
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
