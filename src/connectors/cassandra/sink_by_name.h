#pragma once

#include <memory>
#include <vector>

#include "millrace/connector.h"

namespace millrace::cassandra {

/// The JSON sink under its full name. Under the short names, which it shares with the sink with bound columns, it is the one
/// that the other options are written for: only the JSON sink has a `connect.cassandra.key.space`.
class SinkByNameConnector : public SinkConnector {
 public:
  void start(const Props& config) override;
  std::vector<Props> task_configs(std::int32_t max_tasks) override;
  /// Of the sink that `start` or `validate` was about; before that the JSON sink's.
  const ConfigDef& config() const override;
  std::vector<ConfigValue> validate(const Props& props) const override;

 private:
  mutable std::unique_ptr<SinkConnector> chosen_;
};

class SinkByNameTask : public SinkTask {
 public:
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  bool reads_headers() const override { return !chosen_ || chosen_->reads_headers(); }
  std::size_t preferred_put_records() const override { return chosen_ ? chosen_->preferred_put_records() : 0; }
  void stop() override;

 private:
  std::unique_ptr<SinkTask> chosen_;
};

}  // namespace millrace::cassandra
