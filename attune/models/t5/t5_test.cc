// T5 against Hugging Face transformers: tests/goldens/make_t5.py made what is expected.
#include "attune/models/t5/t5.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "attune/autograd/tape.h"
#include "attune/generate/generate_sequences.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using testing::expect_near;
using testing::Golden;

fs::path directory_of(const std::string& name) { return testing::golden_directory("t5", name); }

SequenceBatch source_of(const Golden& golden) {
  return {golden.integers("input_ids"), golden.mask("attention_mask")};
}
SequenceBatch inputs_of(const Golden& golden) { return {golden.integers("decoder_input_ids"), {}}; }

const WeightTable& table_of(const T5& model) { return t5_weight_table(model.config().tie_word_embeddings); }

Tensor loss_of(const T5& model, const Golden& golden, const nn::Context& context = {}) {
  return model.loss(source_of(golden), inputs_of(golden), golden.integers("labels"), 0, context);
}

// Logits where the label counts.
void expect_logits(const T5& model, const Golden& golden, double tolerance) {
  const NoGrad no_grad;
  const Tensor labels = golden.integers("labels"), counts = Tensor::empty(labels.shape(), DType::boolean);
  std::transform(labels.data<std::int64_t>(), labels.data<std::int64_t>() + labels.elements(),
                 counts.mutable_data<bool>(), [](std::int64_t label) { return label != -100; });
  const SequenceBatch source = source_of(golden);
  const Tensor hidden = model.decode(inputs_of(golden), model.encode(source, {}), source.mask, {});
  testing::expect_rows_near(model.logits(hidden), golden.floats("logits"), counts, tolerance);
}

TEST(T5, LogitsAndLoss) {
  for (const char* name : {"v1_0", "v1_1", "hub"}) {
    const auto model = load_t5(directory_of(name));
    const Golden golden(directory_of(name));
    expect_logits(*model, golden, 1e-4);
    const NoGrad no_grad;
    EXPECT_NEAR(loss_of(*model, golden).item(), golden.floats("loss").item(), 1e-5) << name;
  }
}

TEST(T5, EveryGradient) {
  for (const char* name : {"v1_0", "v1_1"}) {
    const Golden golden(directory_of(name));
    const auto model = load_t5(directory_of(name));
    for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
    backward(loss_of(*model, golden));
    for (const auto& parameter : model->parameters().all()) {
      expect_near(gradient_of(parameter.tensor), golden.like("grad.", table_of(*model), parameter), 1e-4,
                  parameter.name);
    }
  }
}

TEST(T5, TenAdamWSteps) {
  for (const char* name : {"v1_0", "v1_1"}) {
    const Golden golden(directory_of(name));
    const auto model = load_t5(directory_of(name));
    train::Arena arena(model->parameters());
    train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                       .beta1 = 0.9,
                                       .beta2 = 0.99,
                                       .epsilon = 1e-5,
                                       .weight_decay = 0.1});
    const auto losses = golden.floats("adamw.losses").to_vector<float>();
    const auto norms = golden.floats("adamw.grad_norms").to_vector<float>();
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const Tensor loss = loss_of(*model, golden);
      EXPECT_NEAR(loss.item(), losses[step], 1e-4) << name << " step " << step;
      backward(loss);
      EXPECT_NEAR(arena.finish_gradients(), norms[step], 1e-3) << name << " step " << step;
      optimizer.step(1e-3);
    }
    for (const auto& parameter : model->parameters().all()) {
      expect_near(parameter.tensor, golden.like("adamw.after.", table_of(*model), parameter), 1e-4,
                  parameter.name);
    }
  }
}

TEST(T5, GreedyAndBeamTokens) {
  for (const char* name : {"v1_0", "v1_1"}) {
    const auto model = load_t5(directory_of(name));
    const Golden golden(directory_of(name));
    const Tensor ids = golden.integers("input_ids"), mask = golden.integers("attention_mask");
    std::vector<std::vector<std::int64_t>> sources;
    for (std::int64_t b = 0; b < ids.dim(0); ++b) {
      const std::int64_t *row = ids.data<std::int64_t>() + b * ids.dim(1), *seen = mask.data<std::int64_t>();
      const std::int64_t length =
          std::accumulate(seen + b * ids.dim(1), seen + (b + 1) * ids.dim(1), std::int64_t{0});
      sources.emplace_back(row, row + length);
    }
    for (const auto& [kind, beams] : {std::pair("greedy.tokens", 1), std::pair("beam.tokens", 4)}) {
      const Tensor expected = golden.integers(kind);  // (B, N), padded after the end
      const generate::SequenceOptions options{.num_beams = beams, .max_new_tokens = 8};
      const auto together = generate::generate_sequences(*model, sources, options);
      for (std::size_t b = 0; b < sources.size(); ++b) {
        const auto* row = expected.data<std::int64_t>() + static_cast<std::int64_t>(b) * expected.dim(1);
        std::vector<std::int64_t> tokens(row, std::find(row, row + expected.dim(1), model->end_of_text()));
        while (tokens.size() > together[b].tokens.size() && tokens.back() == model->padding_token())
          tokens.pop_back();
        EXPECT_EQ(together[b].tokens, tokens) << name << " " << kind << " " << b;
        EXPECT_EQ(generate::generate_sequences(*model, {sources[b]}, options)[0].tokens, tokens)
            << name << " " << kind << " " << b;
      }
    }
  }
}

TEST(T5, StepByStepEqualsOnePassAlsoAfterReordering) {
  for (const char* name : {"v1_0", "v1_1"}) {
    const auto model = load_t5(directory_of(name));
    const SequenceBatch source = source_of(Golden(directory_of(name)));
    const NoGrad no_grad;
    const Tensor memory = model->encode(source, {});
    nn::DecoderCache cache = model->make_cache(memory, source.mask, 2, 7);
    std::vector<std::vector<std::int64_t>> targets(static_cast<std::size_t>(2 * source.ids.dim(0)));
    Tensor hidden;
    for (const std::int64_t added : {3, 1, 1, 2}) {
      if (cache.length() > 3) {  // crosswise, and one hypothesis lost
        cache.reorder(std::vector<std::int64_t>{1, 0, 2, 2, 5, 4});
        const auto before = targets;
        for (const auto& [to, from] : {std::pair(0, 1), {1, 0}, {2, 2}, {3, 2}, {4, 5}, {5, 4}})
          targets[static_cast<std::size_t>(to)] = before[static_cast<std::size_t>(from)];
      }
      std::vector<std::int64_t> step;
      for (std::size_t n = 0; n < targets.size(); ++n) {
        for (std::int64_t t = 0; t < added; ++t) {
          targets[n].push_back(static_cast<std::int64_t>(7 * n + 3 * targets[n].size()) % 35 + 2);
          step.push_back(targets[n].back());
        }
      }
      hidden = model->decode(Tensor::from(step, {std::ssize(targets), added}), {}, cache);  // (B K, added, D)
      for (std::int64_t n = 0; n < hidden.dim(0); ++n) {
        const auto row = [n](const Tensor& x) { return ops::contiguous(ops::slice(x, 0, n / 2, n / 2 + 1)); };
        const auto& target = targets[static_cast<std::size_t>(n)];
        const Tensor whole = model->decode({Tensor::from(target, {1, std::ssize(target)}), {}}, row(memory),
                                           row(source.mask), {});
        expect_near(ops::contiguous(ops::slice(hidden, 0, n, n + 1)),
                    ops::contiguous(ops::slice(whole, 1, std::ssize(target) - added, std::ssize(target))),
                    1e-5, fmt::format("{} hypothesis {}", name, n));
      }
    }
  }
}

TEST(T5, BFloat16WeightsGiveNearlyTheSameLogits) {
  for (const char* name : {"v1_0", "v1_1"})
    expect_logits(*load_t5(directory_of(name), {.type = LoadedType::bfloat16}), Golden(directory_of(name)),
                  0.25);
}

TEST(T5, TrainsInBFloat16NearlyAsInFloat32) {
  const Golden golden(directory_of("v1_0"));
  const auto model = load_t5(directory_of("v1_0"));
  train::Arena arena(model->parameters(), {.bfloat16_copies = true});
  train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                     .beta1 = 0.9,
                                     .beta2 = 0.99,
                                     .epsilon = 1e-5,
                                     .weight_decay = 0.1});
  const nn::Context context{.training = true, .compute = DType::bfloat16};
  for (const float expected : golden.floats("adamw.losses").to_vector<float>()) {
    const Tensor loss = loss_of(*model, golden, context);
    EXPECT_NEAR(loss.item(), expected, 0.05);
    backward(loss);
    arena.finish_gradients();
    optimizer.step(1e-3);
  }
}

TEST(T5, SavingGivesBackEveryTensorBitForBit) {
  const io::TestDirectory directory;
  for (const char* name : {"v1_0", "v1_1", "hub"}) {
    const auto model = load_sequence_to_sequence_model(directory_of(name));
    model->save(directory.path());
    testing::expect_same_tensors(directory_of(name), directory.path());
    const auto again = load_t5(directory.path());
    expect_logits(*again, Golden(directory_of(name)), 1e-4);
  }
}

TEST(T5, RefusesByNameWhatItDoesNotHave) {
  const io::TestDirectory directory;
  for (const auto& [fields, message] : std::vector<std::pair<std::string, std::string>>{
           {R"("model_type": "mt5")", "model_type"},
           {R"("is_decoder": true)", "is_decoder"},
           {R"("feed_forward_proj": "gated-mish")", "mish"},
           {R"("relative_attention_num_buckets": 7)", "relative_attention_num_buckets is 7"},
           {R"("relative_attention_max_distance": 16)", "relative_attention_max_distance is 16"},
           {R"("d_kv": 0)", "d_kv is 0"},
           {R"("num_layers": 2000000000)", "layers is 2000000000, expected at most 4096"},
           {R"("num_decoder_layers": 2000000000)", "layers is 2000000000, expected at most 4096"},
           {R"("eos_token_id": [1, 2])", "eos_token_id"},
           {R"("pad_token_id": 40000)", "pad_token_id"},
           {R"("bad_words_ids": [[3, 4]])", "bad_words_ids"}}) {
    std::ofstream(directory.path() / "config.json") << "{" << fields << "}";
    try {
      read_t5_config(directory.path());
      ADD_FAILURE() << fields;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json")) << fields;
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message)) << fields;
    }
  }
}

TEST(T5, NewQueriesStartSmallEnoughForUnscaledScores) {
  T5Config config = read_t5_config(directory_of("v1_0"));
  config.d_model = config.d_kv = 64;
  const T5 model(config);
  Generator generator{.seed = 3};
  model.initialize(generator);
  const auto weight = model.parameters()
                          .at("encoder.layers.0.self_attention.query_key_value.weight")
                          .tensor.to_vector<float>();
  const auto deviation = [&](std::size_t part) {
    const std::size_t size = weight.size() / 3;
    double sum = 0;
    for (std::size_t i = part * size; i < (part + 1) * size; ++i) sum += weight[i] * weight[i];
    return std::sqrt(sum / static_cast<double>(size));
  };
  EXPECT_NEAR(deviation(0), 1.0 / 64, 1e-3);
  EXPECT_NEAR(deviation(1), 1.0 / 8, 1e-2);
}

TEST(RelativeBuckets, AreHuggingFaces) {
  const io::Safetensors file(fs::path(ATTUNE_GOLDENS) / "t5" / "buckets.safetensors");
  EXPECT_EQ(file.tensors().size(), 8U);
  for (const io::TensorView& view : file.tensors()) {
    const auto first = view.name.find('.'), second = view.name.rfind('.');
    const nn::RelativeBuckets buckets{.count = std::stoll(view.name.substr(first + 1)),
                                      .max_distance = std::stoll(view.name.substr(second + 1)),
                                      .bidirectional = view.name.starts_with("both")};
    std::vector<std::int64_t> expected(static_cast<std::size_t>(view.shape[0]));
    std::memcpy(expected.data(), view.bytes.data(), view.bytes.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::int64_t distance = static_cast<std::int64_t>(i) - 300;
      EXPECT_EQ(buckets.of(distance), expected[i]) << view.name << " at distance " << distance;
    }
  }
}

}  // namespace
}  // namespace attune::models
