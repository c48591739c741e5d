// attune attention DIR --input TEXT --out FILE: what a model looks at, as a picture or as numbers.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/attention_view.h"
#include "apps/attune/command.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/plot/fonts.h"
#include "attune/plot/heat_map.h"
#include "attune/text/utf8.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string directory, out, kind, target;
  AttentionRequest request;
  std::optional<std::int64_t> layer, head;
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

const char* name_of(AttentionKind kind) { return kinds[static_cast<std::size_t>(kind)].first; }

// One of `count` things, or all of them.
std::vector<std::int64_t> chosen(const std::optional<std::int64_t>& choice, std::int64_t count,
                                 const char* what) {
  if (choice && (*choice < 0 || *choice >= count)) {
    fail_usage("--{} is {}, the model has {}s 0 to {}", what, *choice, what, count - 1);
  }
  if (choice) return {*choice};
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = i;
  return all;
}

struct Selection {
  std::vector<std::int64_t> layers, heads;
};

std::vector<float> weights_of(const AttentionView& view, std::int64_t layer, std::int64_t head) {
  const Tensor& weights = view.layers[static_cast<std::size_t>(layer)];  // (1, H, target, source)
  const std::int64_t rows = weights.dim(2), columns = weights.dim(3);
  return weights.alias({rows, columns}, {columns, 1}, head * rows * columns).to_vector<float>();
}

plot::HeatMapGrid grid_of(const AttentionView& view, const Selection& selection, const fs::path& directory) {
  const bool cross = view.kind == AttentionKind::cross;
  plot::HeatMapGrid grid;
  grid.title = cross ? "cross-attention" : fmt::format("{} self-attention", name_of(view.kind));
  grid.title = fmt::format("{}: {}", directory.string(), grid.title);
  if (selection.layers.size() == 1) grid.title += fmt::format(", layer {}", selection.layers[0]);
  if (selection.heads.size() == 1) grid.title += fmt::format(", head {}", selection.heads[0]);
  grid.x_title = cross ? "source" : "token looked at";
  grid.y_title = cross ? "target" : "token that looks";
  grid.scale_title = "attention weight";
  grid.x_labels = view.source;
  grid.y_labels = view.target;
  for (const std::int64_t head : selection.heads) grid.column_titles.push_back(fmt::format("head {}", head));
  for (const std::int64_t layer : selection.layers) {
    grid.row_titles.push_back(fmt::format("layer {}", layer));
    for (const std::int64_t head : selection.heads) grid.maps.push_back(weights_of(view, layer, head));
  }
  return grid;
}

// The number with the fewest digits that is the same float: 0.1, not 0.10000000149011612.
double shortest(float value) { return std::stod(fmt::format("{}", value)); }

nlohmann::ordered_json json_of(const AttentionView& view, const Selection& selection) {
  const auto texts = [](const std::vector<std::string>& tokens) {
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (const std::string& token : tokens) array.push_back(text::replace_invalid_utf8(token));
    return array;
  };
  nlohmann::ordered_json weights = nlohmann::ordered_json::array();
  for (const std::int64_t layer : selection.layers) {
    auto& heads = weights.emplace_back(nlohmann::ordered_json::array());
    for (const std::int64_t head : selection.heads) {
      auto& rows = heads.emplace_back(nlohmann::ordered_json::array());
      const auto values = weights_of(view, layer, head);
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % view.source.size() == 0) rows.push_back(nlohmann::ordered_json::array());
        rows.back().push_back(shortest(values[i]));
      }
    }
  }
  return {{"kind", name_of(view.kind)},
          {"source_tokens", texts(view.source)},
          {"target_tokens", texts(view.target)},
          {"layers", selection.layers},
          {"heads", selection.heads},
          {"weights", std::move(weights)}};
}

void report_missing(const std::u32string& characters) {
  if (characters.empty()) return;
  std::string shown;
  for (const char32_t c : characters.substr(0, 5)) {
    shown += fmt::format("{}U+{:04X}", shown.empty() ? "" : ", ", static_cast<std::uint32_t>(c));
  }
  fmt::print(stderr, "attune: no font here has {}{}; the labels show codes (Debian: apt-get install {})\n",
             shown, characters.size() > 5 ? fmt::format(" and {} more", characters.size() - 5) : "",
             plot::font_packages(characters));
}

void run(Options& options) {
  const std::string ending = fs::path(options.out).extension().string();
  if (ending != ".png" && ending != ".svg" && ending != ".json") {
    fail_usage("--out is '{}', expected a file that ends in .png, .svg or .json", options.out);
  }
  options.request.directory = options.directory;
  if (!options.kind.empty()) options.request.kind = kind_of(options.kind);
  const AttentionView view = view_attention(options.request);
  check(!view.layers.empty(), "{} has no attention of this kind", options.directory);
  const Selection selection{chosen(options.layer, static_cast<std::int64_t>(view.layers.size()), "layer"),
                            chosen(options.head, view.layers.front().dim(1), "head")};
  if (ending == ".json") {
    io::write_text_atomically(options.out, json_of(view, selection).dump() + "\n");
  } else {
    report_missing(plot::draw_heat_maps(grid_of(view, selection, options.directory), options.out));
  }
}

}  // namespace

void add_attention(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb =
      *program.app.add_subcommand("attention", "Show what a model looks at, as a picture or as JSON");
  verb.add_option("directory", o.directory, "Model directory: a GPT or a translator")->required();
  verb.add_option("--input", o.request.input, "Text that the model reads")->required()->group("Text");
  auto* target = verb.add_option("--target", o.target, "Translation to look at (default: the model's own)")
                     ->group("Text");
  verb.add_option("--kind", o.kind,
                  "Whose attention: encoder, decoder (to themselves) or cross (of the target to the source); "
                  "default: cross, for a GPT decoder")
      ->group("Attention");
  verb.add_option("--layer", o.layer, "Layer, from 0 (default: all, one row of small maps each)")
      ->group("Attention");
  verb.add_option("--head", o.head, "Head, from 0 (default: all, side by side)")->group("Attention");
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
