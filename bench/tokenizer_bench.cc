// Speed of tokenizers, in bytes of text a second on one thread. Issue: 1 MB to 8,000 merges within 2 s,
// encoding at 10 MB/s.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "attune/text/tokenizer.h"
#include "attune/text/trainers/bpe_trainer.h"
#include "attune/text/trainers/character_trainer.h"

namespace attune::text {
namespace {

// Sentences of words of syllables, drawn by Zipf's law.
std::string make_text(std::size_t bytes) {
  std::mt19937_64 random(1);
  const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  const std::vector<std::string> syllables = {"ba",  "con", "de",  "er", "ing", "lo",
                                              "men", "of",  "pre", "s",  "th",  "un"};
  std::vector<std::string> words(30000);
  for (std::string& word : words) {
    for (std::size_t n = below(5) + 1; n > 0; --n) word += syllables[below(syllables.size())];
  }
  std::string text;
  while (text.size() < bytes) {
    const double uniform = static_cast<double>(random() >> 11) * 0x1p-53;
    const double rank = std::pow(static_cast<double>(words.size()), uniform) - 1;  // Density 1 / (rank + 1).
    text += words[static_cast<std::size_t>(rank)];
    text += below(8) == 0 ? (below(3) == 0 ? ".\n" : ", ") : " ";
  }
  return text;
}

const std::string& text() {
  static const std::string value = make_text(std::size_t{1} << 20);
  return value;
}

std::unique_ptr<Tokenizer> train_bpe(std::int64_t vocab_size) {
  BpeTrainer trainer({.vocab_size = vocab_size});
  trainer.add(text());
  return trainer.train();
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text().size()));
}

void BM_TrainBpe(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(train_bpe(state.range(0)));
  count_bytes(state);
}
BENCHMARK(BM_TrainBpe)->Arg(8257)->Unit(benchmark::kMillisecond);

void BM_EncodeBpe(benchmark::State& state) {
  const auto tokenizer = train_bpe(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->encode(text()));
  count_bytes(state);
}
BENCHMARK(BM_EncodeBpe)->Arg(512)->Arg(8257)->Unit(benchmark::kMillisecond);

void BM_DecodeBpe(benchmark::State& state) {
  const auto tokenizer = train_bpe(8257);
  const std::vector<std::int32_t> ids = tokenizer->encode(text());
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->decode(ids));
  count_bytes(state);
}
BENCHMARK(BM_DecodeBpe)->Unit(benchmark::kMillisecond);

void BM_EncodeCharacters(benchmark::State& state) {
  CharacterTrainer trainer;
  trainer.add(text());
  const auto tokenizer = trainer.train(/*with_end_of_text=*/false);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->encode(text()));
  count_bytes(state);
}
BENCHMARK(BM_EncodeCharacters)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace attune::text
