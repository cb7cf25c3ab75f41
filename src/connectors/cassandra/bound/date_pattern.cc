#include "connectors/cassandra/bound/date_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "connectors/cassandra/common/time_zone.h"
#include "connectors/cassandra/cql/values.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

// Letters of our own, for what predefined formats have and patterns do not: a fraction of 1 to 9 digits, and any of the ways to write
// a zone.
constexpr char kAnyFraction = '\1';
constexpr char kAnyZone = '\2';

const std::string* predefined(const std::string& name) {
  static const std::map<std::string, std::string> kFormats = [] {
    const std::string date = "uuuu-MM-dd";
    const std::string time = "HH:mm[:ss[.\1]]";
    return std::map<std::string, std::string>{
        {"CQL_TIMESTAMP", date + "[['T'][ ]HH:mm[:ss[.\1]]][[ ]\2]"},
        {"BASIC_ISO_DATE", "uuuuMMdd[XX]"},
        {"ISO_LOCAL_DATE", date},
        {"ISO_OFFSET_DATE", date + "XXX"},
        {"ISO_DATE", date + "[XXX]"},
        {"ISO_ORDINAL_DATE", "uuuu-DDD[XXX]"},
        {"ISO_LOCAL_TIME", time},
        {"ISO_OFFSET_TIME", time + "XXX"},
        {"ISO_TIME", time + "[XXX]"},
        {"ISO_LOCAL_DATE_TIME", date + "'T'" + time},
        {"ISO_OFFSET_DATE_TIME", date + "'T'" + time + "XXX"},
        {"ISO_ZONED_DATE_TIME", date + "'T'" + time + "XXX['['VV']']"},
        {"ISO_DATE_TIME", date + "'T'" + time + "[XXX['['VV']']]"},
        {"ISO_INSTANT", date + "'T'" + time + "XXX"},
        {"RFC_1123_DATE_TIME", "[EEE, ]d MMM uuuu HH:mm[:ss] \2"},
    };
  }();
  const auto found = kFormats.find(name);
  return found == kFormats.end() ? nullptr : &found->second;
}

/// Names of one language, as the CLDR has them: full months, short months, full days from Sunday, short days, am and pm.
struct Names {
  const char* language;
  std::array<const char*, 12> months;
  std::array<const char*, 12> short_months;
  std::array<const char*, 7> days;
  std::array<const char*, 7> short_days;
};

constexpr Names kNames[] = {
    {"en",
     {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
      "December"},
     {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
     {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
     {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}},
    {"fr",
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
      "décembre"},
     {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
     {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
     {"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}},
    {"de",
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
      "Dezember"},
     {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
     {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
     {"So.", "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa."}},
    {"es",
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
      "diciembre"},
     {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
     {"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
     {"dom", "lun", "mar", "mié", "jue", "vie", "sáb"}},
    {"it",
     {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
      "novembre", "dicembre"},
     {"gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"},
     {"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
     {"dom", "lun", "mar", "mer", "gio", "ven", "sab"}},
    {"pt",
     {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro",
      "dezembro"},
     {"jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."},
     {"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
     {"dom.", "seg.", "ter.", "qua.", "qui.", "sex.", "sáb."}},
    {"nl",
     {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
      "december"},
     {"jan.", "feb.", "mrt.", "apr.", "mei", "jun.", "jul.", "aug.", "sep.", "okt.", "nov.", "dec."},
     {"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
     {"zo", "ma", "di", "wo", "do", "vr", "za"}},
};

const Names* names_of(std::string_view language) {
  for (const auto& names : kNames) {
    if (language == names.language) return &names;
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

/// Takes the longest of the names that the text starts with: its place, or nothing.
template <std::size_t N>
std::optional<int> take_name(const std::array<const char*, N>& names, std::string_view& text) {
  std::optional<int> found;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const std::string_view name = names[i];
    if (name.size() <= longest || !same_letters(name, text.substr(0, name.size()))) continue;
    found = static_cast<int>(i);
    longest = name.size();
  }
  text.remove_prefix(longest);
  return found;
}

std::optional<std::int64_t> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  std::int64_t value = 0;
  std::size_t size = 0;
  while (size < most && size < text.size() && is_digit(text[size])) value = value * 10 + (text[size++] - '0');
  if (size < least) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

/// "+02:00", "+0200", "+02": a zone's distance. `colon`: with colons between the parts.
std::optional<std::int64_t> take_distance(std::string_view& text) {
  std::string_view rest = text;
  if (rest.empty() || (rest[0] != '+' && rest[0] != '-')) return std::nullopt;
  const bool west = rest[0] == '-';
  rest.remove_prefix(1);
  std::int64_t seconds = 0;
  std::int64_t unit = 3600;
  for (int part = 0; part < 3; ++part, unit /= 60) {
    std::string_view tried = rest;
    if (part > 0 && !tried.empty() && tried[0] == ':') tried.remove_prefix(1);
    const auto number = take_number(tried, 2, 2);
    if (!number) {
      if (part == 0) return std::nullopt;
      break;
    }
    seconds += *number * unit;
    rest = tried;
  }
  text = rest;
  return west ? -seconds : seconds;
}

constexpr std::int64_t kNanosPerDay = 86400LL * 1000000000;

}  // namespace

struct DatePattern::Element {
  enum class Kind : std::uint8_t { kLiteral, kField, kOptional };
  Kind kind = Kind::kLiteral;
  std::string text;  // literal
  char letter = 0;
  std::size_t count = 0;
  std::vector<Element> inner;
};

struct DatePattern::Fields {
  std::optional<std::int64_t> year, month, day, day_of_year, hour, half_day_hour, minute, second, nano, nanos_of_day;
  std::optional<int> weekday;  // 0: Sunday
  std::optional<bool> afternoon;
  std::optional<std::int64_t> offset;
  std::string zone;
};

DatePattern::DatePattern(const std::string& pattern, const std::string& locale) : pattern_(pattern) {
  language_ = locale.substr(0, locale.find_first_of("_-"));
  std::transform(language_.begin(), language_.end(), language_.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* known = predefined(pattern);
  // RFC 1123 is English whatever the locale.
  if (pattern == "RFC_1123_DATE_TIME") language_ = "en";
  std::size_t at = 0;
  elements_ = compile(known != nullptr ? *known : pattern, at, false);
}

DatePattern::~DatePattern() = default;
DatePattern::DatePattern(DatePattern&&) noexcept = default;
DatePattern& DatePattern::operator=(DatePattern&&) noexcept = default;

std::vector<DatePattern::Element> DatePattern::compile(std::string_view pattern, std::size_t& at, bool inside) const {
  std::vector<Element> out;
  const auto literal = [&out](std::string_view text) {
    if (out.empty() || out.back().kind != Element::Kind::kLiteral)
      out.push_back({Element::Kind::kLiteral, "", 0, 0, {}});
    out.back().text += text;
  };
  const auto refuse = [this](const std::string& why) {
    throw ConfigError("date pattern \"" + pattern_ + "\": " + why);
  };
  while (at < pattern.size()) {
    const char c = pattern[at];
    if (c == '\'') {
      const auto close = pattern.find('\'', at + 1);
      if (close == std::string_view::npos) refuse("a single quote is never closed");
      literal(close == at + 1 ? "'" : pattern.substr(at + 1, close - at - 1));
      at = close + 1;
    } else if (c == '[') {
      ++at;
      Element part{Element::Kind::kOptional, "", 0, 0, {}};
      part.inner = compile(pattern, at, true);
      if (at >= pattern.size()) refuse("a [ is never closed");
      ++at;
      out.push_back(std::move(part));
    } else if (c == ']') {
      if (!inside) refuse("a ] closes nothing");
      return out;
    } else if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == kAnyFraction || c == kAnyZone) {
      std::size_t count = 1;
      while (at + count < pattern.size() && pattern[at + count] == c) ++count;
      if (c != kAnyFraction && c != kAnyZone &&
          std::string_view("yuMLdDEceaHhKkmsSnANVXxZOz").find(c) == std::string_view::npos) {
        refuse(std::string("letter ") + c +
               " is not supported: use y u M d E a H h m s S n V X Z, or put it in single quotes");
      }
      const bool named =
          ((c == 'M' || c == 'L') && count > 2) || ((c == 'E' || c == 'e' || c == 'c') && (c == 'E' || count > 2));
      if (named && names_of(language_) == nullptr) {
        refuse("names of months and days are known in en, fr, de, es, it, pt and nl, not in \"" + language_ +
               "\" (codec.locale)");
      }
      out.push_back({Element::Kind::kField, "", c, count, {}});
      at += count;
    } else {
      literal(pattern.substr(at, 1));
      ++at;
    }
  }
  return out;
}

bool DatePattern::match(const std::vector<Element>& elements, std::string_view& text, Fields& fields) const {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto& element = elements[i];
    if (element.kind == Element::Kind::kOptional) {
      auto rest = text;
      auto tried = fields;
      if (match(element.inner, rest, tried)) {
        text = rest;
        fields = std::move(tried);
      }
      continue;
    }
    const bool digits_follow = i + 1 < elements.size() && elements[i + 1].kind == Element::Kind::kField;
    if (!match_one(element, digits_follow, text, fields)) return false;
  }
  return true;
}

bool DatePattern::match_one(const Element& element, bool digits_follow, std::string_view& text, Fields& fields) const {
  if (element.kind == Element::Kind::kLiteral) {
    if (!same_letters(element.text, text.substr(0, element.text.size()))) return false;
    text.remove_prefix(element.text.size());
    return true;
  }
  const auto count = element.count;
  // One letter stands for as many digits as there are; more letters for exactly as many.
  const auto number = [&](std::optional<std::int64_t>& field, std::size_t most) {
    field = take_number(text, count == 1 ? 1 : count, count == 1 ? most : count);
    return field.has_value();
  };
  switch (element.letter) {
    case 'y':
    case 'u': {
      const bool negative = !text.empty() && text[0] == '-' && count != 2;
      if (negative || (!text.empty() && text[0] == '+' && count != 2)) text.remove_prefix(1);
      if (count == 2) {
        if (!number(fields.year, 2)) return false;
        *fields.year += 2000;
        return true;
      }
      // Next to other digits a year has exactly its letters.
      fields.year = take_number(text, count == 1 ? 1 : count, digits_follow ? std::max<std::size_t>(count, 4) : 9);
      if (fields.year && negative) *fields.year = -*fields.year;
      return fields.year.has_value();
    }
    case 'M':
    case 'L': {
      if (count < 3) return number(fields.month, 2);
      const auto* names = names_of(language_);
      const auto found = take_name(count == 4 ? names->months : names->short_months, text);
      if (found) fields.month = *found + 1;
      return found.has_value();
    }
    case 'E':
    case 'c':
    case 'e': {
      if (element.letter != 'E' && count < 3) {
        std::optional<std::int64_t> ignored;  // the number of a day of the week depends on the week's start
        return number(ignored, 1);
      }
      const auto* names = names_of(language_);
      const auto found = take_name(count == 4 ? names->days : names->short_days, text);
      if (found) fields.weekday = *found;
      return found.has_value();
    }
    case 'd': return number(fields.day, 2);
    case 'D': return number(fields.day_of_year, 3);
    case 'H': return number(fields.hour, 2);
    case 'k':
      if (!number(fields.hour, 2)) return false;
      *fields.hour %= 24;
      return true;
    case 'h':
    case 'K':
      if (!number(fields.half_day_hour, 2)) return false;
      *fields.half_day_hour %= 12;
      return true;
    case 'a': {
      const auto half = text.substr(0, 2);
      if (!same_letters(half, "am") && !same_letters(half, "pm")) return false;
      fields.afternoon = same_letters(half, "pm");
      text.remove_prefix(2);
      return true;
    }
    case 'm': return number(fields.minute, 2);
    case 's': return number(fields.second, 2);
    case kAnyFraction:
    case 'S': {
      const auto before = text.size();
      auto value = element.letter == 'S' ? take_number(text, count, count) : take_number(text, 1, 9);
      if (!value) return false;
      for (std::size_t digits = before - text.size(); digits < 9; ++digits) *value *= 10;
      fields.nano = *value;
      return true;
    }
    case 'n': return number(fields.nano, 9);
    case 'A':
      if (!number(fields.nanos_of_day, 8)) return false;
      *fields.nanos_of_day *= 1000000;
      return true;
    case 'N': return number(fields.nanos_of_day, 14);
    case 'X':
      if (!text.empty() && (text[0] == 'Z' || text[0] == 'z')) {
        text.remove_prefix(1);
        fields.offset = 0;
        return true;
      }
      fields.offset = take_distance(text);
      return fields.offset.has_value();
    case 'x': fields.offset = take_distance(text); return fields.offset.has_value();
    case 'O':
    case 'Z':
    case 'V':
    case 'z':
    case kAnyZone: {
      if (auto distance = take_distance(text)) {
        fields.offset = distance;
        return true;
      }
      std::size_t size = 0;
      while (size < text.size() && (std::isalnum(static_cast<unsigned char>(text[size])) != 0 ||
                                    std::string_view("/_-+:").find(text[size]) != std::string_view::npos)) {
        ++size;
      }
      if (size == 0 || ZoneRules::find(text.substr(0, size)) == nullptr) return false;
      fields.zone = text.substr(0, size);
      text.remove_prefix(size);
      return true;
    }
    default: return false;
  }
}

std::optional<DatePattern::Parsed> DatePattern::parse(std::string_view text) const {
  Fields f;
  if (!match(elements_, text, f) || !text.empty()) return std::nullopt;
  Parsed out;
  out.offset_seconds = f.offset;
  out.zone = f.zone;
  if (f.year && f.day_of_year) {
    out.epoch_days = cql::days_from_civil(*f.year, 1, 1) + *f.day_of_year - 1;
  } else if (f.year && f.month && f.day) {
    if (*f.month < 1 || *f.month > 12 || *f.day < 1) return std::nullopt;
    const auto days = cql::days_from_civil(*f.year, static_cast<unsigned>(*f.month), static_cast<unsigned>(*f.day));
    if (cql::civil_from_days(days).month != static_cast<unsigned>(*f.month)) return std::nullopt;
    out.epoch_days = days;
  }
  if (out.epoch_days && f.weekday && ((*out.epoch_days + 4) % 7 + 7) % 7 != *f.weekday) return std::nullopt;
  if (f.half_day_hour && f.afternoon) f.hour = *f.half_day_hour + (*f.afternoon ? 12 : 0);
  if (f.nanos_of_day) {
    out.nanos_of_day = f.nanos_of_day;
  } else if (f.hour) {
    const auto minute = f.minute.value_or(0);
    const auto second = f.second.value_or(0);
    if (*f.hour > 23 || minute > 59 || second > 59) return std::nullopt;
    out.nanos_of_day = ((*f.hour * 60 + minute) * 60 + second) * 1000000000 + f.nano.value_or(0);
  }
  if (out.nanos_of_day && *out.nanos_of_day >= kNanosPerDay) return std::nullopt;
  return out;
}

}  // namespace millrace::cassandra
