#include "attune/text/post_processors/template_processing.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/component_json.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

TemplateProcessing::Template read_template(const Json& json) {
  TemplateProcessing::Template parts;
  for (const Json& part : json) {
    check(part.is_object() && part.size() == 1, "TemplateProcessing has the part {}, expected one object",
          part.dump());
    const Json& value = part.front();
    const auto& id = value.at("id").get_ref<const std::string&>();
    const auto type_id = value.at("type_id").get<std::int32_t>();
    if (part.contains("SpecialToken")) {
      parts.push_back(TemplateProcessing::special(id, type_id));
    } else {
      check(part.contains("Sequence") && (id == "A" || id == "B"),
            "TemplateProcessing has the part {}, expected a SpecialToken, or a Sequence A or B", part.dump());
      parts.push_back({id == "A" ? 0 : 1, "", type_id});
    }
  }
  return parts;
}

TemplateProcessing::Tokens read_tokens(const Json& json) {
  TemplateProcessing::Tokens tokens;
  for (const auto& [name, value] : json.items()) {
    const Json& ids = value.at("ids");
    const Json& texts = value.at("tokens");
    check(ids.size() == texts.size(), "TemplateProcessing: \"{}\" stands for {} ids and {} tokens", name,
          ids.size(), texts.size());
    std::vector<SpecialToken>& list = tokens[name];
    for (std::size_t i = 0; i < ids.size(); ++i) {
      list.push_back({texts.at(i).get<std::string>(), ids.at(i).get<std::int32_t>()});
    }
  }
  return tokens;
}

nlohmann::ordered_json template_to_json(const TemplateProcessing::Template& parts) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [sequence, token, type_id] : parts) {
    const std::string id = sequence < 0 ? token : sequence == 0 ? "A" : "B";
    json.push_back({{sequence < 0 ? "SpecialToken" : "Sequence", {{"id", id}, {"type_id", type_id}}}});
  }
  return json;
}

}  // namespace

TemplateProcessing::TemplateProcessing(Template single, Template pair, Tokens tokens)
    : single_(std::move(single)), pair_(std::move(pair)), tokens_(std::move(tokens)) {
  check_templates();
}

TemplateProcessing::TemplateProcessing(const Json& json)
    : TemplateProcessing(read_template(json.at("single")), read_template(json.value("pair", Json::array())),
                         read_tokens(json.value("special_tokens", Json::object()))) {
  check_fields(json, "post_processor", {"single", "pair", "special_tokens"});
}

void TemplateProcessing::check_templates() const {
  const auto count = [](const Template& parts, std::int32_t sequence) {
    return std::count_if(parts.begin(), parts.end(),
                         [&](const Part& part) { return part.sequence == sequence; });
  };
  check(count(single_, 0) == 1 && count(single_, 1) == 0,
        "TemplateProcessing: \"single\" has A {} times and B {} times, expected A alone", count(single_, 0),
        count(single_, 1));
  check(pair_.empty() || (count(pair_, 0) == 1 && count(pair_, 1) == 1),
        "TemplateProcessing: \"pair\" has A {} times and B {} times, expected each once", count(pair_, 0),
        count(pair_, 1));
  for (const Template* parts : {&single_, &pair_}) {
    for (const Part& part : *parts) {
      check(part.sequence >= 0 || tokens_.contains(part.token),
            "TemplateProcessing names the special token \"{}\", which \"special_tokens\" lacks", part.token);
    }
  }
}

std::size_t TemplateProcessing::added_tokens(bool pair) const {
  std::size_t count = 0;
  for (const Part& part : pair ? pair_ : single_) {
    if (part.sequence < 0) count += tokens_.at(part.token).size();
  }
  return count;
}

void TemplateProcessing::process(std::vector<Encoding>& encodings, bool add_special_tokens) const {
  check(encodings.size() == 1 || !pair_.empty(), "the tokenizer has no template for a pair of texts");
  std::vector<Encoding> parts;
  for (const auto& [sequence, token, type_id] : encodings.size() > 1 ? pair_ : single_) {
    if (sequence >= 0) {
      parts.push_back(std::move(encodings[static_cast<std::size_t>(sequence)]));
      set_type_ids(parts.back(), type_id);
    } else if (add_special_tokens) {
      for (const SpecialToken& special : tokens_.at(token))
        parts.push_back(special_encoding(special, type_id));
    }
  }
  encodings = std::move(parts);
}

nlohmann::ordered_json TemplateProcessing::to_json() const {
  auto tokens = nlohmann::ordered_json::object();
  for (const auto& [name, list] : tokens_) {
    auto ids = nlohmann::ordered_json::array(), texts = nlohmann::ordered_json::array();
    for (const SpecialToken& token : list) {
      ids.push_back(token.id);
      texts.push_back(token.token);
    }
    tokens[name] = {{"id", name}, {"ids", ids}, {"tokens", texts}};
  }
  return {{"type", "TemplateProcessing"},
          {"single", template_to_json(single_)},
          {"pair", template_to_json(pair_)},
          {"special_tokens", std::move(tokens)}};
}

}  // namespace attune::text
