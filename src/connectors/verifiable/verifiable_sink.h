#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "connectors/verifiable/task_props.h"
#include "millrace/connector.h"

namespace millrace::verifiable {

/// Prints every record it gets, and again when its offset is flushed.
///
/// Behaviour: org.apache.kafka.connect.tools.VerifiableSinkConnector.
class VerifiableSinkConnector : public SinkConnector {
 public:
  void start(const Props& config) override { props_ = config; }
  std::vector<Props> task_configs(std::int32_t max_tasks) override { return numbered_copies(props_, max_tasks); }
  const ConfigDef& config() const override { return no_options(); }

 private:
  Props props_;
};

class VerifiableSinkTask : public SinkTask {
 public:
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  bool reads_headers() const override { return false; }
  void flush(const SinkOffsets& offsets) override;
  void stop() override {}

 private:
  struct Seen {
    Value key;
    std::string topic;
    std::int64_t offset = 0;
    Value value;
  };
  void print(const Seen& seen, bool flushed) const;

  std::string name_;
  std::int32_t id_ = 0;
  std::map<TopicPartition, std::vector<Seen>> unflushed_;
};

}  // namespace millrace::verifiable
