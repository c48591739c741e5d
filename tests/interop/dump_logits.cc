// dump_logits DIR TEXT_FILE OUT [SAVED]: writes the token ids (T) of a text and the model's logits (T, V) for
// them, in float32, as safetensors, and the model to the directory SAVED. For the checks of this folder: the
// command has no verb that prints logits.
#include <cstdio>
#include <exception>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/safetensors.h"
#include "attune/models/causal_language_model.h"
#include "attune/text/tokenizer.h"

namespace {

using namespace attune;

io::TensorView view_of(const char* name, const Tensor& tensor) {
  io::TensorView view;
  view.name = name;
  view.type = io::stored_type_of(tensor.dtype());
  for (int i = 1; i < tensor.rank(); ++i) view.shape.push_back(tensor.dim(i));  // without the batch
  view.bytes = {tensor.raw_data(), static_cast<std::size_t>(tensor.elements()) * size_of(tensor.dtype())};
  return view;
}

void dump(const char* directory, const char* text_file, const char* out, const char* saved) {
  const auto model = models::load_causal_language_model(directory);
  const auto encoded = text::load_tokenizer(directory)->encode(io::read_text(text_file));
  const std::vector<std::int64_t> values(encoded.begin(), encoded.end());
  const Tensor ids = Tensor::from(values, {1, static_cast<std::int64_t>(values.size())});  // (1, T)
  const NoGrad no_grad;
  const Tensor logits = model->logits(model->hidden_states(ids, nn::Context{}));  // (1, T, V)
  io::write_safetensors(out, {view_of("input_ids", ids), view_of("logits", logits)});
  if (saved != nullptr) model->save(saved);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fputs("usage: dump_logits DIR TEXT_FILE OUT.safetensors [SAVED]\n", stderr);
    return 2;
  }
  try {
    dump(argv[1], argv[2], argv[3], argc == 5 ? argv[4] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dump_logits: %s\n", error.what());
    return 1;
  }
  return 0;
}
