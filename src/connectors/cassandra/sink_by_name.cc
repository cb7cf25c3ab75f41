#include "connectors/cassandra/sink_by_name.h"

#include "connectors/cassandra/bound/bound_sink_connector.h"
#include "connectors/cassandra/sink/sink_connector.h"

namespace millrace::cassandra {

namespace {

bool means_bound_columns(const Props& props) {
  const auto name = props.find("connector.class");
  const bool is_short = name != props.end() && name->second.find('.') == std::string::npos;
  return is_short && !props.contains("connect.cassandra.key.space") && !props.contains("cassandra.key.space");
}

std::unique_ptr<SinkConnector> connector_for(const Props& props) {
  if (means_bound_columns(props)) return std::make_unique<BoundSinkConnector>();
  return std::make_unique<CassandraSinkConnector>();
}

}  // namespace

void SinkByNameConnector::start(const Props& config) {
  chosen_ = connector_for(config);
  chosen_->start(config);
}

std::vector<Props> SinkByNameConnector::task_configs(std::int32_t max_tasks) {
  return chosen_ ? chosen_->task_configs(max_tasks) : std::vector<Props>{};
}

const ConfigDef& SinkByNameConnector::config() const { return chosen_ ? chosen_->config() : sink_config_def(); }

std::vector<ConfigValue> SinkByNameConnector::validate(const Props& props) const {
  chosen_ = connector_for(props);
  return chosen_->validate(props);
}

void SinkByNameTask::start(const Props& config) {
  if (means_bound_columns(config))
    chosen_ = std::make_unique<BoundSinkTask>();
  else
    chosen_ = std::make_unique<CassandraSinkTask>();
  chosen_->initialize(context());
  chosen_->start(config);
}

void SinkByNameTask::put(const std::vector<SinkRecord>& records) {
  if (chosen_) chosen_->put(records);
}

void SinkByNameTask::stop() {
  if (chosen_) chosen_->stop();
}

}  // namespace millrace::cassandra
