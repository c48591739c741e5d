#include "attune/models/text/model.h"

#include <algorithm>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

// As PyTorch calls it: "float32".
std::string_view torch_name(io::StoredType type) {
  return type == io::StoredType::f16 ? "float16" : type == io::StoredType::bf16 ? "bfloat16" : "float32";
}

// The layers of several heads have the same names, and fit one another: which of them a directory has, only
// the class that saved it says.
void expect_head(const std::filesystem::path& directory, const TextFacts& facts, const std::string& suffix) {
  constexpr std::string_view heads[] = {"ForMaskedLM",
                                        "ForPreTraining",
                                        "ForSequenceClassification",
                                        "ForTokenClassification",
                                        "ForQuestionAnswering",
                                        "ForMultipleChoice",
                                        "LMHeadModel",
                                        "DoubleHeadsModel"};
  if (suffix == "Model") return;
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  std::vector<std::string> classes;
  ConfigFields(object, path, facts.class_names).read("architectures", classes);
  if (classes.size() != 1) return;
  const std::string& name = classes.front();
  const auto ends_name = [&name](std::string_view head) { return name.ends_with(head); };
  if (std::ranges::none_of(heads, ends_name) || ends_name(suffix)) return;
  if (suffix == "ForMaskedLM" && ends_name("ForPreTraining")) return;  // it has that head among others
  fail("{}: \"architectures\" names {}, expected {}{}: its head is for another task", path.string(), name,
       facts.class_names, suffix);
}

}  // namespace

TextModel::TextModel(std::shared_ptr<const TextFamily> family, TextLabels labels, std::string suffix)
    : family_(std::move(family)),
      labels_(std::move(labels)),
      suffix_(std::move(suffix)),
      encoder_(family_->make_encoder(root())) {}

HeadLayers TextModel::required(HeadLayers layers) const {
  check(static_cast<bool>(layers), "there is no {}{}: the family \"{}\" has no layers for that head",
        facts().class_names, suffix_, facts().model_type);
  return layers;
}

void TextModel::initialize(Generator& generator) const {
  parameters_.initialize(generator);
  const Tensor& embedding = encoder_->word_embedding();  // (V, E)
  const std::int64_t width = embedding.dim(1);
  std::fill_n(embedding.mutable_data<float>() + facts().padding_token * width, width, 0.0F);
}

Tensor TextModel::next_token_weight() const {
  Tensor weight = family_->next_token_weight(*encoder_);
  check(weight.defined(),
        "there is no language-model loss beside the head of a {}{}: it has no output layer that predicts the "
        "next token; use a weight of 0",
        facts().class_names, suffix_);
  return weight;
}

LoadReport TextModel::load(const std::filesystem::path& directory, const LoadOptions& options) {
  if (options.fresh.generator == nullptr) expect_head(directory, facts(), suffix_);
  LoadReport report = load_weights(parameters_, weight_table(), directory, options);
  stored_ = report.stored;
  return report;
}

void TextModel::save(const std::filesystem::path& directory) const {
  const io::StoredType type = save_weights(parameters_, weight_table(), directory, stored_);
  nlohmann::ordered_json config = family_->config();
  config["architectures"] = {facts().class_names + suffix_};
  config["model_type"] = facts().model_type;
  set_text_labels(labels_, config);
  config.erase("torch_dtype");  // the name of "dtype" before transformers 5
  config["dtype"] = torch_name(type);
  io::write_text_atomically(directory / "config.json", config.dump(2) + "\n");
}

}  // namespace attune::models
