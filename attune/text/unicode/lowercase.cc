#include "attune/text/unicode/lowercase.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>

#include "attune/base/error.h"

namespace attune::text {

std::string lowercase(std::string_view text) {
  std::string result;
  icu::StringByteSink<std::string> sink(&result, static_cast<std::int32_t>(text.size()));
  UErrorCode status = U_ZERO_ERROR;
  icu::CaseMap::utf8ToLower(/*locale=*/"", /*options=*/0,
                            {text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr, status);
  check(U_SUCCESS(status), "cannot lowercase a text of {} bytes: ICU says {}", text.size(),
        u_errorName(status));
  return result;
}

}  // namespace attune::text
