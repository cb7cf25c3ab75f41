#include "transforms/timestamp_router/timestamp_router.h"

#include <cstddef>
#include <string_view>

#include "millrace/errors.h"

namespace millrace::transforms {
namespace {

/// String.replace: every occurrence, literally.
void replace_all(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

template <class Record>
void require_timestamp(const Record& record) {
  if (!record.timestamp) throw DataError("Timestamp missing on record: " + record.to_string());
}

}  // namespace

const ConfigTable<TimestampRouterConfig>& TimestampRouterConfig::table() {
  using C = TimestampRouterConfig;
  static const ConfigTable<C> kTable{
      option("topic.format", &C::topic_format)
          .default_to("${topic}-${timestamp}")
          .importance(Importance::kHigh)
          .doc("The new topic name; ${topic} and ${timestamp} stand for the old one and the record's timestamp."),
      option("timestamp.format", &C::timestamp_format)
          .default_to("yyyyMMdd")
          .importance(Importance::kHigh)
          .doc("Pattern of java.text.SimpleDateFormat for the timestamp, in UTC."),
  };
  return kTable;
}

void TimestampRouter::configure(const Props& config) {
  config_ = TimestampRouterConfig::table().parse(config);
  format_.reset();
}

void TimestampRouter::route(ConnectRecord& record) {
  // As in Kafka Connect, a wrong pattern fails each record rather than the configuration.
  if (!format_) format_.emplace(config_.timestamp_format);
  std::string topic = config_.topic_format;
  replace_all(topic, "${topic}", record.topic);
  replace_all(topic, "${timestamp}", format_->format(*record.timestamp));
  record.topic = std::move(topic);
}

bool TimestampRouter::apply(ConnectRecord& record) {
  if (!record.timestamp) throw DataError("Timestamp missing on record: of topic " + record.topic);
  route(record);
  return true;
}

bool TimestampRouter::apply_to_source(SourceRecord& record) {
  require_timestamp(record);
  route(record);
  return true;
}

bool TimestampRouter::apply_to_sink(SinkRecord& record) {
  require_timestamp(record);
  route(record);
  return true;
}

}  // namespace millrace::transforms
