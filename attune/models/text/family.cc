#include "attune/models/text/family.h"

#include <fmt/format.h>

#include <algorithm>

#include "attune/models/albert/albert.h"
#include "attune/models/bert/bert.h"
#include "attune/models/config_fields.h"
#include "attune/models/distilbert/distilbert.h"
#include "attune/models/gpt/family.h"
#include "attune/models/gpt2/family.h"
#include "attune/models/roberta/roberta.h"

namespace attune::models {
namespace {

using Reader = std::shared_ptr<const TextFamily> (*)(const nlohmann::json& object,
                                                     const ConfigFields& fields);

template <typename Family>
std::shared_ptr<const TextFamily> read(const nlohmann::json& object, const ConfigFields& fields) {
  return std::make_shared<const Family>(object, fields);
}

constexpr std::pair<const char*, Reader> readers[] = {{"bert", read<BertFamily>},
                                                      {"roberta", read<RobertaFamily>},
                                                      {"xlm-roberta", read<RobertaFamily>},
                                                      {"distilbert", read<DistilBertFamily>},
                                                      {"albert", read<AlbertFamily>},
                                                      {"openai-gpt", read<GptFamily>},
                                                      {"gpt2", read<Gpt2Family>}};

}  // namespace

bool is_text_family(std::string_view model_type) {
  return std::ranges::any_of(readers, [&](const auto& reader) { return reader.first == model_type; });
}

std::shared_ptr<const TextFamily> make_text_family(const nlohmann::json& config, const std::string& name) {
  const ConfigFields fields(config, name, "text encoder");
  std::string type, known;
  fields.read("model_type", type);
  for (const auto& [family, reader] : readers) {
    if (type == family) return reader(config, fields);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", family);
  }
  fail("{}: \"model_type\" is \"{}\", expected one of {}", name, type, known);
}

std::shared_ptr<const TextFamily> read_text_family(const std::filesystem::path& directory) {
  check(std::filesystem::is_directory(directory), "{} is not a model directory", directory.string());
  const auto path = directory / "config.json";
  return make_text_family(read_json_object(path), path.string());
}

std::shared_ptr<const TextFamily> with_input_format(const TextFamily& family, const InputFormat& format,
                                                    std::int64_t vocab_size, std::int64_t padding) {
  nlohmann::ordered_json config = family.config();
  config["model_type"] = family.facts().model_type;
  config["vocab_size"] = vocab_size;
  config["pad_token_id"] = padding;
  set_input_format(format, config);
  return make_text_family(config, "config.json");
}

}  // namespace attune::models
