// attune attention DIR --input TEXT --out FILE: what a model looks at, as a picture or as numbers.
#include <filesystem>
#include <iterator>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/inspect/attention_output.h"
#include "apps/attune/inspect/attention_view.h"
#include "apps/attune/inspect/forecast_attention_view.h"
#include "attune/base/error.h"
#include "attune/models/forecasting/families.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string directory, out, kind, target;
  AttentionRequest request;
  ForecastAttentionRequest forecast;
  std::optional<std::int64_t> layer, head;
  bool mean = false;
};

constexpr std::pair<const char*, AttentionKind> kinds[] = {{"encoder", AttentionKind::encoder},
                                                           {"decoder", AttentionKind::decoder},
                                                           {"cross", AttentionKind::cross}};

AttentionKind kind_of(const std::string& name) {
  for (const auto& [known, kind] : kinds) {
    if (name == known) return kind;
  }
  fail_usage("--kind is '{}', expected encoder, decoder or cross", name);
}

// The one that was chosen, or all of them.
void choose(const std::optional<std::int64_t>& choice, const char* what, std::vector<std::int64_t>& indices) {
  if (!choice) return;
  if (*choice < 0 || *choice >= std::ssize(indices))
    fail_usage("--{} is {}, the model has {}s 0 to {}", what, *choice, what, indices.size() - 1);
  indices = {*choice};
}

// Of a text or, with a forecaster, of series.
AttentionView view_of(Options& options) {
  std::optional<AttentionKind> kind;
  if (!options.kind.empty()) kind = kind_of(options.kind);
  if (models::is_forecaster(options.directory)) {
    if (!options.request.input.empty())
      fail_usage("--input is for models of text; {} is a forecaster: --data FILE", options.directory);
    if (options.forecast.data.empty()) fail_usage("--data FILE is missing: which series should it continue?");
    options.forecast.directory = options.directory;
    options.forecast.target = options.target;
    options.forecast.kind = kind;
    return view_forecast_attention(options.forecast);
  }
  if (!options.forecast.data.empty() || !options.forecast.series.empty())
    fail_usage("--data and --series are for forecasters; {} is none: --input TEXT", options.directory);
  options.request.directory = options.directory;
  options.request.kind = kind;
  return view_attention(options.request);
}

void run(Options& options) {
  const std::string ending = fs::path(options.out).extension().string();
  if (ending != ".png" && ending != ".svg" && ending != ".json") {
    fail_usage("--out is '{}', expected a file that ends in .png, .svg or .json", options.out);
  }
  const AttentionView view = view_of(options);
  AttentionSelection selection = AttentionSelection::everything(view);
  choose(options.layer, "layer", selection.layers);
  choose(options.head, "head", selection.heads);
  selection.mean = options.mean;
  write_attention(view, selection, options.directory, options.out);
}

}  // namespace

void add_attention(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb =
      *program.app.add_subcommand("attention", "Show what a model looks at, as a picture or as JSON");
  verb.add_option("directory", o.directory, "Model directory: a GPT, a translator or a forecaster")
      ->required();
  verb.add_option("--input", o.request.input, "Text that the model reads")->group("Text");
  auto* target =
      verb.add_option("--target", o.target,
                      "Translation to look at (default: the model's own); of a forecaster the column "
                      "to look at (default: the first)")
          ->group("Text");
  verb.add_option("--data", o.forecast.data, "CSV file whose series a forecaster continues")->group("Series");
  verb.add_option("--series", o.forecast.series, "Id of the series, of a long table (default: the first)")
      ->group("Series");
  verb.add_option("--kind", o.kind,
                  "Whose attention: encoder, decoder (to themselves) or cross (of the target to the source); "
                  "default: cross, for a GPT decoder")
      ->group("Attention");
  verb.add_option("--layer", o.layer, "Layer, from 0 (default: all, one row of small maps each)")
      ->group("Attention");
  verb.add_option("--head", o.head, "Head, from 0 (default: all, side by side)")->group("Attention");
  verb.add_flag("--mean", o.mean, "One map, the mean of the layers and heads")->group("Attention");
  verb.add_option("--out", o.out, "File to write: .png or .svg (needs gnuplot) or .json")
      ->required()
      ->group("Output");
  add_threads(verb);
  verb.callback([options, target] {
    if (target->count() > 0) options->request.target = options->target;
    run(*options);
  });
}

}  // namespace attune::command
