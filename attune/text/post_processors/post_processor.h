// The stage of a tokenizer that adds the tokens of the format, such as [CLS] and [SEP], to encoded texts.
// Components are those of Hugging Face's tokenizers (tokenizers, src/processors), constructed from their
// object in tokenizer.json.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "attune/text/encoding.h"

namespace attune::text {

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;

  // How many tokens it adds to one text or to a pair.
  virtual std::size_t added_tokens(bool pair) const = 0;

  // Of the encodings of one text or two: they are later put together in this order. Windows that have been
  // cut off become inputs for the model too.
  virtual void process(std::vector<Encoding>& encodings, bool add_special_tokens) const = 0;

  virtual nlohmann::ordered_json to_json() const = 0;
};

struct SpecialToken {
  std::string token;
  std::int32_t id;
};

// From the "post_processor" of tokenizer.json. Throws Error that names what is not supported.
std::unique_ptr<const PostProcessor> make_post_processor(const nlohmann::json& json);

// The token, as an encoding of its own.
Encoding special_encoding(const SpecialToken& token, std::int32_t type_id);
// Sets the type ids of an encoding and of its overflowing windows.
void set_type_ids(Encoding& encoding, std::int32_t type_id);
// ["TOKEN", ID], as BertProcessing and RobertaProcessing name a token.
SpecialToken read_special_token(const nlohmann::json& json);

}  // namespace attune::text
