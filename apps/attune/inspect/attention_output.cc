#include "apps/attune/inspect/attention_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/message.h"
#include "attune/plot/fonts.h"
#include "attune/plot/heat_map.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {
namespace {

const char* name_of(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::encoder:
      return "encoder";
    case AttentionKind::decoder:
      return "decoder";
    case AttentionKind::cross:
      return "cross";
  }
  return "";
}

std::vector<float> weights_of(const AttentionView& view, std::int64_t layer, std::int64_t head) {
  const Tensor& weights = view.layers[static_cast<std::size_t>(layer)];  // (1, H, target, source)
  const std::int64_t rows = weights.dim(2), columns = weights.dim(3);
  return weights.alias({rows, columns}, {columns, 1}, head * rows * columns).to_vector<float>();
}

// The mean of the chosen maps, row by row: as the heads share the work, it shows what they look at together.
std::vector<float> mean_weights(const AttentionView& view, const AttentionSelection& selection) {
  std::vector<float> mean(view.target.size() * view.source.size());
  const auto count = static_cast<float>(selection.layers.size() * selection.heads.size());
  for (const std::int64_t layer : selection.layers) {
    for (const std::int64_t head : selection.heads) {
      const std::vector<float> weights = weights_of(view, layer, head);
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += weights[i] / count;
    }
  }
  return mean;
}

std::string title_of(const AttentionView& view, const AttentionSelection& selection) {
  const std::size_t layers = selection.layers.size(), heads = selection.heads.size();
  std::string title = view.kind == AttentionKind::cross
                          ? "cross-attention"
                          : fmt::format("{} self-attention", name_of(view.kind));
  if (layers == 1) title += fmt::format(", layer {}", selection.layers[0]);
  if (heads == 1) title += fmt::format(", head {}", selection.heads[0]);
  if (!selection.mean || layers * heads == 1) return title;
  title += ", mean of";
  if (heads > 1) title += fmt::format(" {} heads", heads);
  if (layers > 1) title += fmt::format("{} {} layers", heads > 1 ? " of" : "", layers);
  return title;
}

// Where the colours end. In causal attention the first token has but itself to look at, whose weight of 1
// would leave all others dim.
float end_of_scale(const AttentionView& view, const std::vector<std::vector<float>>& maps) {
  const bool causal = view.kind == AttentionKind::decoder && view.target.size() > 1;
  float largest = 0;
  for (const auto& map : maps) {
    const auto from = map.begin() + (causal ? static_cast<std::ptrdiff_t>(view.source.size()) : 0);
    largest = std::max(largest, *std::max_element(from, map.end()));
  }
  return largest;
}

plot::HeatMapGrid grid_of(const AttentionView& view, const AttentionSelection& selection,
                          const std::string& model) {
  const bool cross = view.kind == AttentionKind::cross;
  plot::HeatMapGrid grid;
  grid.title = fmt::format("{}: {}", model, title_of(view, selection));
  grid.x_title = cross && view.unit == "token" ? "source" : fmt::format("{} looked at", view.unit);
  grid.y_title = cross && view.unit == "token" ? "target" : fmt::format("{} that looks", view.unit);
  grid.scale_title = "attention weight";
  grid.x_labels = view.source;
  grid.y_labels = view.target;
  if (selection.mean) {
    grid.column_titles = grid.row_titles = {""};
    grid.maps = {mean_weights(view, selection)};
  } else {
    for (const std::int64_t head : selection.heads)
      grid.column_titles.push_back(fmt::format("head {}", head));
    for (const std::int64_t layer : selection.layers) {
      grid.row_titles.push_back(fmt::format("layer {}", layer));
      for (const std::int64_t head : selection.heads) grid.maps.push_back(weights_of(view, layer, head));
    }
  }
  grid.scale_end = end_of_scale(view, grid.maps);
  return grid;
}

// The number with the fewest digits that is the same float: 0.1, not 0.10000000149011612.
double shortest(float value) { return std::stod(fmt::format("{}", value)); }

// A matrix of the view as an array of rows.
nlohmann::ordered_json rows_of(const AttentionView& view, const std::vector<float>& weights) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (i % view.source.size() == 0) rows.push_back(nlohmann::ordered_json::array());
    rows.back().push_back(shortest(weights[i]));
  }
  return rows;
}

nlohmann::ordered_json weights_json(const AttentionView& view, const AttentionSelection& selection) {
  if (selection.mean) return rows_of(view, mean_weights(view, selection));
  nlohmann::ordered_json weights = nlohmann::ordered_json::array();
  for (const std::int64_t layer : selection.layers) {
    auto& heads = weights.emplace_back(nlohmann::ordered_json::array());
    for (const std::int64_t head : selection.heads)
      heads.push_back(rows_of(view, weights_of(view, layer, head)));
  }
  return weights;
}

nlohmann::ordered_json json_of(const AttentionView& view, const AttentionSelection& selection) {
  const auto texts = [](const std::vector<std::string>& tokens) {
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (const std::string& token : tokens) array.push_back(text::replace_invalid_utf8(token));
    return array;
  };
  return {{"kind", name_of(view.kind)},
          {"source_tokens", texts(view.source)},
          {"target_tokens", texts(view.target)},
          {"layers", selection.layers},
          {"heads", selection.heads},
          {"mean", selection.mean},
          {"weights", weights_json(view, selection)}};
}

void report_missing(const std::u32string& characters) {
  if (characters.empty()) return;
  std::string shown;
  for (const char32_t c : characters.substr(0, 5)) {
    shown += fmt::format("{}U+{:04X}", shown.empty() ? "" : ", ", static_cast<std::uint32_t>(c));
  }
  io::print_message(stderr,
                    "attune: no font here has {}{}; the labels show codes (Debian: apt-get install {})\n",
                    shown, characters.size() > 5 ? fmt::format(" and {} more", characters.size() - 5) : "",
                    plot::font_packages(characters));
}

}  // namespace

AttentionSelection AttentionSelection::everything(const AttentionView& view) {
  check(!view.layers.empty(), "the model has no attention of this kind");
  AttentionSelection all{std::vector<std::int64_t>(view.layers.size()),
                         std::vector<std::int64_t>(static_cast<std::size_t>(view.layers.front().dim(1)))};
  std::iota(all.layers.begin(), all.layers.end(), 0);
  std::iota(all.heads.begin(), all.heads.end(), 0);
  return all;
}

void write_attention(const AttentionView& view, const AttentionSelection& selection, const std::string& model,
                     const std::filesystem::path& path) {
  if (path.extension() == ".json") {
    io::write_text_atomically(path, json_of(view, selection).dump() + "\n");
  } else {
    report_missing(plot::draw_heat_maps(grid_of(view, selection, model), path));
  }
}

}  // namespace attune::command
