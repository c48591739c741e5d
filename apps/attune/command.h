// What the verbs of the command share.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace attune::command {

// Each verb adds its subcommand and returns nothing: CLI11 calls it when the user asks for it. The exit code
// is 0 unless the verb sets another.
struct Program {
  CLI::App app{"Attune trains, runs and looks into Transformers.", "attune"};
  std::vector<std::string> arguments;  // as typed, "_" in the names of options replaced by "-"
  int exit_code = 0;

  // Whether the arguments begin with these words.
  bool is_asked_for(std::initializer_list<const char*> words) const;
};

void add_train(Program& program);
void add_train_language_model(Program& program, CLI::App& train);
void add_train_translation(Program& program, CLI::App& train);
void add_train_classification(Program& program, CLI::App& train);
void add_train_masked_language_model(Program& program, CLI::App& train);
void add_train_text_to_text(Program& program, CLI::App& train);
void add_train_span(Program& program, CLI::App& train);
void add_train_forecast(Program& program, CLI::App& train);
void add_generate(Program& program);
void add_translate(Program& program);
void add_classify(Program& program);
void add_fill(Program& program);
void add_train_token_classification(Program& program, CLI::App& train);
void add_tag(Program& program);
void add_train_question_answering(Program& program, CLI::App& train);
void add_answer(Program& program);
void add_embed(Program& program);
void add_train_multiple_choice(Program& program, CLI::App& train);
void add_score(Program& program);
void add_choose(Program& program);
void add_forecast(Program& program);
void add_eval(Program& program);
void add_info(Program& program);
void add_attention(Program& program);
void add_tokenizer(Program& program);
void add_demo(Program& program);

// An option in a group of the help, which shows its default.
template <typename Value>
CLI::Option* add_value(CLI::App& verb, const char* group, const char* name, Value& value, const char* help) {
  return verb.add_option(name, value, help)->capture_default_str()->group(group);
}

// --threads, for verbs that compute. The default is every processor this process may use.
void add_threads(CLI::App& verb);

// What --version prints: build, instruction sets found and used, threads.
std::string version_text();

// Standard input to its end.
std::string read_standard_input();

}  // namespace attune::command
