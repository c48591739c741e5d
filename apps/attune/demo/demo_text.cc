#include "apps/attune/demo/demo_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "attune/tensor/random.h"

namespace attune::command {
namespace {

struct Person {
  std::string_view name, subject, possessive;
};

struct Trade {
  std::string_view name, tool, place;
};

constexpr std::array people = {
    Person{"Anna", "she", "her"},   Person{"Clara", "she", "her"}, Person{"Edith", "she", "her"},
    Person{"Martha", "she", "her"}, Person{"Ruth", "she", "her"},  Person{"Ben", "he", "his"},
    Person{"Hugo", "he", "his"},    Person{"Jonas", "he", "his"},  Person{"Oliver", "he", "his"},
    Person{"Tom", "he", "his"},
};
constexpr std::array trades = {
    Trade{"baker", "oven", "bakery"},     Trade{"fisher", "net", "harbour"},
    Trade{"farmer", "plough", "field"},   Trade{"miller", "wheel", "mill"},
    Trade{"tailor", "needle", "shop"},    Trade{"smith", "hammer", "forge"},
    Trade{"gardener", "spade", "garden"},
};
constexpr std::array<std::string_view, 6> moods = {"old", "young", "clever", "tired", "cheerful", "quiet"};
constexpr std::array<std::string_view, 5> times = {"One morning", "One evening", "In the spring",
                                                   "Last winter", "On a rainy day"};
constexpr std::array<std::string_view, 6> roads = {"the river",  "the forest", "the market",
                                                   "the bridge", "the hill",   "the village"};
constexpr std::array<std::string_view, 7> things = {"apples",  "coins", "feathers", "shells",
                                                    "candles", "pears", "ribbons"};
constexpr std::array<std::string_view, 5> friends = {"a child", "a stranger", "a neighbour", "an old friend",
                                                     "a traveller"};
constexpr std::array<std::string_view, 11> numbers = {"no",  "one",   "two",   "three", "four", "five",
                                                      "six", "seven", "eight", "nine",  "ten"};

template <typename List>
const auto& pick(const List& list, Generator& generator) {
  return list[uniform_integer(generator, list.size())];
}

std::string capitalised(std::string_view word) {
  std::string text(word);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string tale(Generator& generator) {
  const Person& person = pick(people, generator);
  const Trade& trade = pick(trades, generator);
  const std::string_view thing = pick(things, generator);
  const std::uint64_t found = 4 + uniform_integer(generator, 7),
                      given = 1 + uniform_integer(generator, found - 2);
  const std::string she = capitalised(person.subject);
  std::string text =
      fmt::format("{} the {} {} left {} {} and walked to {}.", pick(times, generator), pick(moods, generator),
                  trade.name, person.possessive, trade.place, pick(roads, generator));
  text += fmt::format(" The name of the {} was {}.", trade.name, person.name);
  text += fmt::format(" {} found {} {} beside the road.", she, numbers[found], thing);
  text += fmt::format(" {} gave {} of them to {}, so {} had {} left.", person.name, numbers[given],
                      pick(friends, generator), person.subject, numbers[found - given]);
  text += uniform_integer(generator, 2) == 0
              ? fmt::format(" Then {} went home to {} {}.", person.subject, person.possessive, trade.tool)
              : fmt::format(" {} put the {} into {} basket and sang.", she, thing, person.possessive);
  return text + "\n";
}

}  // namespace

std::string demo_text(std::int64_t tales, std::uint64_t seed) {
  Generator generator{.seed = seed};
  std::string text;
  for (std::int64_t i = 0; i < tales; ++i) text += tale(generator);
  return text;
}

}  // namespace attune::command
