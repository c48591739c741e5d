// dump_sequence_logits DIR BATCH OUT SAVED: opens an encoder-decoder, reads input_ids and attention_mask (B,
// S) and decoder_input_ids (B, T) from the safetensors file BATCH, writes logits (B, T, V) to OUT and the
// model to the directory SAVED. For the checks of this folder: the command has no verb that prints logits.
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/io/safetensors.h"
#include "attune/models/sequence_to_sequence_model.h"

namespace {

using namespace attune;

Tensor integers(const io::Safetensors& file, const char* name) {
  const io::TensorView* view = file.find(name);
  check(view != nullptr && view->type == io::StoredType::i64, "the batch has no {} of int64", name);
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

void dump(const char* directory, const char* batch, const char* out, const char* saved) {
  const auto model = models::load_sequence_to_sequence_model(directory);
  const io::Safetensors file(batch);
  const models::SequenceBatch source{integers(file, "input_ids"), seen(integers(file, "attention_mask"))};
  const NoGrad no_grad;
  const Tensor memory = model->encode(source, {});  // (B, S, D)
  const Tensor logits = model->logits(
      model->decode({integers(file, "decoder_input_ids"), {}}, memory, source.mask, {}));  // (B, T, V)
  io::TensorView view;
  view.name = "logits";
  view.type = io::stored_type_of(logits.dtype());
  view.shape.assign(logits.shape().begin(), logits.shape().end());
  view.bytes = {logits.raw_data(), static_cast<std::size_t>(logits.elements()) * sizeof(float)};
  io::write_safetensors(out, {view});
  model->save(saved);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: dump_sequence_logits DIR BATCH.safetensors OUT.safetensors SAVED\n", stderr);
    return 2;
  }
  try {
    dump(argv[1], argv[2], argv[3], argv[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dump_sequence_logits: %s\n", error.what());
    return 1;
  }
  return 0;
}
