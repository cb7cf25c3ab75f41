#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/config_state.h"

namespace millrace::runtime {

/// What happened in the config topic since the herder last looked.
struct ConfigChanges {
  bool needs_rebalance = false;              ///< connectors came or went, or task configs changed
  std::set<std::string> updated_connectors;  ///< known ones with a new config
  std::set<std::string> updated_tasks;       ///< connectors with new task configs
  std::set<std::string> target_states;       ///< connectors with a new target state
  std::vector<storage::RestartRecord> restarts;
  std::vector<std::pair<std::string, std::string>> logger_levels;
  bool empty() const {
    return !needs_rebalance && updated_connectors.empty() && updated_tasks.empty() && target_states.empty() &&
           restarts.empty() && logger_levels.empty();
  }
};

/// Takes the config store's callbacks on the store's thread and keeps them for the herder's.
class ConfigChangeCollector : public storage::ConfigUpdateListener {
 public:
  /// Called after each change, on the store's thread; must only wake the herder.
  void set_on_change(std::function<void()> on_change);
  /// Connectors that the herder works with already: a change of theirs needs no rebalance.
  void set_known_connectors(std::set<std::string> known);
  ConfigChanges take();
  /// A join is about to begin: what was seen so far is part of it.
  void forget_rebalance();

  void on_connector_config_removed(const std::string& connector) override;
  void on_connector_config_updated(const std::string& connector) override;
  void on_task_configs_updated(const std::vector<storage::ConnectorTaskId>& tasks) override;
  void on_target_state_changed(const std::string& connector) override;
  void on_session_key(const storage::SessionKey& key) override;
  void on_restart_request(const storage::RestartRecord& request) override;
  void on_logger_level(const std::string& logger, const std::string& level) override;

 private:
  template <class F>
  void note(F&& change);

  std::mutex mutex_;
  ConfigChanges changes_;            // guarded by mutex_
  std::set<std::string> known_;      // guarded by mutex_
  std::function<void()> on_change_;  // guarded by mutex_
};

}  // namespace millrace::runtime
