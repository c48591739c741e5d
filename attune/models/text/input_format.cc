#include "attune/models/text/input_format.h"

namespace attune::models {
namespace {

constexpr const char* field = "attune_input_format";

}  // namespace

std::optional<InputFormat> read_input_format(const ConfigFields& fields) {
  nlohmann::json object;
  fields.read(field, object);
  if (object.is_null()) return {};
  check(object.is_object(), "{}: \"{}\" is {}, expected an object", fields.path(), field, object.dump());
  InputFormat format;
  const ConfigFields inner(object, std::filesystem::path(fields.path()), field);
  inner.read("start_token", format.start);
  inner.read("delimiter_token", format.delimiter);
  inner.read("extract_token", format.extract);
  inner.read("symmetric", format.symmetric);
  check(!format.start.empty() && !format.delimiter.empty() && !format.extract.empty(),
        "{}: \"{}\" has a token without a name", fields.path(), field);
  return format;
}

void set_input_format(const InputFormat& format, nlohmann::ordered_json& config) {
  config[field] = {{"start_token", format.start},
                   {"delimiter_token", format.delimiter},
                   {"extract_token", format.extract},
                   {"symmetric", format.symmetric}};
}

}  // namespace attune::models
