#include "apps/attune/demo/demo_dates.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <regex>
#include <set>

namespace attune::command {
namespace {

namespace chrono = std::chrono;

const DateCorpus& corpus() {
  static const DateCorpus result = demo_dates(20000, 2000, 1);
  return result;
}

std::vector<DatePair> all_pairs() {
  std::vector<DatePair> all = corpus().training;
  all.insert(all.end(), corpus().held_out.begin(), corpus().held_out.end());
  all.insert(all.end(), unseen_dates().begin(), unseen_dates().end());
  return all;
}

// A generous reader, written apart from the generator: every date that a person might take a text for.
class Reader {
 public:
  explicit Reader(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    static const std::regex piece("'?[0-9]+(st|nd|rd|th)?|[a-z]+(-[a-z]+)?");
    for (std::sregex_iterator at(text.begin(), text.end(), piece), end; at != end; ++at) note(at->str());
  }

  std::set<std::string> readings() {
    if (numbers_.size() == 1 && month_ == 0 && numbers_[0].size() == 8) read_digits(numbers_[0]);
    if (numbers_.size() == 3) {
      read(numbers_[0], numbers_[1], numbers_[2]);
      read(numbers_[2], numbers_[1], numbers_[0]);
      read(numbers_[2], numbers_[0], numbers_[1]);
    }
    if (month_ != 0 && numbers_.size() == 2) {
      read(numbers_[0], std::to_string(month_), numbers_[1]);
      read(numbers_[1], std::to_string(month_), numbers_[0]);
    }
    return readings_;
  }

 private:
  void note(const std::string& word) {
    static const std::string months = "janfebmaraprmayjunjulaugsepoctnovdec",
                             weekdays = "sunmontuewedthufrisat";
    if (std::isdigit(static_cast<unsigned char>(word.back())) || word.find_first_of("0123456789") == 0) {
      numbers_.push_back(word);
    } else if (const int day = ordinal(word); day > 0) {
      numbers_.push_back(std::to_string(day) + "th");
    } else if (const int month = place_of(word, months); month >= 0) {
      month_ = month + 1;
    } else if (const int weekday = place_of(word, weekdays); weekday >= 0) {
      weekday_ = weekday;
    } else if (word != "the" && word != "of") {
      ADD_FAILURE() << "what is " << word << "?";
    }
  }

  // Of a word among abbreviations of three letters; -1 when it is none of them.
  static int place_of(const std::string& word, const std::string& abbreviations) {
    const auto at = abbreviations.find(word.substr(0, 3));
    return at == std::string::npos || at % 3 != 0 ? -1 : static_cast<int>(at / 3);
  }

  static int ordinal(const std::string& word) {
    static const std::map<std::string, int> units = {
        {"first", 1},      {"second", 2},       {"third", 3},       {"fourth", 4},      {"fifth", 5},
        {"sixth", 6},      {"seventh", 7},      {"eighth", 8},      {"ninth", 9},       {"tenth", 10},
        {"eleventh", 11},  {"twelfth", 12},     {"thirteenth", 13}, {"fourteenth", 14}, {"fifteenth", 15},
        {"sixteenth", 16}, {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
        {"thirtieth", 30}};
    const auto hyphen = word.find('-');
    const auto unit = units.find(hyphen == std::string::npos ? word : word.substr(hyphen + 1));
    if (unit == units.end()) return 0;
    if (hyphen == std::string::npos) return unit->second;
    return unit->second + (word.substr(0, hyphen) == "twenty" ? 20 : 30);
  }

  void read_digits(const std::string& n) {
    read(n.substr(0, 4), n.substr(4, 2), n.substr(6));
    read(n.substr(4), n.substr(2, 2), n.substr(0, 2));
    read(n.substr(4), n.substr(0, 2), n.substr(2, 2));
  }

  void read(const std::string& year, const std::string& month, const std::string& day) {
    const bool short_year = year.size() <= 2 || year[0] == '\'';
    if (day[0] == '\'' || month[0] == '\'' || std::isalpha(static_cast<unsigned char>(year.back()))) return;
    int y = std::stoi(year[0] == '\'' ? year.substr(1) : year);
    if (short_year) y += y >= 50 ? 1900 : 2000;
    if (y < 1900 || y > 2099 || std::stoi(day) > 31 || std::stoi(month) > 12) return;
    const chrono::year_month_day date{chrono::year(y), chrono::month(static_cast<unsigned>(std::stoi(month))),
                                      chrono::day(static_cast<unsigned>(std::stoi(day)))};
    if (!date.ok()) return;
    readings_.insert(fmt::format("{}-{:02}-{:02}", y, std::stoi(month), std::stoi(day)));
    if (weekday_ >= 0) {
      EXPECT_EQ(chrono::weekday(chrono::sys_days(date)).c_encoding(), static_cast<unsigned>(weekday_));
    }
  }

  std::vector<std::string> numbers_;
  int month_ = 0, weekday_ = -1;
  std::set<std::string> readings_;
};

chrono::sys_days parse_iso(const std::string& iso) {
  return chrono::sys_days(chrono::year(std::stoi(iso.substr(0, 4))) / std::stoi(iso.substr(5, 2)) /
                          std::stoi(iso.substr(8)));
}

TEST(DemoDatesTest, CanBeReadInOneWayOnly) {
  for (const auto& [source, target] : all_pairs()) {
    SCOPED_TRACE(source);
    ASSERT_THAT(Reader(source).readings(), testing::ElementsAre(target));
  }
}

TEST(DemoDatesTest, TheReaderOfThisTestSeesWhatIsAmbiguous) {
  EXPECT_THAT(Reader("3/5/2021").readings(), testing::ElementsAre("2021-03-05", "2021-05-03"));
  EXPECT_THAT(Reader("03-May-21").readings(), testing::ElementsAre("2003-05-21", "2021-05-03"));
}

TEST(DemoDatesTest, HoldsWholeDatesOut) {
  std::set<std::string> training;
  for (const auto& [source, target] : corpus().training) {
    training.insert(target);
    EXPECT_FALSE(is_held_out(parse_iso(target))) << target;
  }
  for (const auto& [source, target] : corpus().held_out) EXPECT_EQ(training.count(target), 0u) << target;
  ASSERT_EQ(unseen_dates().size(), 20u);
  for (const auto& [source, target] : unseen_dates()) EXPECT_TRUE(is_held_out(parse_iso(target))) << target;
}

TEST(DemoDatesTest, WritesDatesInEachFormat) {
  EXPECT_GE(date_formats().size(), 12u);
  std::set<std::string> missing(date_formats().begin(), date_formats().end());
  for (const auto& [source, target] : corpus().training) {
    if (target[8] != '0') continue;  // "{d}" and "{dd}" differ only before the tenth.
    const auto date = parse_iso(target);
    std::erase_if(missing, [&](const std::string& format) { return spell(date, format.c_str()) == source; });
  }
  EXPECT_THAT(missing, testing::IsEmpty());
}

TEST(DemoDatesTest, IsTheSameForTheSameSeed) {
  const auto a = demo_dates(50, 50, 7), b = demo_dates(50, 50, 7), c = demo_dates(50, 50, 8);
  EXPECT_EQ(tab_separated(a.training), tab_separated(b.training));
  EXPECT_EQ(tab_separated(a.held_out), tab_separated(b.held_out));
  EXPECT_NE(tab_separated(a.training), tab_separated(c.training));
  EXPECT_EQ(std::string(tab_separated(std::vector<DatePair>{{"a", "b"}, {"c", "d"}})), "a\tb\nc\td\n");
}

}  // namespace
}  // namespace attune::command
