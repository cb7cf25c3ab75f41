#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mailbox.h"
#include "base/thread.h"
#include "millrace/connector.h"
#include "millrace/plugin.h"
#include "runtime/config/config_providers.h"
#include "runtime/config/connector_config.h"
#include "runtime/connector_offset_stores.h"
#include "runtime/task_listener.h"
#include "storage/connector_offsets.h"

namespace millrace::runtime {

using Done = std::function<void(Result<void>)>;
using TaskConfigsDone = std::function<void(Result<std::vector<RawConfig>>)>;

/// What a connector asks of the herder. Runs on: any thread; must not block.
class ConnectorRequests {
 public:
  virtual ~ConnectorRequests() = default;
  virtual void request_task_reconfiguration(const std::string& connector) = 0;
};

/// One Connector instance on a thread of its own; what others want of it is queued. Behaviour: Java's
/// WorkerConnector.
///
/// The thread keeps this object alive, so one whose connector never returns can be given up (`abandon`): its results no
/// longer count.
class WorkerConnector : public std::enable_shared_from_this<WorkerConnector>, private ConnectorContext {
 public:
  struct Deps {
    std::string name;
    RawConfig config;  ///< as written; variables are resolved at every start
    const PluginRegistry* plugins = nullptr;
    const WorkerConfig* worker = nullptr;
    const ConfigProviders* providers = nullptr;
    ConnectorOffsetStores* offsets = nullptr;
    StatusListener* listener = nullptr;
    ConnectorRequests* requests = nullptr;
  };
  explicit WorkerConnector(Deps deps);

  /// Makes the thread. `done` is told of the first transition.
  void start(TargetState target, Done done);
  /// A newer request pre-empts one that waits.
  void change_state(TargetState target, Done done);
  /// Asks for task configs, ready to be stored. The connector must be started.
  void task_configs(TaskConfigsDone done);
  /// Stops the connector and ends the thread; not waited for.
  void shut_down();
  /// Waits for the thread's end. False on timeout.
  bool await_end(base::SteadyTime deadline);
  void abandon();

  /// The resolved configuration that it was last started with.
  std::optional<ConnectorConfig> config() const;

 private:
  enum class Phase : std::uint8_t { kInit, kStarted, kPaused, kStopped, kFailed };
  struct Transition {
    TargetState target;
    Done done;
  };

  // ConnectorContext
  void request_task_reconfiguration() override;
  void raise_error(const std::exception& error) override;
  OffsetStorageReader* offset_storage_reader() override { return reader_.get(); }

  void run();
  void take_transition();
  Result<void> initialize();
  Result<void> go_to(TargetState target);
  Result<void> start_connector();
  Result<std::vector<RawConfig>> make_task_configs();
  void fail(const Error& error);
  void report(State state, const std::string& trace = {});

  const Deps deps_;
  base::Mailbox<std::function<void()>> commands_;
  std::mutex transition_mutex_;
  std::optional<Transition> transition_;  // guarded by transition_mutex_
  mutable std::mutex config_mutex_;
  std::optional<ConnectorConfig> config_;  // guarded by config_mutex_
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> shutting_down_{false};

  // Of the connector's thread.
  Phase phase_ = Phase::kInit;
  const PluginEntry* plugin_ = nullptr;
  std::string version_;
  std::shared_ptr<storage::OffsetStore> offset_store_;
  std::unique_ptr<storage::ConnectorOffsets> reader_;
  std::unique_ptr<Connector> connector_;

  std::mutex end_mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;  // guarded by end_mutex_
  base::Thread thread_;     // last: runs code
};

}  // namespace millrace::runtime
