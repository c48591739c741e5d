#include "attune/tasks/scoring/prompt_template.h"

#include "attune/base/error.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const tasks::PromptTemplate prompt({reinterpret_cast<const char*>(data), size});
    const std::string text = prompt.render([](const std::string& field) { return std::string_view(field); });
    fuzz::require(text.size() <= size);
  } catch (const Error&) {
  }
  return 0;
}
