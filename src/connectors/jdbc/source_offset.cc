#include "connectors/jdbc/source_offset.h"

#include "millrace/value.h"

namespace millrace::jdbc {
namespace {

constexpr const char* kNanos = "timestamp_nanos";
constexpr const char* kIncrementing = "incrementing";
constexpr const char* kTimestamp = "timestamp";

std::optional<std::int64_t> integer(const Map& map, const char* key) {
  const Value* value = map.find(std::string_view(key));
  if (value == nullptr || !value->is_integer()) return std::nullopt;
  return value->integer();
}

}  // namespace

OffsetMap SourceOffset::to_map() const {
  Map map;
  if (timestamp) map.append(kNanos, std::int64_t{timestamp->nanos});
  if (incrementing) map.append(kIncrementing, *incrementing);
  if (timestamp) map.append(kTimestamp, timestamp->millis());
  return std::make_shared<const Map>(std::move(map));
}

SourceOffset SourceOffset::from_map(const Map& map) {
  SourceOffset offset;
  offset.incrementing = integer(map, kIncrementing);
  if (const auto millis = integer(map, kTimestamp)) {
    offset.timestamp = Instant::of_millis(*millis);
    if (const auto nanos = integer(map, kNanos); nanos && *nanos >= 0 && *nanos < 1'000'000'000) {
      offset.timestamp->nanos = static_cast<std::int32_t>(*nanos);
    }
  }
  return offset;
}

Map partition_v1(const std::string& full_name) { return Map{{"protocol", "1"}, {"table", full_name}}; }
Map partition_v0(const std::string& table) { return Map{{"table", table}}; }
Map partition_of_query() { return Map{{"query", "query"}}; }

}  // namespace millrace::jdbc
