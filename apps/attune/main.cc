// The command `attune`: one verb, one file.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <iostream>

#include "apps/attune/command.h"
#include "apps/attune/nearest.h"
#include "attune/base/error.h"

namespace {

using attune::command::Program;

constexpr int failure = 1, usage = 2;

// The verb that the user was in the middle of, for its options.
const CLI::App& deepest_verb(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest_verb(*chosen.back());
}

int report_unknown(const CLI::App& app, const CLI::ExtrasError& error) {
  const CLI::App& verb = deepest_verb(app);
  const auto remaining = verb.remaining(true);
  const std::string word = remaining.empty() ? error.what() : remaining.front();
  const std::string nearest = attune::command::nearest_name(word, verb);
  fmt::print(stderr, "attune: unknown {} {}{}\nTry '{} --help'.\n",
             word.starts_with("-") ? "option" : "argument", word,
             nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest),
             attune::command::path_of(verb));
  return usage;
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
  attune::command::add_eval(program);
  attune::command::add_info(program);
  try {
    app.parse(std::vector<std::string>(program.arguments.rbegin(), program.arguments.rend()));  // last first
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
    fmt::print(stderr, "attune: {}\nTry '{} --help'.\n", error.what(),
               attune::command::path_of(deepest_verb(app)));
    return usage;
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that stops early (head, a closed pager) is an error of writing, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const attune::UsageError& error) {
    fmt::print(stderr, "attune: {}\n", error.what());
    return usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "attune: {}\n", error.what());
    return failure;
  }
}
