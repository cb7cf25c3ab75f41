#include "runtime/distributed/config_changes.h"

namespace millrace::runtime {

void ConfigChangeCollector::set_on_change(std::function<void()> on_change) {
  const std::scoped_lock lock(mutex_);
  on_change_ = std::move(on_change);
}

void ConfigChangeCollector::set_known_connectors(std::set<std::string> known) {
  const std::scoped_lock lock(mutex_);
  known_ = std::move(known);
}

ConfigChanges ConfigChangeCollector::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(changes_, {});
}

void ConfigChangeCollector::forget_rebalance() {
  const std::scoped_lock lock(mutex_);
  changes_.needs_rebalance = false;
}

template <class F>
void ConfigChangeCollector::note(F&& change) {
  std::function<void()> on_change;
  {
    const std::scoped_lock lock(mutex_);
    change();
    on_change = on_change_;
  }
  if (on_change) on_change();
}

void ConfigChangeCollector::on_connector_config_removed(const std::string& connector) {
  note([&] {
    changes_.needs_rebalance = true;
    changes_.updated_connectors.erase(connector);
    known_.erase(connector);
  });
}

void ConfigChangeCollector::on_connector_config_updated(const std::string& connector) {
  note([&] {
    if (known_.contains(connector)) {
      changes_.updated_connectors.insert(connector);
    } else {
      changes_.needs_rebalance = true;
    }
  });
}

void ConfigChangeCollector::on_task_configs_updated(const std::vector<storage::ConnectorTaskId>& tasks) {
  note([&] {
    changes_.needs_rebalance = true;
    for (const storage::ConnectorTaskId& task : tasks) changes_.updated_tasks.insert(task.connector);
  });
}

void ConfigChangeCollector::on_target_state_changed(const std::string& connector) {
  note([&] { changes_.target_states.insert(connector); });
}

void ConfigChangeCollector::on_session_key(const storage::SessionKey&) {
  note([] {});  // it is in the snapshot
}

void ConfigChangeCollector::on_restart_request(const storage::RestartRecord& request) {
  note([&] { changes_.restarts.push_back(request); });
}

void ConfigChangeCollector::on_logger_level(const std::string& logger, const std::string& level) {
  note([&] { changes_.logger_levels.emplace_back(logger, level); });
}

}  // namespace millrace::runtime
