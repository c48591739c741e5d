// dump_text_logits DIR BATCH OUT SAVED: opens an encoder with the head that "architectures" of its
// config.json names, reads input_ids, attention_mask and token_type_ids (B, T) (of multiple choice B
// questions of C choices, (B C, T), with B = 1) from the safetensors file BATCH, writes what the head gives
// to OUT under HF's names and the model to the directory SAVED. For the checks of this folder: the command
// has no verb that prints logits.
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/io/safetensors.h"
#include "attune/models/config_fields.h"
#include "attune/models/text/heads.h"
#include "attune/ops/views/views.h"

namespace {

using namespace attune;
using namespace attune::models;

using Outputs = std::map<std::string, Tensor>;

Tensor integers(const io::Safetensors& file, const char* name) {
  const io::TensorView* view = file.find(name);
  if (view == nullptr) return {};
  check(view->type == io::StoredType::i64, "the batch's {} is not int64", name);
  const Tensor tensor = Tensor::empty(Shape{std::span<const std::int64_t>(view->shape)}, DType::int64);
  std::memcpy(tensor.raw_mutable_data(), view->bytes.data(), view->bytes.size());
  return tensor;
}

Tensor seen(const Tensor& mask) {
  const Tensor result = Tensor::empty(mask.shape(), DType::boolean);
  for (std::int64_t i = 0; i < mask.elements(); ++i)
    result.mutable_data<bool>()[i] = mask.data<std::int64_t>()[i] != 0;
  return result;
}

struct Run {
  std::string directory, saved;
  TextBatch batch;

  template <typename Model>
  Outputs with(const std::function<Outputs(const Model&)>& outputs) const {
    const auto model = load_text_model<Model>(directory);
    model->save(saved);
    return outputs(*model);
  }

  Outputs bare() const {
    const auto model = load_text_encoder(directory);
    model->save(saved);
    const Tensor hidden = model->hidden_states(batch, {});
    Outputs outputs{{"last_hidden_state", hidden}};
    if (model->has_pooler()) outputs.emplace("pooler_output", model->pooled(hidden, {}));
    return outputs;
  }

  template <typename Model>
  Outputs logits() const {
    return with<Model>([this](const Model& model) { return Outputs{{"logits", model.logits(batch, {})}}; });
  }

  Outputs outputs(const std::string& architecture) const {
    const auto is = [&](const char* suffix) { return architecture.ends_with(suffix); };
    if (is("ForMaskedLM")) return logits<MaskedLanguageModel>();
    if (is("ForSequenceClassification")) return logits<SequenceClassifier>();
    if (is("ForTokenClassification")) return logits<TokenClassifier>();
    if (is("ForPreTraining")) {
      return with<PretrainingModel>([this](const PretrainingModel& model) {
        const auto [vocabulary, pair] = model.logits(batch, {});
        const bool albert = model.facts().model_type == "albert";
        return Outputs{{"prediction_logits", vocabulary},
                       {albert ? "sop_logits" : "seq_relationship_logits", pair}};
      });
    }
    if (is("ForQuestionAnswering")) {
      return with<QuestionAnswerer>([this](const QuestionAnswerer& model) {
        const auto [start, end] = model.logits(batch, {});
        return Outputs{{"start_logits", start}, {"end_logits", end}};
      });
    }
    if (is("ForMultipleChoice")) {
      return with<MultipleChoiceModel>([this](const MultipleChoiceModel& model) {
        return Outputs{{"logits", model.logits(batch, batch.ids.dim(0), {})}};
      });
    }
    check(is("Model"), "\"architectures\" names {}, which is none of the heads", architecture);
    return bare();
  }
};

void dump(const char* directory, const char* batch, const char* out, const char* saved) {
  const io::Safetensors file(batch);
  const Run run{directory,
                saved,
                {integers(file, "input_ids"), seen(integers(file, "attention_mask")),
                 integers(file, "token_type_ids")}};
  const NoGrad no_grad;
  const auto config = read_json_object(std::filesystem::path(directory) / "config.json");
  const Outputs outputs = run.outputs(config.at("architectures").at(0).get<std::string>());
  std::vector<io::TensorView> views;
  std::vector<Tensor> plain;  // what the views show
  for (const auto& [name, output] : outputs) {
    const Tensor& tensor = plain.emplace_back(ops::contiguous(output));
    io::TensorView& view = views.emplace_back();
    view.name = name;
    view.type = io::stored_type_of(tensor.dtype());
    view.shape.assign(tensor.shape().begin(), tensor.shape().end());
    view.bytes = {tensor.raw_data(), static_cast<std::size_t>(tensor.elements()) * sizeof(float)};
  }
  io::write_safetensors(out, views);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: dump_text_logits DIR BATCH.safetensors OUT.safetensors SAVED\n", stderr);
    return 2;
  }
  try {
    dump(argv[1], argv[2], argv[3], argv[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dump_text_logits: %s\n", error.what());
    return 1;
  }
  return 0;
}
