// A run of `attune train forecast`: from a table of one's own to a model directory that continues it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/train_flags.h"
#include "attune/models/forecasting/families.h"

namespace attune::command {

struct ForecastRun {
  // Data: see series/tables/read_panel.h
  std::string data, time, id;
  std::vector<std::string> targets, past_covariates, future_covariates;
  std::string frequency, time_zone, time_format, fill = "none", resample, aggregate = "mean";
  std::string split = "0.7,0.1,0.2";

  // Calendar: none given: the family's own choice; "auto", by the frequency; "none"; or fields
  std::vector<std::string> calendar;
  std::string holidays;  // a country or a file

  std::string model = "patchtst";
  std::int64_t context = 96, horizon = 96;
  models::NetworkSizes network;
  std::string head = "point", loss = "mse";
  std::vector<double> quantiles;  // of --head quantiles; none: those of every forecast

  train::TrainingOptions training = forecasting();
  std::int64_t batch_size = 128;

  RunPlace place;

  static train::TrainingOptions forecasting();

  // Every option beside those of training, under the name of its flag; see train_flags.h.
  static void for_each_field(auto& run, auto&& visit) {
    visit("data", run.data);
    visit("time", run.time);
    visit("id", run.id);
    visit("targets", run.targets);
    visit("past_covariates", run.past_covariates);
    visit("future_covariates", run.future_covariates);
    visit("frequency", run.frequency);
    visit("time_zone", run.time_zone);
    visit("time_format", run.time_format);
    visit("fill", run.fill);
    visit("resample", run.resample);
    visit("aggregate", run.aggregate);
    visit("split", run.split);
    visit("calendar", run.calendar);
    visit("holidays", run.holidays);
    visit("model", run.model);
    visit("context", run.context);
    visit("horizon", run.horizon);
    visit("layers", run.network.layers);
    visit("decoder_layers", run.network.decoder_layers);
    visit("heads", run.network.heads);
    visit("width", run.network.width);
    visit("feed_forward", run.network.feed_forward);
    visit("dropout", run.network.dropout);
    visit("patch_length", run.network.patch_length);
    visit("patch_stride", run.network.patch_stride);
    visit("label_length", run.network.label_length);
    visit("decoding", run.network.decoding);
    visit("embed", run.network.embed);
    visit("value_embedding", run.network.value_embedding);
    visit("temporal_embedding", run.network.temporal_embedding);
    visit("factor", run.network.factor);
    visit("distilling", run.network.distilling);
    visit("instance_norm", run.network.instance_norm);
    visit("head", run.head);
    visit("loss", run.loss);
    visit("quantiles", run.quantiles);
    visit("batch_size", run.batch_size);
  }
};

// Trains and leaves the model in run.place.out. `progress` may be null.
train::TrainingResult train_forecast(const ForecastRun& run, std::FILE* progress);

}  // namespace attune::command
