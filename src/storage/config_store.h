#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/config_state.h"

namespace millrace::storage {

/// The cluster's configuration: read by every worker, written mostly by the leader.
///
/// Threads: `snapshot` from any; the rest from one thread at a time, and they block up to 30 s. The listener is called
/// on the store's own thread, never before `start` has returned. Errors: texts are those that REST answers.
class ConfigStore {
 public:
  virtual ~ConfigStore() = default;
  virtual Result<void> start() = 0;
  virtual void stop() = 0;

  virtual ConfigSnapshot snapshot() const = 0;

  /// Everything written before this call is in the next snapshot when it returns.
  virtual Result<void> refresh(std::chrono::milliseconds timeout) = 0;

  /// Makes this worker the only one whose leader's writes are accepted. Nothing to do unless writes are transactional.
  virtual Result<void> claim_write_privileges() = 0;

  virtual Result<void> put_connector_config(const std::string& connector, const RawConfig& config,
                                            std::optional<TargetState> initial_state) = 0;
  virtual Result<void> remove_connector_config(const std::string& connector) = 0;
  virtual Result<void> put_task_configs(const std::string& connector, const std::vector<RawConfig>& configs) = 0;
  virtual Result<void> put_target_state(const std::string& connector, TargetState state) = 0;
  virtual Result<void> put_task_count_record(const std::string& connector, std::int32_t task_count) = 0;
  virtual Result<void> put_session_key(const SessionKey& key) = 0;
  virtual Result<void> put_restart_request(const RestartRecord& request) = 0;
  virtual Result<void> put_logger_level(const std::string& logger, const std::string& level) = 0;
};

}  // namespace millrace::storage
