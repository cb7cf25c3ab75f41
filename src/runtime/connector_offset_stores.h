#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "kafka/clients.h"
#include "runtime/config/client_configs.h"
#include "runtime/config/worker_config.h"
#include "storage/offset_store.h"

namespace millrace::runtime {

/// Where one source connector's offsets are.
struct ConnectorOffsetStore {
  std::shared_ptr<storage::OffsetStore> store;  ///< to read, and to write outside of transactions; not null
  std::string topic;                            ///< where transactions write them; empty in standalone mode
  /// Beside `topic`: gets tombstones before a transaction's offsets and the others afterwards. Null: there is none.
  storage::OffsetStore* beside = nullptr;
};

/// Offset stores by connector: the worker's, or one on the connector's own `offsets.storage.topic` with the worker's behind
/// it. Connector instance, tasks and requests share one; it closes with its last user.
///
/// A connector that uses transactions on another Kafka cluster (`producer.override.bootstrap.servers`) has its offsets there,
/// too. Threads: any.
class ConnectorOffsetStores {
 public:
  struct Deps {
    const WorkerConfig* worker = nullptr;
    kafka::Clients* clients = nullptr;
    const ClientConfigs* client_configs = nullptr;
    storage::OffsetStore* offsets = nullptr;  ///< the worker's
  };
  explicit ConnectorOffsetStores(Deps deps) : deps_(deps) {}

  /// `config` is the connector's, resolved. Blocks while a topic of its own is created and read.
  Result<ConnectorOffsetStore> of(const std::string& connector, const Props& config);

 private:
  struct Slot {
    std::mutex opening;
    kafka::ClientConfig producer;  ///< what `store` was opened with
    std::weak_ptr<storage::OffsetStore> store;
  };
  const Deps deps_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Slot>> slots_;  // connector, topic; guarded by mutex_
};

}  // namespace millrace::runtime
