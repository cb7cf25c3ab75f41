#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kafka/clients.h"

namespace millrace::kafka {

/// A compacted topic that is created if missing, checked, read to its end, and followed (Java:
/// KafkaBasedLog). Config, offset and status stores are readers over it.
class TopicLog {
 public:
  struct Deps {
    Clients* clients = nullptr;  ///< not null
    ClientConfig producer_config;
    ClientConfig consumer_config;
    ClientConfig admin_config;
  };
  struct Options {
    NewTopic topic;        ///< cleanup.policy=compact is forced
    std::string property;  ///< "offset.storage.topic", for error texts
    std::string purpose;   ///< "source connector offsets", for error texts
    bool require_single_partition = false;
    bool read_only = false;  ///< never sends (no producer is made)
  };
  /// Runs on: the log's own thread (during `start`: the caller's), in partition order. Views are valid during the call.
  using Handler = std::function<void(const InRecord& record)>;

  static Result<std::unique_ptr<TopicLog>> create(Deps deps, Options options, Handler handler);
  virtual ~TopicLog() = default;

  /// Creates, checks and reads the topic to its end. Blocks. A wrong cleanup.policy or partition count is an Error with Java's text.
  virtual Result<void> start() = 0;
  virtual void stop() = 0;

  /// Sends; `done` runs on the producer's thread once acknowledged or failed. Any thread.
  virtual void send(std::optional<std::string> key, std::optional<std::string> value,
                    std::function<void(Result<void>)> done) = 0;
  /// Waits for all sends so far.
  virtual Result<void> flush(std::chrono::milliseconds timeout) = 0;
  /// Everything that was in the topic when this was called has been handed to the handler when it returns.
  virtual Result<void> read_to_end(std::chrono::milliseconds timeout) = 0;
  /// The same, without blocking; `done` runs on the log's thread.
  virtual void read_to_end_async(std::function<void(Result<void>)> done) = 0;
  virtual std::int32_t partition_count() const = 0;
};

}  // namespace millrace::kafka
