// The encoder-decoder against Hugging Face's MarianMTModel: tests/goldens/make_marian.py made what is
// expected.
#include "attune/models/transformer/transformer.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/safetensors.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;

using testing::expect_near;

fs::path directory_of(const std::string& name) { return testing::golden_directory("marian", name); }

class Golden : public testing::Golden {
 public:
  explicit Golden(const std::string& name) : testing::Golden(directory_of(name)) {}

  SequenceBatch source() const { return {integers("input_ids"), mask("attention_mask")}; }
  SequenceBatch inputs() const { return {integers("decoder_input_ids"), {}}; }
};

std::unique_ptr<Transformer> load_from(const fs::path& directory, const LoadOptions& options = {}) {
  auto model = std::make_unique<Transformer>(read_transformer_config(directory));
  load_weights(model->parameters(), transformer_weight_table(), directory, options);
  return model;
}
std::unique_ptr<Transformer> load(const std::string& name, const LoadOptions& options = {}) {
  return load_from(directory_of(name), options);
}

// Rows of logits whose label counts.
void expect_logits(const Tensor& got, const Golden& golden, double tolerance) {
  const Tensor labels = golden.integers("labels");
  const Tensor counts = Tensor::empty(labels.shape(), DType::boolean);
  for (std::int64_t i = 0; i < labels.elements(); ++i)
    counts.mutable_data<bool>()[i] = labels.data<std::int64_t>()[i] != -100;
  testing::expect_rows_near(got, golden.floats("logits"), counts, tolerance);
}

Tensor teacher_forced(const Transformer& model, const Golden& golden, const nn::Context& context = {}) {
  const SequenceBatch source = golden.source();
  const Tensor memory = model.encode(source, context);
  return model.logits(model.decode(golden.inputs(), memory, source.mask, context));
}

class MarianGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MarianGolden, LogitsAndLoss) {
  const auto model = load(GetParam());
  const Golden golden(GetParam());
  NoGrad no_grad;
  expect_logits(teacher_forced(*model, golden), golden, 1e-5);
  const Tensor labels = golden.integers("labels");
  EXPECT_NEAR(model->loss(golden.source(), golden.inputs(), labels, 0, {}).item(),
              golden.floats("loss").item(), 1e-5);
  const auto each = model->token_losses(golden.source(), golden.inputs(), labels, {}).to_vector<float>();
  const auto counted =
      std::ranges::count_if(labels.to_vector<std::int64_t>(), [](auto t) { return t != -100; });
  double sum = 0;
  for (const float loss : each) sum += loss;
  EXPECT_NEAR(sum / static_cast<double>(counted), golden.floats("loss").item(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Directories, MarianGolden, ::testing::Values("paper", "opus", "bf16"),
                         [](const auto& info) { return info.param; });

TEST(Transformer, LabelSmoothing) {
  for (const char* name : {"paper", "opus"}) {
    const Golden golden(name);
    NoGrad no_grad;
    const Tensor loss =
        load(name)->loss(golden.source(), golden.inputs(), golden.integers("labels"), 0.1, {});
    EXPECT_NEAR(loss.item(), golden.floats("smoothed_loss").item(), 1e-5) << name;
  }
}

TEST(Transformer, EveryGradient) {
  for (const char* name : {"paper", "opus"}) {
    const Golden golden(name);
    const auto model = load(name);
    for (const auto& parameter : model->parameters().all()) {
      if (parameter.trained) require_gradient(parameter.tensor);
    }
    backward(model->loss(golden.source(), golden.inputs(), golden.integers("labels"), 0, {}));
    for (const auto& parameter : model->parameters().all()) {
      if (!parameter.trained) continue;
      expect_near(gradient_of(parameter.tensor), golden.like("grad.", transformer_weight_table(), parameter),
                  1e-5, parameter.name);
    }
  }
}

TEST(Transformer, TenAdamWSteps) {
  for (const char* name : {"paper", "opus"}) {
    const Golden golden(name);
    const auto model = load(name);
    train::Arena arena(model->parameters());
    train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                       .beta1 = 0.9,
                                       .beta2 = 0.99,
                                       .epsilon = 1e-5,
                                       .weight_decay = 0.1});
    const auto losses = golden.floats("adamw.losses").to_vector<float>();
    const auto norms = golden.floats("adamw.grad_norms").to_vector<float>();
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const Tensor loss = model->loss(golden.source(), golden.inputs(), golden.integers("labels"), 0, {});
      EXPECT_NEAR(loss.item(), losses[step], 1e-4) << name << " step " << step;
      backward(loss);
      EXPECT_NEAR(arena.finish_gradients(), norms[step], 1e-3) << name << " step " << step;
      optimizer.step(1e-3);
    }
    for (const auto& parameter : model->parameters().all()) {
      if (parameter.trained)
        expect_near(parameter.tensor, golden.like("adamw.after.", transformer_weight_table(), parameter),
                    1e-4, parameter.name);
    }
  }
}

// The best token of each row of logits (N, 1, V) that may be generated.
std::vector<std::int64_t> best_tokens(const Tensor& logits, const std::vector<std::int64_t>& suppressed) {
  std::vector<std::int64_t> best;
  const auto values = logits.to_vector<float>();
  const auto vocabulary = static_cast<std::ptrdiff_t>(logits.dim(-1));
  for (auto row = values.begin(); row != values.end(); row += vocabulary) {
    std::vector<float> scores(row, row + vocabulary);
    for (const std::int64_t token : suppressed) scores[static_cast<std::size_t>(token)] = -INFINITY;
    best.push_back(std::ranges::max_element(scores) - scores.begin());
  }
  return best;
}

TEST(Transformer, GreedyTokens) {
  for (const char* name : {"paper", "opus"}) {
    const auto model = load(name);
    const Golden golden(name);
    NoGrad no_grad;
    const Tensor expected = golden.integers("greedy.tokens");  // (B, N)
    const SequenceBatch source = golden.source();
    const std::int64_t batch = source.ids.dim(0), length = expected.dim(1);
    nn::DecoderCache cache = model->make_cache(model->encode(source, {}), source.mask, 1, length);
    std::vector<std::int64_t> last(static_cast<std::size_t>(batch), model->decoder_start_token());
    for (std::int64_t t = 0; t < length; ++t) {
      const Tensor hidden = model->decode(Tensor::from(last, {batch, 1}), {}, cache);
      last = best_tokens(model->logits(hidden), model->suppressed_tokens());
      for (std::int64_t b = 0; b < batch; ++b) {
        EXPECT_EQ(last[static_cast<std::size_t>(b)], expected.data<std::int64_t>()[b * length + t])
            << name << " row " << b << " token " << t;
      }
    }
  }
}

// What a search writes: hypotheses of each source that split and die, some steps of more than one token.
struct Search {
  static constexpr std::int64_t hypotheses = 3;
  std::vector<std::vector<std::int64_t>> targets;  // (B K) histories

  // Hypothesis n goes on from parents[n].
  void reorder(const std::vector<std::int64_t>& parents) {
    const auto before = targets;
    for (std::size_t n = 0; n < targets.size(); ++n)
      targets[n] = before[static_cast<std::size_t>(parents[n])];
  }
  Tensor write(std::int64_t tokens, Generator& generator) {
    std::vector<std::int64_t> step;
    for (auto& target : targets) {
      for (std::int64_t t = 0; t < tokens; ++t) {
        const auto random = random_words(generator.seed, generator.next(), 0).word[0];
        target.push_back(3 + random % 40);
        step.push_back(target.back());
      }
    }
    return Tensor::from(step, {static_cast<std::int64_t>(targets.size()), tokens});
  }
};

// The last `tokens` outputs (tokens, D) of one target in one masked pass.
Tensor one_pass(const Transformer& model, const SequenceBatch& source, std::int64_t row,
                const std::vector<std::int64_t>& target, std::int64_t tokens) {
  const auto pick = [row](const Tensor& t) { return ops::contiguous(ops::slice(t, 0, row, row + 1)); };
  const SequenceBatch one{pick(source.ids), pick(source.mask)};
  const auto length = static_cast<std::int64_t>(target.size());
  const Tensor hidden =
      model.decode({Tensor::from(target, {1, length}), {}}, model.encode(one, {}), one.mask, {});
  return ops::reshape(ops::slice(hidden, 1, length - tokens, length), {tokens, -1});
}

TEST(Transformer, StepByStepEqualsOnePassAlsoAfterReordering) {
  for (const char* name : {"paper", "opus"}) {
    const auto model = load(name);
    const SequenceBatch source = Golden(name).source();
    NoGrad no_grad;
    const std::int64_t batch = source.ids.dim(0);
    nn::DecoderCache cache =
        model->make_cache(model->encode(source, {}), source.mask, Search::hypotheses, 12);
    Search search{
        std::vector<std::vector<std::int64_t>>(static_cast<std::size_t>(batch * Search::hypotheses))};
    Generator generator{.seed = 5};
    const std::vector<std::vector<std::int64_t>> parents = {{},
                                                            {},
                                                            {0, 0, 2, 5, 4, 3, 6, 7, 8},
                                                            {1, 0, 1, 3, 3, 3, 8, 7, 6},
                                                            {0, 1, 2, 3, 4, 5, 6, 7, 8},
                                                            {2, 2, 0, 4, 5, 3, 7, 7, 7}};
    const std::vector<std::int64_t> tokens = {3, 1, 1, 1, 2, 1};
    for (std::size_t step = 0; step < tokens.size(); ++step) {
      if (!parents[step].empty()) {
        cache.reorder(parents[step]);
        search.reorder(parents[step]);
      }
      const Tensor hidden = model->decode(search.write(tokens[step], generator), {}, cache);  // (B K, T, D)
      for (std::int64_t n = 0; n < hidden.dim(0); ++n) {
        expect_near(ops::reshape(ops::slice(hidden, 0, n, n + 1), {tokens[step], -1}),
                    one_pass(*model, source, n / Search::hypotheses,
                             search.targets[static_cast<std::size_t>(n)], tokens[step]),
                    1e-5, fmt::format("{} step {} hypothesis {}", name, step, n));
      }
    }
    EXPECT_THROW(model->decode(search.write(4, generator), {}, cache), Error);
  }
}

TEST(Transformer, PaddingChangesNothing) {
  const auto model = load("paper");
  const Golden golden("paper");
  NoGrad no_grad;
  const SequenceBatch source = golden.source();
  const Tensor whole = model->decode(golden.inputs(), model->encode(source, {}), source.mask, {});
  const std::vector<std::int64_t> source_lengths = {9, 3, 12}, target_lengths = {7, 11, 4};
  for (std::int64_t b = 0; b < 3; ++b) {
    const auto row = [b](const Tensor& t, std::int64_t length) {
      return ops::contiguous(ops::slice(ops::slice(t, 0, b, b + 1), 1, 0, length));
    };
    const auto at = static_cast<std::size_t>(b);
    const Tensor memory = model->encode({row(source.ids, source_lengths[at]), {}}, {});
    const Tensor alone = model->decode({row(golden.inputs().ids, target_lengths[at]), {}}, memory, {}, {});
    expect_near(row(whole, target_lengths[at]), alone, 1e-5, fmt::format("row {}", b));
  }
}

TEST(Transformer, TrainsInBFloat16NearlyAsInFloat32) {
  const Golden golden("paper");
  const auto model = load("paper");
  train::Arena arena(model->parameters(), {.bfloat16_copies = true});
  train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                     .beta1 = 0.9,
                                     .beta2 = 0.99,
                                     .epsilon = 1e-5,
                                     .weight_decay = 0.1});
  const nn::Context context{.training = true, .compute = DType::bfloat16};
  const auto losses = golden.floats("adamw.losses").to_vector<float>();
  for (const float expected : losses) {
    const Tensor loss = model->loss(golden.source(), golden.inputs(), golden.integers("labels"), 0, context);
    EXPECT_NEAR(loss.item(), expected, 0.05);
    backward(loss);
    arena.finish_gradients();
    optimizer.step(1e-3);
  }
}

TEST(Transformer, BFloat16WeightsGiveNearlyTheSameLogits) {
  for (const char* name : {"paper", "opus"}) {
    const auto model = load(name, {.type = LoadedType::bfloat16});
    NoGrad no_grad;
    expect_logits(teacher_forced(*model, Golden(name)), Golden(name), 0.2);
  }
}

class TransformerDirectory : public ::testing::Test {
 protected:
  fs::path directory_ = fs::temp_directory_path() / fmt::format("attune_transformer_test_{}", ::getpid());
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  // Writes the `paper` directory's config.json with one text for another, and reads it back.
  TransformerConfig edited(const std::string& from, const std::string& to) {
    std::string text = io::read_text(directory_of("paper") / "config.json");
    check(text.find(from) != std::string::npos, "config.json has no {}", from);
    text.replace(text.find(from), from.size(), to);
    std::ofstream(directory_ / "config.json") << text;
    return read_transformer_config(directory_);
  }
  void expect_refused(const std::string& from, const std::string& to, const std::string& message) {
    try {
      edited(from, to);
      ADD_FAILURE() << to << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message));
    }
  }
};

TEST_F(TransformerDirectory, SavingGivesBackEveryTensorBitForBit) {
  for (const char* name : {"paper", "opus"}) {
    load(name)->save(directory_);
    testing::expect_same_tensors(directory_of(name), directory_);
    const TransformerConfig saved = read_transformer_config(directory_);
    EXPECT_EQ(saved.suppressed_tokens, load(name)->suppressed_tokens());
    EXPECT_EQ(saved.forced_eos_token_id, load(name)->config().forced_eos_token_id);
    NoGrad no_grad;
    expect_logits(teacher_forced(*load_from(directory_), Golden(name)), Golden(name), 1e-5);
  }
}

TEST_F(TransformerDirectory, SavingKeepsWhatGenerationConfigSaysBesides) {
  std::ofstream(directory_ / "generation_config.json")
      << R"({"num_beams": 6, "eos_token_id": [2], "forced_eos_token_id": 2, "max_length": 512,
             "bad_words_ids": [[0]], "renormalize_logits": true, "length_penalty": 0.8})";
  const TransformerConfig config = edited(R"("vocab_size": 61)", R"("vocab_size": 61)");
  EXPECT_EQ(config.eos_token_id, 2);
  EXPECT_TRUE(config.renormalize_logits);
  write_transformer_config(config, directory_);
  const auto saved = nlohmann::json::parse(io::read_text(directory_ / "generation_config.json"));
  const auto expected = nlohmann::json::parse(
      R"({"num_beams": 6, "eos_token_id": 2, "forced_eos_token_id": 2, "max_length": 512,
          "bad_words_ids": [[0]], "renormalize_logits": true, "length_penalty": 0.8})");
  for (const auto& [name, value] : expected.items()) EXPECT_EQ(saved[name], value) << name;
  std::ofstream(directory_ / "generation_config.json") << R"({"eos_token_id": [2, 3]})";
  expect_refused(R"("vocab_size": 61)", R"("vocab_size": 61)",
                 R"(generation_config.json: "eos_token_id" lists 2 tokens)");
}

TEST_F(TransformerDirectory, TiedNamesStandForOneAnother) {
  const Golden golden("paper");
  NoGrad no_grad;
  expect_logits(teacher_forced(*load("ties"), golden), golden, 1e-5);
  // Three copies, one of which is not the same.
  fs::copy(directory_of("ties"), directory_, fs::copy_options::recursive);
  const io::Safetensors file(directory_of("ties"));
  std::vector<io::TensorView> views = file.tensors();
  const std::vector<std::byte> other(static_cast<std::size_t>(file.find("lm_head.weight")->element_count()) *
                                     4);
  for (auto& view : views) {
    if (view.name == "lm_head.weight") view.bytes = other;
  }
  io::write_safetensors(directory_ / "model.safetensors", views);
  try {
    load_from(directory_);
    FAIL() << "an output layer of its own was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(
        error.what(),
        ::testing::HasSubstr("untied: 'lm_head.weight' differs from 'model.encoder.embed_tokens.weight'"));
  }
}

TEST_F(TransformerDirectory, WhatDoesNotFitIsListedAtOnce) {
  TransformerConfig config = read_transformer_config(directory_of("paper"));
  config.encoder_layers = 3;
  config.decoder_layers = 1;
  config.decoder_ffn_dim = 21;
  const Transformer model(config);
  try {
    load_weights(model.parameters(), transformer_weight_table(), directory_of("paper"));
    FAIL() << "a checkpoint of another configuration was accepted";
  } catch (const Error& error) {
    using ::testing::HasSubstr;
    EXPECT_THAT(error.what(), HasSubstr("missing: encoder.layers.2.self_attn.v_proj.weight"));
    EXPECT_THAT(error.what(), HasSubstr("misshapen: 'model.decoder.layers.0.fc1.weight' has shape [20, 16], "
                                        "expected [21, 16]"));
  }
}

TEST_F(TransformerDirectory, RefusesByNameWhatThePaperDoesNotHave) {
  expect_refused(R"("share_encoder_decoder_embeddings": true)",
                 R"("share_encoder_decoder_embeddings": false)", "share_encoder_decoder_embeddings");
  expect_refused(R"("tie_word_embeddings": true)", R"("tie_word_embeddings": false)", "tie_word_embeddings");
  expect_refused(R"("vocab_size": 61)", R"("vocab_size": 61, "normalize_before": true)", "normalize_before");
  expect_refused(R"("decoder_vocab_size": 61)", R"("decoder_vocab_size": 60)", "decoder_vocab_size");
  expect_refused(R"("encoder_layerdrop": 0.0)", R"("encoder_layerdrop": 0.1)", "encoder_layerdrop");
  expect_refused(R"("model_type": "marian")", R"("model_type": "bart")", "model_type");
  expect_refused(R"("d_model": 16)", R"("d_model": 15)", "15");
  expect_refused(R"("pad_token_id": 0)", R"("pad_token_id": 61)", "pad_token_id");
  expect_refused(R"("activation_function": "relu")", R"("activation_function": "mish")", "mish");
}

// As OPUS-MT's first directories have it: no generation_config.json, all of it in config.json.
TEST_F(TransformerDirectory, ReadsGenerationFromAnEarlyConfig) {
  const TransformerConfig config =
      edited(R"("vocab_size": 61)",
             R"("static_position_embeddings": true, "bad_words_ids": [[0]], "vocab_size": 61)");
  EXPECT_EQ(config.suppressed_tokens, std::vector<std::int64_t>{0});
  EXPECT_EQ(config.decoder_start_token_id, 1);
  EXPECT_EQ(config.forced_eos_token_id, std::nullopt);
}

}  // namespace
}  // namespace attune::models
