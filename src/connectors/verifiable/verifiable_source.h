#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/verifiable/task_props.h"
#include "connectors/verifiable/throttle.h"
#include "millrace/connector.h"

namespace millrace::verifiable {

/// Runs `tasks.max` tasks that each emit 0, 1, 2, ... and print what they emit: what Kafka's system tests check
/// delivery with.
///
/// Behaviour: org.apache.kafka.connect.tools.VerifiableSourceConnector.
class VerifiableSourceConnector : public SourceConnector {
 public:
  void start(const Props& config) override { props_ = config; }
  std::vector<Props> task_configs(std::int32_t max_tasks) override { return numbered_copies(props_, max_tasks); }
  const ConfigDef& config() const override { return no_options(); }

 private:
  Props props_;
};

class VerifiableSourceTask : public SourceTask {
 public:
  void start(const Props& config) override;
  std::vector<SourceRecord> poll() override;
  void stop() override {}
  bool wants_commit_record() const override { return true; }
  void commit_record(const SourceRecord& record, const RecordMetadata* metadata) override;

 private:
  std::string name_;
  std::string topic_;
  std::int32_t id_ = 0;
  bool complete_record_ = false;
  std::int64_t first_seqno_ = 0;
  std::int64_t seqno_ = 0;
  OffsetMap partition_;
  std::optional<Throttle> throttle_;
};

/// Emits structs of a fixed schema, or of two versions of it in turn.
///
/// Behaviour: org.apache.kafka.connect.tools.SchemaSourceConnector.
class SchemaSourceConnector : public SourceConnector {
 public:
  void start(const Props& config) override { props_ = config; }
  std::vector<Props> task_configs(std::int32_t max_tasks) override { return numbered_copies(props_, max_tasks); }
  const ConfigDef& config() const override { return no_options(); }

 private:
  Props props_;
};

class SchemaSourceTask : public SourceTask {
 public:
  void start(const Props& config) override;
  std::vector<SourceRecord> poll() override;
  void stop() override {}

 private:
  std::string topic_;
  std::int32_t id_ = 0;
  std::int64_t max_records_ = 0;
  bool two_schemas_ = false;
  std::int32_t partition_count_ = 1;
  std::int64_t first_seqno_ = 0;
  std::int64_t seqno_ = 0;
  std::int64_t emitted_ = 0;
  OffsetMap partition_;
  std::optional<Throttle> throttle_;
};

}  // namespace millrace::verifiable
