// Texts from a file, the command line or standard input through an encoder-decoder, for the verbs that write
// with one.
#pragma once

#include <string>

#include "apps/attune/input/text_requests.h"
#include "apps/attune/use/translator.h"

namespace attune::command {

struct WriteRequest {
  TextRequest texts;
  TranslatorOptions translator;  // directory, type and batch size are those of `texts`
  bool print_scores = false;     // SCORE<tab>TEXT lines
  bool timings = false;          // a JSON line on standard error
};

// Throws UsageError naming the flag. A line's tabs are text; a table has one column of it.
void write_texts(const WriteRequest& request);

}  // namespace attune::command
