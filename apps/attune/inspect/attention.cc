// attune attention DIR --input TEXT --out FILE: what a model looks at, as a picture or as numbers.
#include <filesystem>
#include <iterator>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/inspect/attention_output.h"
#include "apps/attune/inspect/attention_view.h"
#include "attune/base/error.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string directory, out, kind, target;
  AttentionRequest request;
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

void run(Options& options) {
  const std::string ending = fs::path(options.out).extension().string();
  if (ending != ".png" && ending != ".svg" && ending != ".json") {
    fail_usage("--out is '{}', expected a file that ends in .png, .svg or .json", options.out);
  }
  options.request.directory = options.directory;
  if (!options.kind.empty()) options.request.kind = kind_of(options.kind);
  const AttentionView view = view_attention(options.request);
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
