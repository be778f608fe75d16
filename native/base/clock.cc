#include "base/clock.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace strongroom {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;

std::int64_t SystemClock::now_ms() const {
  // The formats have times from 1970 to 9999; a clock outside is wrong, and what it wrote could not be read again.
  const auto now = floor<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return std::clamp<std::int64_t>(now, 0, kLatestTime);
}

std::int64_t Clock::monotonic_ms() const {
  return floor<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string format_time(std::int64_t ms) {
  const std::chrono::sys_time<milliseconds> time{milliseconds(ms)};
  const sys_days day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const auto rest = static_cast<int>((time - day).count());
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / 3600000,
                rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
  return text.data();
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (std::size_t i = at; i < at + size; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto day_ms = std::chrono::duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count();
  return day_ms + hour * 3600000LL + minute * 60000LL + second * 1000LL + number(20, 3);
}

}  // namespace strongroom
