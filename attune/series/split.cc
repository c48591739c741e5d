#include "attune/series/split.h"

#include <charconv>
#include <cmath>
#include <vector>

#include "attune/base/error.h"

namespace attune::series {
namespace {

std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> numbers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    double value = 0;
    const auto [last, error] = std::from_chars(text.data() + begin, text.data() + end, value);
    if (error != std::errc() || last != text.data() + end || !std::isfinite(value) || value < 0)
      fail_usage("--split {}: \"{}\" is not a number of 0 or more", text, text.substr(begin, end - begin));
    numbers.push_back(value);
    begin = end + 1;
  }
  return numbers;
}

Split split_at(std::int64_t train, std::int64_t valid, std::int64_t test) {
  return {
      .train = {0, train}, .valid = {train, train + valid}, .test = {train + valid, train + valid + test}};
}

Split by_shares(std::string_view text, const std::vector<double>& shares, std::int64_t steps) {
  const double sum = shares[0] + shares[1] + shares[2];
  if (sum > 1 + 1e-9) fail_usage("--split {}: the shares sum to {}, expected at most 1", text, sum);
  const auto of = [&](double share) {
    return static_cast<std::int64_t>(static_cast<double>(steps) * share + 1e-9);
  };
  const std::int64_t train = of(shares[0]), test = of(shares[2]);
  const std::int64_t valid = sum > 1 - 1e-9 && shares[1] > 0 ? steps - train - test : of(shares[1]);
  return split_at(train, valid, test);
}

}  // namespace

Split parse_split(std::string_view text, std::int64_t steps) {
  const std::vector<double> parts = numbers_of(text);
  if (parts.size() != 3)
    fail_usage("--split {} has {} parts, expected three: training, validation, test", text, parts.size());
  if (parts[0] <= 0) fail_usage("--split {} leaves nothing to learn from", text);
  if (parts[0] <= 1 && parts[1] <= 1 && parts[2] <= 1) return by_shares(text, parts, steps);
  double sum = 0;
  for (const double part : parts) {
    if (part != std::floor(part))
      fail_usage("--split {}: expected three shares that sum to 1, or three whole numbers of rows", text);
    sum += part;
  }
  if (sum > static_cast<double>(steps))
    fail_usage("--split {} asks for {} rows, but the data has {}", text, sum, steps);
  return split_at(static_cast<std::int64_t>(parts[0]), static_cast<std::int64_t>(parts[1]),
                  static_cast<std::int64_t>(parts[2]));
}

}  // namespace attune::series
