#pragma once

#include <optional>
#include <string>

#include "millrace/transform.h"
#include "transforms/common/date_format.h"

namespace millrace::transforms {

struct TimestampRouterConfig {
  std::string topic_format;
  std::string timestamp_format;
  static const ConfigTable<TimestampRouterConfig>& table();
};

class TimestampRouter : public Transformation {
 public:
  static const ConfigDef& definitions() { return TimestampRouterConfig::table().definitions(); }
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& config) override;
  bool apply(ConnectRecord& record) override;
  bool apply_to_source(SourceRecord& record) override;
  bool apply_to_sink(SinkRecord& record) override;

 private:
  void route(ConnectRecord& record);
  std::optional<DateFormat> format_;  ///< made with the first record
  TimestampRouterConfig config_;
};

}  // namespace millrace::transforms
