#include "connectors/cassandra/common/time_zone.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra {

namespace {

constexpr const char* kFolder = "/usr/share/zoneinfo/";
constexpr int kLastComputedYear = 2200;

/// "+02:00", "+2", "-0530": seconds east.
std::optional<std::int64_t> distance(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c == ':') continue;
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    digits.push_back(c);
  }
  if (digits.size() % 2 == 1) digits.insert(0, "0");
  if (digits.size() < 2 || digits.size() > 6) return std::nullopt;
  std::int64_t seconds = 0;
  std::int64_t unit = 3600;
  for (std::size_t i = 0; i < digits.size(); i += 2, unit /= 60) seconds += unit * std::stoi(digits.substr(i, 2));
  if (seconds > 18 * 3600) return std::nullopt;
  return text[0] == '-' ? -seconds : seconds;
}

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  return cql::decode_i64(bytes.substr(at, width));
}

/// The rule at the end of a zone's file, for the years after its table: "CET-1CEST,M3.5.0,M10.5.0/3". Only the M form, which is the only
/// one that zones in use have.
struct Rule {
  std::int64_t standard = 0, summer = 0;
  struct Change {
    int month = 0, week = 0, weekday = 0;
    std::int64_t seconds = 7200;
  };
  std::optional<Change> begin, end;
};

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<Rule> read() {
    Rule rule;
    if (!name()) return std::nullopt;
    const auto standard = clock();
    if (!standard) return std::nullopt;
    rule.standard = rule.summer = -*standard;
    if (text_.empty()) return rule;
    if (!name()) return std::nullopt;
    rule.summer = rule.standard + 3600;
    if (!text_.empty() && text_[0] != ',') {
      const auto summer = clock();
      if (!summer) return std::nullopt;
      rule.summer = -*summer;
    }
    rule.begin = change();
    rule.end = change();
    if (!rule.begin || !rule.end) return std::nullopt;
    return rule;
  }

 private:
  bool name() {
    std::size_t size = 0;
    if (!text_.empty() && text_[0] == '<') {
      size = text_.find('>');
      if (size == std::string_view::npos) return false;
      ++size;
    } else {
      while (size < text_.size() && std::isalpha(static_cast<unsigned char>(text_[size])) != 0) ++size;
    }
    text_.remove_prefix(size);
    return size > 0;
  }
  std::optional<int> number() {
    std::size_t size = 0;
    int value = 0;
    while (size < text_.size() && size < 4 && std::isdigit(static_cast<unsigned char>(text_[size])) != 0)
      value = value * 10 + (text_[size++] - '0');
    text_.remove_prefix(size);
    return size == 0 ? std::nullopt : std::optional(value);
  }
  bool skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<std::int64_t> clock() {
    const bool negative = skip('-');
    if (!negative) skip('+');
    std::int64_t seconds = 0;
    std::int64_t unit = 3600;
    do {
      const auto part = number();
      if (!part) return std::nullopt;
      seconds += *part * unit;
      unit /= 60;
    } while (unit > 0 && skip(':'));
    return negative ? -seconds : seconds;
  }
  std::optional<Rule::Change> change() {
    Rule::Change out;
    if (!skip(',') || !skip('M')) return std::nullopt;
    const auto month = number();
    if (!month || !skip('.')) return std::nullopt;
    const auto week = number();
    if (!week || !skip('.')) return std::nullopt;
    const auto weekday = number();
    if (!weekday) return std::nullopt;
    out.month = *month;
    out.week = *week;
    out.weekday = *weekday;
    if (skip('/')) {
      const auto at = clock();
      if (!at) return std::nullopt;
      out.seconds = *at;
    }
    return out;
  }
  std::string_view text_;
};

/// The wall clock reading of a change in a year.
std::int64_t wall_of(const Rule::Change& change, int year) {
  const std::int64_t first = cql::days_from_civil(year, static_cast<unsigned>(change.month), 1);
  const auto weekday = static_cast<int>(((first + 4) % 7 + 7) % 7);
  std::int64_t day = first + (change.weekday - weekday + 7) % 7 + (change.week - 1) * 7LL;
  const std::int64_t next_month = change.month == 12
                                      ? cql::days_from_civil(year + 1, 1, 1)
                                      : cql::days_from_civil(year, static_cast<unsigned>(change.month) + 1, 1);
  while (day >= next_month) day -= 7;
  return day * 86400 + change.seconds;
}

}  // namespace

std::shared_ptr<const ZoneRules> ZoneRules::load(const std::string& id) {
  const bool safe = !id.empty() && id.front() != '/' && id.find("..") == std::string::npos &&
                    std::all_of(id.begin(), id.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
                    });
  std::error_code ignored;
  if (!safe || !std::filesystem::is_regular_file(kFolder + id, ignored)) return nullptr;
  std::ifstream file(kFolder + id, std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // RFC 8536: a block with 32-bit times, then one with 64-bit times, then the rule of the years behind the table.
  constexpr std::size_t kHeader = 44;
  const auto count = [&](std::size_t header, std::size_t which) {
    return static_cast<std::size_t>(big_endian(data, header + 20 + which * 4, 4));
  };
  const auto block_size = [&](std::size_t header, std::size_t width) {
    return count(header, 3) * (width + 1) + count(header, 4) * 6 + count(header, 5) + count(header, 2) * (width + 4) +
           count(header, 1) + count(header, 0);
  };
  if (data.size() < kHeader || !data.starts_with("TZif") || data[4] < '2') return nullptr;
  const std::size_t header = kHeader + block_size(0, 4);
  if (data.size() < header + kHeader) return nullptr;
  const std::size_t end = header + kHeader + block_size(header, 8);
  if (data.size() < end) return nullptr;
  const std::size_t times = count(header, 3);
  const std::size_t types = header + kHeader + times * 9;
  auto zone = std::make_shared<ZoneRules>();
  if (count(header, 4) > 0) zone->first_offset_ = big_endian(data, types, 4);
  for (std::size_t i = 0; i < times; ++i) {
    const auto type = static_cast<unsigned char>(data[header + kHeader + times * 8 + i]);
    if (type >= count(header, 4)) return nullptr;
    zone->transitions_.push_back(big_endian(data, header + kHeader + i * 8, 8));
    zone->offsets_.push_back(big_endian(data, types + type * 6U, 4));
  }
  std::string_view footer(data);
  footer.remove_prefix(std::min(end + 1, data.size()));
  footer = footer.substr(0, footer.find('\n'));
  const auto rule = RuleReader(footer).read();
  if (!rule || !rule->begin) return zone;
  const std::int64_t last = zone->transitions_.empty() ? INT64_MIN : zone->transitions_.back();
  for (int year = 1970; year <= kLastComputedYear; ++year) {
    std::pair<std::int64_t, std::int64_t> changes[] = {{wall_of(*rule->begin, year) - rule->standard, rule->summer},
                                                       {wall_of(*rule->end, year) - rule->summer, rule->standard}};
    if (changes[0].first > changes[1].first) std::swap(changes[0], changes[1]);
    for (const auto& [at, offset] : changes) {
      if (at <= last) continue;
      zone->transitions_.push_back(at);
      zone->offsets_.push_back(offset);
    }
  }
  return zone;
}

std::shared_ptr<const ZoneRules> ZoneRules::find(std::string_view id) {
  auto fixed = std::make_shared<ZoneRules>();
  if (id == "UTC" || id == "utc" || id == "Z" || id == "GMT") return fixed;
  std::string_view shift = id;
  if (shift.starts_with("GMT") || shift.starts_with("UTC")) shift.remove_prefix(3);
  if (const auto seconds = distance(shift)) {
    fixed->first_offset_ = *seconds;
    return fixed;
  }
  return load(std::string(id));
}

std::int64_t ZoneRules::offset_at(std::int64_t utc_seconds) const noexcept {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), utc_seconds);
  if (next == transitions_.begin()) return first_offset_;
  return offsets_[static_cast<std::size_t>(next - transitions_.begin()) - 1];
}

std::int64_t ZoneRules::to_utc(std::int64_t wall_seconds) const noexcept {
  // The offsets before and after the only change that can be near.
  const std::int64_t before = offset_at(wall_seconds - 86400);
  const std::int64_t after = offset_at(wall_seconds + 86400);
  if (before == after) return wall_seconds - before;
  const std::int64_t early = wall_seconds - before;
  if (offset_at(early) == before) return early;
  const std::int64_t late = wall_seconds - after;
  if (offset_at(late) == after) return late;
  return early;  // skipped: the reading counts by the old offset, so it moves on by the gap
}

}  // namespace millrace::cassandra
