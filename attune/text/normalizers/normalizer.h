// The first stage of a tokenizer: it rewrites text. Components are those of Hugging Face's tokenizers
// (tokenizers, src/normalizers), constructed from their object in tokenizer.json.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "attune/text/unicode/aligned_text.h"

namespace attune::text {

class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // The text must be valid UTF-8. Throws Error where a regular expression gives up.
  virtual void normalize(AlignedText& text) const = 0;

  // Whether the parts of a text that is divided before a blank become the parts of the whole.
  virtual bool keeps_parts() const { return true; }

  virtual nlohmann::ordered_json to_json() const = 0;
};

// From the "normalizer" of tokenizer.json. Throws Error that names what is not supported.
std::unique_ptr<const Normalizer> make_normalizer(const nlohmann::json& json);

}  // namespace attune::text
