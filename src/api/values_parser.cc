#include "api/values_parser.h"

#include <cmath>
#include <string>

#include "api/calendar.h"
#include "api/unicode.h"
#include "millrace/errors.h"
#include "millrace/text.h"
#include "millrace/values.h"

namespace millrace::values {

// ---------------------------------------------------------------------------------------------------------------------
// Tokens

namespace {

bool is_delimiter(char c) { return std::string_view(":,{}[]\"").find(c) != std::string_view::npos; }
bool is_blank(std::string_view text) { return api::java_trim(text).empty(); }

}  // namespace

std::string_view Tokens::consume() {
  const std::size_t start = at_;
  bool escaped = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\\') {
      escaped = !escaped;
    } else if (is_delimiter(c) && !escaped) {
      if (start == at_) ++at_;
      break;
    } else {
      escaped = false;
    }
  }
  return text_.substr(start, at_ - start);
}

std::string_view Tokens::next() {
  if (!next_) return consume();
  const std::string_view token = *next_;
  next_.reset();
  return token;
}

std::optional<std::string_view> Tokens::next(int count) {
  const std::size_t start = mark();
  for (int i = 0; i < count; ++i) {
    if (!has_next()) {
      rewind(start);
      return std::nullopt;
    }
    next();
  }
  return text_.substr(start, at_ - start);
}

bool Tokens::can_consume(std::string_view expected) {
  if (!next_) {
    if (!has_next()) return false;
    next_ = consume();
  }
  while (is_blank(*next_) && at_ < text_.size()) next_ = consume();
  if (api::java_trim(*next_) != expected) return false;
  next_.reset();
  return true;
}

void Tokens::rewind(std::size_t mark) noexcept {
  at_ = mark;
  next_.reset();
}

// ---------------------------------------------------------------------------------------------------------------------
// Scalars

namespace {

/// UTF-16 units.
std::size_t java_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u & 0xC0) != 0x80) length += u >= 0xF0 ? 2 : 1;
  }
  return length;
}

/// SimpleDateFormat's reading of a pattern of numbers: `formats` holds what follows each number.
bool read_fields(std::string_view text, const char* const* separators, std::size_t count, std::int64_t* fields) {
  const char* p = text.data();
  const char* const end = p + text.size();
  for (std::size_t i = 0; i < count; ++i) {
    while (p != end && (*p == ' ' || *p == '\t')) ++p;
    std::int64_t value = 0;
    int digits = 0;
    while (const auto digit = next_decimal_digit(p, end)) {
      if (++digits <= 12) value = value * 10 + *digit;
    }
    if (digits == 0) return false;
    fields[i] = value;
    const std::string_view separator = separators[i];
    if (!std::string_view(p, static_cast<std::size_t>(end - p)).starts_with(separator)) return false;
    p += separator.size();
  }
  return true;
}

std::string without_escaped_colons(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ':') continue;
    out += text[i];
  }
  return out;
}

const SchemaPtr& date_schema() {
  static const SchemaPtr kSchema = SchemaBuilder::date().build();
  return kSchema;
}

const SchemaPtr& time_schema() {
  static const SchemaPtr kSchema = SchemaBuilder::time().build();
  return kSchema;
}

const SchemaPtr& timestamp_schema() {
  static const SchemaPtr kSchema = SchemaBuilder::timestamp().build();
  return kSchema;
}

}  // namespace

std::optional<SchemaAndValue> parse_temporal(std::string_view given) {
  constexpr std::size_t kDateLength = 10;
  constexpr std::size_t kTimeLength = 13;
  constexpr std::size_t kTimestampLength = 24;
  const std::string text = without_escaped_colons(given);
  const std::size_t length = java_length(text);
  std::int64_t f[7] = {};
  if (length == kDateLength) {
    static constexpr const char* kSeparators[] = {"-", "-", ""};
    if (!read_fields(text, kSeparators, 3, f)) return std::nullopt;
    return SchemaAndValue{date_schema(), Date{api::millis_from_civil(f[0], f[1], f[2], 0, 0, 0, 0)}};
  }
  if (length == kTimeLength) {
    static constexpr const char* kSeparators[] = {":", ":", ".", "Z"};
    if (!read_fields(text, kSeparators, 4, f)) return std::nullopt;
    return SchemaAndValue{time_schema(), Date{api::millis_from_civil(1970, 1, 1, f[0], f[1], f[2], f[3])}};
  }
  if (length == kTimestampLength) {
    static constexpr const char* kSeparators[] = {"-", "-", "T", ":", ":", ".", "Z"};
    if (!read_fields(text, kSeparators, 7, f)) return std::nullopt;
    return SchemaAndValue{timestamp_schema(), Date{api::millis_from_civil(f[0], f[1], f[2], f[3], f[4], f[5], f[6])}};
  }
  return std::nullopt;
}

std::optional<SchemaAndValue> parse_number(std::string_view text) {
  auto decimal = Decimal::parse(text);
  if (!decimal) return std::nullopt;
  if (const auto whole = decimal->to_int64_exact()) {
    if (static_cast<std::int8_t>(*whole) == *whole)
      return SchemaAndValue{Schema::int8(), static_cast<std::int8_t>(*whole)};
    if (static_cast<std::int16_t>(*whole) == *whole)
      return SchemaAndValue{Schema::int16(), static_cast<std::int16_t>(*whole)};
    if (static_cast<std::int32_t>(*whole) == *whole)
      return SchemaAndValue{Schema::int32(), static_cast<std::int32_t>(*whole)};
    return SchemaAndValue{Schema::int64(), *whole};
  }
  const double wide = decimal->to_double();
  if (decimal->scale() != 0) {
    const auto narrow = decimal->to_float();
    if (!std::isinf(narrow)) return SchemaAndValue{Schema::float32(), narrow};
    if (!std::isinf(wide)) return SchemaAndValue{Schema::float64(), wide};
  }
  const std::int32_t scale = decimal->scale();
  return SchemaAndValue{SchemaBuilder::decimal(scale).build(), *std::move(decimal)};
}

// ---------------------------------------------------------------------------------------------------------------------
// Values

namespace {

/// The schema that fits all values seen so far.
class SchemaMerger {
 public:
  void merge(const SchemaPtr& latest) {
    if (latest == nullptr || !compatible_) return;
    common_ = common_ == nullptr ? latest : merged(common_, latest);
    compatible_ = common_ != nullptr;
  }
  const SchemaPtr& common() const noexcept { return common_; }

 private:
  static SchemaPtr merged(const SchemaPtr& previous, const SchemaPtr& latest) {
    if (previous->type() == latest->type()) return previous->is_optional() ? previous : latest;
    const bool numbers = previous->type() <= Type::kFloat64 && latest->type() <= Type::kFloat64;
    if (!numbers) return nullptr;
    return previous->type() < latest->type() ? latest : previous;
  }

  SchemaPtr common_;
  bool compatible_ = true;
};

enum class Place : std::uint8_t { kWhole, kEmbedded };

/// Nested collections deeper than this are text: the parser calls itself.
constexpr int kMaxDepth = 500;

class ValueParser {
 public:
  explicit ValueParser(std::string_view text) : tokens_(text) {}

  SchemaAndValue parse(Place place) {
    if (!tokens_.has_next()) return {};
    const bool embedded = place == Place::kEmbedded;
    if (embedded && tokens_.can_consume("\"")) return parse_quoted();
    if (is_literal("null", embedded)) return {};
    if (is_literal("true", embedded)) return {Schema::boolean(), true};
    if (is_literal("false", embedded)) return {Schema::boolean(), false};
    const std::size_t start = tokens_.mark();
    ++depth_;
    try {
      if (depth_ <= kMaxDepth) {
        if (tokens_.can_consume("[")) return left(parse_array());
        if (tokens_.can_consume("{")) return left(parse_map());
      }
      --depth_;
    } catch (const DataError&) {
      --depth_;
      tokens_.rewind(start);
    }
    const std::string_view token = tokens_.next();
    if (is_blank(token)) return {Schema::string(), Value(token)};
    return parse_token(embedded, api::java_trim(token));
  }

 private:
  SchemaAndValue left(SchemaAndValue value) {
    --depth_;
    return value;
  }

  bool is_literal(std::string_view word, bool embedded) {
    const std::size_t start = tokens_.mark();
    if (tokens_.can_consume(word) && (embedded || !tokens_.has_next())) return true;
    tokens_.rewind(start);
    return false;
  }

  SchemaAndValue parse_quoted() {
    std::string content;
    while (tokens_.has_next() && !tokens_.can_consume("\"")) content += tokens_.next();
    if (auto temporal = parse_temporal(content)) return *std::move(temporal);
    return {Schema::string(), std::move(content)};
  }

  SchemaAndValue parse_token(bool embedded, std::string_view token) {
    const char* first = token.data();
    const bool digit = next_decimal_digit(first, token.data() + token.size()).has_value();
    if (digit) {
      // A time is five tokens, because of its colons.
      const std::size_t start = tokens_.mark();
      if (const auto rest = tokens_.next(4)) {
        if (auto temporal = parse_temporal(std::string(token) + std::string(*rest))) return *std::move(temporal);
      }
      tokens_.rewind(start);
      if (auto temporal = parse_temporal(token)) return *std::move(temporal);
    }
    if (digit || token.front() == '+' || token.front() == '-') {
      if (auto number = parse_number(token)) return *std::move(number);
    }
    if (embedded) throw DataError("Failed to parse embedded value");
    return {Schema::string(), Value(tokens_.original())};
  }

  SchemaAndValue parse_array() {
    Array items;
    SchemaMerger merger;
    while (tokens_.has_next()) {
      if (tokens_.can_consume("]")) {
        if (merger.common() == nullptr) return {SchemaBuilder(Type::kArray).build(), std::move(items)};
        for (Value& item : items) item = convert_to(*merger.common(), nullptr, item);
        return {SchemaBuilder::array(merger.common()).build(), std::move(items)};
      }
      if (tokens_.can_consume(",")) fail("Unable to parse an empty array element: ");
      SchemaAndValue item = parse(Place::kEmbedded);
      merger.merge(item.schema);
      items.push_back(std::move(item.value));
      const std::size_t here = tokens_.mark();
      if (tokens_.can_consume("]")) {
        tokens_.rewind(here);
      } else if (!tokens_.can_consume(",")) {
        throw DataError("Array elements missing ',' delimiter");
      }
    }
    fail("Array is missing terminating ']': ");
  }

  SchemaAndValue parse_map() {
    Map entries;
    SchemaMerger keys;
    SchemaMerger values;
    while (tokens_.has_next()) {
      if (tokens_.can_consume("}")) return finished_map(std::move(entries), keys.common(), values.common());
      if (tokens_.can_consume(",")) fail("Unable to parse a map entry with no key or value: ");
      SchemaAndValue key = parse(Place::kEmbedded);
      if (key.value.is_null()) fail("Map entry may not have a null key: ");
      if (!tokens_.can_consume(":")) fail("Map entry is missing ':' after its key: ");
      SchemaAndValue value = parse(Place::kEmbedded);
      tokens_.can_consume(",");
      keys.merge(key.schema);
      values.merge(value.schema);
      entries.put(std::move(key.value), std::move(value.value));
    }
    fail("Map is missing terminating '}': ");
  }

  static SchemaAndValue finished_map(Map entries, const SchemaPtr& keys, const SchemaPtr& values) {
    if (keys == nullptr) return {SchemaBuilder(Type::kMap).build(), std::move(entries)};
    Map aligned;
    for (const auto& [key, value] : entries) {
      aligned.put(convert_to(*keys, nullptr, key), values == nullptr ? value : convert_to(*values, nullptr, value));
    }
    const SchemaPtr schema =
        (values == nullptr ? SchemaBuilder::map_with_null_values(keys) : SchemaBuilder::map(keys, values)).build();
    return {schema, std::move(aligned)};
  }

  [[noreturn]] void fail(const char* what) const { throw DataError(what + std::string(tokens_.original())); }

  Tokens tokens_;
  int depth_ = 0;
};

}  // namespace

SchemaAndValue parse_string(std::string_view text) {
  if (text.empty()) return {Schema::string(), std::string()};
  return ValueParser(text).parse(Place::kWhole);
}

}  // namespace millrace::values
