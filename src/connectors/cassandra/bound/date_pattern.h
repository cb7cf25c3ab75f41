#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cassandra {

/// Reads dates and times by a pattern of java.time.format.DateTimeFormatter, or one of its predefined ones by name
/// (ISO_LOCAL_DATE, RFC_1123_DATE_TIME, ...; CQL_TIMESTAMP is what a CQL timestamp literal may look like). Letters: y u M L d D E c e a H h K k
/// m s S n A N V X x Z O z, quotes, and optional parts in brackets. Names of months and days in any letter case.
class DatePattern {
 public:
  /// Throws ConfigError: a letter that is not supported, a quote or bracket that is never closed, a language without names here.
  DatePattern(const std::string& pattern, const std::string& locale);
  ~DatePattern();
  DatePattern(DatePattern&&) noexcept;
  DatePattern& operator=(DatePattern&&) noexcept;

  struct Parsed {
    std::optional<std::int64_t> epoch_days;
    std::optional<std::int64_t> nanos_of_day;
    std::optional<std::int64_t> offset_seconds;
    std::string zone;  ///< a region's name
  };
  /// nullopt when the text does not read so, or names a day that does not exist.
  std::optional<Parsed> parse(std::string_view text) const;
  const std::string& pattern() const noexcept { return pattern_; }

 private:
  struct Element;
  struct Fields;
  std::vector<Element> compile(std::string_view pattern, std::size_t& at, bool inside) const;
  bool match(const std::vector<Element>& elements, std::string_view& text, Fields& fields) const;
  bool match_one(const Element& element, bool digits_follow, std::string_view& text, Fields& fields) const;

  std::string pattern_;
  std::string language_;
  std::vector<Element> elements_;
};

}  // namespace millrace::cassandra
