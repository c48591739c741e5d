// What config.json says of every family: the labels and the format of inputs.
#include <fstream>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"
#include "attune/models/config_fields.h"
#include "attune/models/text/input_format.h"
#include "attune/models/text/labels.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const io::TestDirectory directory;
  const auto path = directory.path() / "config.json";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    models::read_model_type(directory.path());
    const models::TextLabels labels = models::read_text_labels(directory.path());
    fuzz::require(labels.count() >= 1);
    nlohmann::ordered_json written = nlohmann::ordered_json::object();
    models::set_text_labels(labels, written);
    const nlohmann::json object = models::read_json_object(path);
    models::read_input_format(models::ConfigFields(object, path, "model"));
  } catch (const Error&) {
  }
  return 0;
}
