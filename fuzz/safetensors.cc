#include "attune/io/safetensors.h"

#include "attune/base/error.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(data, size);
  try {
    const io::Safetensors tensors(file.path());
    for (const io::TensorView& tensor : tensors.tensors()) {
      unsigned sum = 0;  // every byte lies in the file
      for (const std::byte byte : tensor.bytes) sum += static_cast<unsigned>(byte);
      fuzz::require(tensors.find(tensor.name) != nullptr && sum <= 255 * tensor.bytes.size());
      std::vector<float> values(tensor.bytes.size() / io::size_of(tensor.type));
      io::read_elements(tensor, std::span(values));
    }
  } catch (const Error&) {
  }
  return 0;
}
