#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "transforms/common/date_format.h"
#include "transforms/common/part.h"
#include "transforms/common/schema_util.h"

namespace millrace::transforms {

/// What a point in time is written as.
enum class TimeForm : std::uint8_t { kString, kUnix, kDate, kTime, kTimestamp };

struct TimestampConverterConfig {
  enum class Precision : std::uint8_t { kNanoseconds, kMicroseconds, kMilliseconds, kSeconds };
  std::string field;  ///< empty: the whole key or value
  TimeForm target = TimeForm::kString;
  std::optional<DateFormat> format;
  Precision precision = Precision::kMilliseconds;
  bool replace_null_with_default = true;
  static const ConfigTable<TimestampConverterConfig>& table();
};

class TimestampConverter : public PartTransformation {
 public:
  using PartTransformation::PartTransformation;
  static const ConfigDef& definitions() { return TimestampConverterConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override { config_ = TimestampConverterConfig::table().parse(config); }
  bool apply(ConnectRecord& record) override;

 private:
  struct Plan {
    SchemaPtr schema;
    std::optional<std::size_t> index;  ///< of the field; nullopt: the schema has none of that name
    std::optional<TimeForm> source;    ///< nullopt: the field's schema is no form of time
  };
  Plan plan_for(const SchemaPtr& schema) const;
  void apply_schemaless(Value& value) const;
  Value convert(const Value& value, TimeForm source) const;
  Value convert_schemaless(const Value& value) const;
  std::int64_t to_millis(const Value& value, TimeForm source) const;
  Value from_millis(std::int64_t epoch_ms) const;

  TimestampConverterConfig config_;
  SchemaCache<Plan> plans_;
};

}  // namespace millrace::transforms
