#include "attune/models/forecasting/families.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/models/config_fields.h"
#include "attune/models/dlinear/dlinear.h"
#include "attune/models/informer/informer.h"
#include "attune/models/itransformer/itransformer.h"
#include "attune/models/patchtst/patchtst.h"
#include "attune/models/time_transformer/time_transformer.h"

namespace attune::models {
namespace {

using nn::TemporalEmbeddingKind;
using nn::ValueEmbeddingKind;

template <typename Model, typename Config>
std::unique_ptr<Forecaster> draw(const Config& config, Generator& generator) {
  config.validate();
  auto model = std::make_unique<Model>(config);
  if constexpr (requires { model->initialize(generator); })
    model->initialize(generator);
  else
    model->parameters().initialize(generator);
  return model;
}

void take_embed(Wishes& wishes, TemporalEmbeddingKind& embed) {
  wishes.take("--embed", embed,
              {{"timeF", TemporalEmbeddingKind::scaled},
               {"fixed", TemporalEmbeddingKind::fixed},
               {"learned", TemporalEmbeddingKind::learned}});
}

std::unique_ptr<Forecaster> new_dlinear(ForecastSizes sizes, const ForecastHead& head, Wishes& wishes,
                                        Generator& generator) {
  sizes.calendar.clear();  // which it has no use for
  DLinearConfig config{.sizes = std::move(sizes), .head = head};
  wishes.take("--instance-norm", config.use_norm);
  wishes.expect_none_left();
  return draw<DLinear>(config, generator);
}

std::unique_ptr<Forecaster> new_itransformer(ForecastSizes sizes, const ForecastHead& head, Wishes& wishes,
                                             Generator& generator) {
  ITransformerConfig config{.sizes = std::move(sizes), .head = head};
  wishes.take("--layers", config.e_layers);
  wishes.take("--heads", config.n_heads);
  wishes.take("--width", config.d_model);
  config.d_ff = config.d_model;
  wishes.take("--feed-forward", config.d_ff);
  wishes.take("--dropout", config.dropout);
  wishes.take("--instance-norm", config.use_norm);  // which it is by itself
  wishes.expect_none_left();
  return draw<ITransformer>(config, generator);
}

std::unique_ptr<Forecaster> new_patchtst(ForecastSizes sizes, const ForecastHead& head, Wishes& wishes,
                                         Generator& generator) {
  // Small and with much dropout: what forecasts both ETTh1, of 8,640 rows, and ETTm1, of 34,560, better than
  // the paper's sizes (docs/forecasting.md).
  PatchTstConfig config{.sizes = std::move(sizes), .head = head, .d_model = 64, .num_attention_heads = 4};
  config.head_dropout = 0.3;
  config.end_padding = false;  // which Hugging Face's model does not have
  config.channel_attention = config.sizes.past_covariates > 0;
  wishes.take("--layers", config.num_hidden_layers);
  wishes.take("--heads", config.num_attention_heads);
  wishes.take("--width", config.d_model);
  config.ffn_dim = 2 * config.d_model;
  wishes.take("--feed-forward", config.ffn_dim);
  // Even a year of months is several patches.
  if (const std::int64_t context = config.sizes.context; context < 2 * config.patch_length)
    config.patch_length = std::max<std::int64_t>(context / 4, 1);
  wishes.take("--patch-length", config.patch_length);
  config.patch_stride = std::max<std::int64_t>(config.patch_length / 2, 1);
  wishes.take("--patch-stride", config.patch_stride);
  double dropout = 0.3;
  wishes.take("--dropout", dropout);
  config.ff_dropout = config.path_dropout = dropout;
  // Tables find what a line through scaled fields cannot (docs/forecasting.md).
  auto embed = TemporalEmbeddingKind::learned;
  take_embed(wishes, embed);
  const bool sees_future = !config.sizes.calendar.empty() || config.sizes.future_covariates > 0;
  if (sees_future) config.calendar_effect = embed;
  bool is_normalized = config.scaling == PatchTstConfig::Scaling::deviation;  // by itself
  wishes.take("--instance-norm", is_normalized);
  wishes.expect_none_left();
  return draw<PatchTst>(config, generator);
}

// What the Transformer and the Informer share.
void take_blocks(Wishes& wishes, TimeTransformerConfig& config) {
  wishes.take("--layers", config.e_layers);
  wishes.take("--decoder-layers", config.d_layers);
  wishes.take("--heads", config.n_heads);
  wishes.take("--width", config.d_model);
  config.d_ff = 4 * config.d_model;
  wishes.take("--feed-forward", config.d_ff);
  wishes.take("--dropout", config.dropout);
  config.label_len = config.sizes.context / 2;
  wishes.take("--label-length", config.label_len);
  wishes.take("--instance-norm", config.use_norm);
  take_embed(wishes, config.embed);
  wishes.take("--value-embedding", config.value_embedding,
              {{"linear", ValueEmbeddingKind::linear},
               {"conv1", ValueEmbeddingKind::convolution1},
               {"conv3", ValueEmbeddingKind::convolution3}});
  wishes.take("--temporal-embedding", config.concatenate_temporal, {{"sum", false}, {"concatenate", true}});
}

std::unique_ptr<Forecaster> new_time_transformer(ForecastSizes sizes, const ForecastHead& head,
                                                 Wishes& wishes, Generator& generator) {
  TimeTransformerConfig config{.sizes = std::move(sizes), .head = head};
  take_blocks(wishes, config);
  using Decoding = TimeTransformerConfig::Decoding;
  wishes.take("--decoding", config.decoding,
              {{"one-pass", Decoding::one_pass}, {"autoregressive", Decoding::autoregressive}});
  wishes.expect_none_left();
  return draw<TimeTransformer>(config, generator);
}

std::unique_ptr<Forecaster> new_informer(ForecastSizes sizes, const ForecastHead& head, Wishes& wishes,
                                         Generator& generator) {
  InformerConfig config{.blocks = {.sizes = std::move(sizes), .head = head}};
  take_blocks(wishes, config.blocks);
  wishes.take("--factor", config.factor);
  wishes.take("--no-distilling", config.distil);
  wishes.expect_none_left();
  return draw<Informer>(config, generator);
}

struct Family {
  std::string name;        // as --model has it
  std::string model_type;  // as config.json has it
  std::unique_ptr<Forecaster> (*start)(ForecastSizes sizes, const ForecastHead& head, Wishes& wishes,
                                       Generator& generator);
  std::unique_ptr<Forecaster> (*load)(const std::filesystem::path& directory);
};

template <auto load>
std::unique_ptr<Forecaster> load_any(const std::filesystem::path& directory) {
  return load(directory, LoadOptions{});
}

const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"patchtst", "patchtst", new_patchtst, load_any<load_patchtst>},
      {"itransformer", "itransformer", new_itransformer, load_any<load_itransformer>},
      {"transformer", "time_transformer", new_time_transformer, load_any<load_time_transformer>},
      {"informer", "informer_tsl", new_informer, load_any<load_informer>},
      {"dlinear", "dlinear", new_dlinear, load_any<load_dlinear>},
  };
  return all;
}

}  // namespace

const std::vector<std::string>& forecaster_families() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Family& family : families()) all.push_back(family.name);
    return all;
  }();
  return names;
}

bool sees_calendar_by_default(const std::string& family) {
  return family != "patchtst" && family != "dlinear";
}

bool is_forecaster(const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory / "config.json")) return false;
  const std::string type = read_model_type(directory);
  return std::ranges::any_of(families(), [&](const Family& family) { return family.model_type == type; });
}

std::unique_ptr<Forecaster> load_forecaster(const std::filesystem::path& directory) {
  const std::string type = read_model_type(directory);
  std::vector<std::string> known;
  for (const Family& family : families()) {
    if (family.model_type == type) return family.load(directory);
    known.push_back(family.model_type);
  }
  fail("{}: \"model_type\" is \"{}\", expected one of a forecaster: {}", (directory / "config.json").string(),
       type, fmt::join(known, ", "));
}

std::unique_ptr<Forecaster> new_forecaster(const std::string& family, const ForecastSizes& sizes,
                                           const ForecastHead& head, const NetworkSizes& network,
                                           Generator& generator) {
  for (const Family& known : families()) {
    if (known.name != family) continue;
    Wishes wishes(family, network);
    return known.start(sizes, head, wishes, generator);
  }
  fail_usage("--model is {}, expected a model directory or one of {}", family,
             fmt::join(forecaster_families(), ", "));
}

}  // namespace attune::models
