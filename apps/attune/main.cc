// The command `attune`: one verb, one file.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "apps/attune/command.h"
#include "apps/attune/use/nearest.h"
#include "attune/base/error.h"
#include "attune/io/message.h"

namespace {

using attune::command::Program;

constexpr int failure = 1, usage = 2;

// The verb that the user was in the middle of, for its options.
const CLI::App& deepest_verb(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest_verb(*chosen.back());
}

// CLI11 2.1 takes "[a, b]" for two values of an option or a positional that has several. A text in brackets
// is a text: a mark that no argument can have at its end hides them until CLI11 has divided what it would
// divide.
constexpr char end_mark = '\0';

std::vector<std::string> with_end_marks(std::vector<std::string> arguments) {
  for (std::string& argument : arguments) {
    if (argument.ends_with(']')) argument.push_back(end_mark);
  }
  return arguments;
}

std::string without_end_mark(std::string argument) {
  if (argument.ends_with(end_mark)) argument.pop_back();
  return argument;
}

void remove_end_marks(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) option->transform(without_end_mark, "", "");
  for (CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) remove_end_marks(*verb);
}

int report_unknown(const CLI::App& app, const CLI::ExtrasError& error) {
  const CLI::App& verb = deepest_verb(app);
  const auto remaining = verb.remaining(true);
  const std::string word = without_end_mark(remaining.empty() ? error.what() : remaining.front());
  const std::string nearest = attune::command::nearest_name(word, verb);
  attune::io::print_message(stderr, "attune: unknown {} {}{}\nTry '{} --help'.\n",
                            word.starts_with("-") ? "option" : "argument", word,
                            nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest),
                            attune::command::path_of(verb));
  return usage;
}

// CLI11 2.1 takes numbers that do not fit for the nearest that do, -1 for a large unsigned one, and nothing
// at all for 0.
template <typename Number>
std::string complaint_about(const std::string& text, const char* expected) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end ? "" : fmt::format("'{}' is not {}", text, expected);
}

void check_numbers(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_name() == "INT") {
      option->check([](const std::string& text) {
        return complaint_about<std::int64_t>(text, "a whole number of at most 19 digits");
      });
    } else if (option->get_type_name() == "UINT") {
      option->check([](const std::string& text) {
        return complaint_about<std::uint64_t>(text, "a whole number from 0 to 2^64 - 1");
      });
    } else if (option->get_type_name() == "FLOAT") {
      option->check([](const std::string& text) { return text.empty() ? "'' is not a number" : ""; });
    }
  }
  for (CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) check_numbers(*verb);
}

// A file that is opened later must not get the number of a standard stream that was closed before the start:
// what is meant for the stream would be written into it. Reading such an input and writing such an output
// fail; errors go nowhere.
void reserve_standard_streams() {
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
  for (int stream = 0; stream < 3; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) (void)!::open("/dev/null", modes[stream]);  // takes the lowest number
  }
}

void flush_output() {
  attune::check(std::fflush(stdout) == 0 && std::ferror(stdout) == 0, "standard output cannot be written");
  std::cout.flush();
  attune::check(std::cout.good(), "standard output cannot be written");
}

int run(int argc, char** argv) {
  Program program;
  program.arguments = attune::command::normalised_arguments(argc, argv);
  CLI::App& app = program.app;
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", [] { return attune::command::version_text(); });
  attune::command::add_demo(program);
  attune::command::add_train(program);
  attune::command::add_generate(program);
  attune::command::add_translate(program);
  attune::command::add_classify(program);
  attune::command::add_fill(program);
  attune::command::add_tag(program);
  attune::command::add_answer(program);
  attune::command::add_embed(program);
  attune::command::add_choose(program);
  attune::command::add_score(program);
  attune::command::add_forecast(program);
  attune::command::add_eval(program);
  attune::command::add_info(program);
  attune::command::add_attention(program);
  attune::command::add_tokenizer(program);
  check_numbers(app);
  remove_end_marks(app);
  try {
    std::vector<std::string> arguments = with_end_marks(program.arguments);
    std::ranges::reverse(arguments);  // CLI11 takes the last first
    app.parse(std::move(arguments));
    if (app.get_subcommands().empty()) {
      fmt::print("{}", app.help());
      return usage;
    }
    return program.exit_code;
  } catch (const CLI::ExtrasError& error) {
    return report_unknown(app, error);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    attune::io::print_message(stderr, "attune: {}\nTry '{} --help'.\n", error.what(),
                              attune::command::path_of(deepest_verb(app)));
    return usage;
  }
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_streams();
  // A reader that stops early (head, a closed pager) is an error of writing, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const int code = run(argc, argv);
    flush_output();
    return code;
  } catch (const attune::UsageError& error) {
    attune::io::print_message(stderr, "attune: {}\n", error.what());
    return usage;
  } catch (const std::exception& error) {
    attune::io::print_message(stderr, "attune: {}\n", error.what());
    return failure;
  }
}
