#include "apps/attune/attention_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attune/io/file.h"
#include "attune/plot/fonts.h"
#include "attune/plot/heat_map.h"
#include "attune/text/utf8.h"

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

plot::HeatMapGrid grid_of(const AttentionView& view, const AttentionSelection& selection,
                          const std::string& model) {
  const bool cross = view.kind == AttentionKind::cross;
  plot::HeatMapGrid grid;
  grid.title = cross ? "cross-attention" : fmt::format("{} self-attention", name_of(view.kind));
  grid.title = fmt::format("{}: {}", model, grid.title);
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

nlohmann::ordered_json json_of(const AttentionView& view, const AttentionSelection& selection) {
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

}  // namespace

void write_attention(const AttentionView& view, const AttentionSelection& selection, const std::string& model,
                     const std::filesystem::path& path) {
  if (path.extension() == ".json") {
    io::write_text_atomically(path, json_of(view, selection).dump() + "\n");
  } else {
    report_missing(plot::draw_heat_maps(grid_of(view, selection, model), path));
  }
}

}  // namespace attune::command
