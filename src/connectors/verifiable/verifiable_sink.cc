#include "connectors/verifiable/verifiable_sink.h"

#include "connectors/verifiable/json_line.h"

namespace millrace::verifiable {
namespace {

void add(JsonLine& line, std::string_view name, const Value& value) {
  if (value.is_integer()) {
    line.add(name, value.integer());
  } else {
    line.add(name, value.to_string());
  }
}

}  // namespace

void VerifiableSinkTask::start(const Props& config) {
  name_ = text_of(config, "name");
  id_ = static_cast<std::int32_t>(whole_number(config, "id", "VerifiableSinkTask"));
}

void VerifiableSinkTask::put(const std::vector<SinkRecord>& records) {
  for (const SinkRecord& record : records) {
    Seen seen{record.key, record.topic, record.kafka_offset, record.value};
    print(seen, /*flushed=*/false);
    unflushed_[{record.topic, record.kafka_partition.value_or(0)}].push_back(std::move(seen));
  }
}

void VerifiableSinkTask::flush(const SinkOffsets& offsets) {
  for (const auto& [partition, offset] : offsets) {
    const auto found = unflushed_.find(partition);
    if (found == unflushed_.end()) continue;
    for (const Seen& seen : found->second) print(seen, /*flushed=*/true);
    unflushed_.erase(found);
  }
}

void VerifiableSinkTask::print(const Seen& seen, bool flushed) const {
  JsonLine line;
  line.add("name", name_);
  add(line, "task", seen.key);
  line.add("sinkTask", id_).add("topic", seen.topic).add("time_ms", wall_clock_ms());
  add(line, "seqno", seen.value);
  line.add("offset", seen.offset);
  if (flushed) line.add_true("flushed");
  line.print();
}

}  // namespace millrace::verifiable
