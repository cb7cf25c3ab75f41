#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "kafka/rdkafka/log.h"
#include "kafka/rdkafka/relay.h"
#include "kafka/rdkafka/settings.h"
#include "millrace/record.h"

namespace millrace::kafka {

template <auto Free>
struct RdDeleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using RdQueue = std::unique_ptr<rd_kafka_queue_t, RdDeleter<rd_kafka_queue_destroy>>;
using RdEvent = std::unique_ptr<rd_kafka_event_t, RdDeleter<rd_kafka_event_destroy>>;
using RdPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t, RdDeleter<rd_kafka_topic_partition_list_destroy>>;
using RdError = std::unique_ptr<rd_kafka_error_t, RdDeleter<rd_kafka_error_destroy>>;

/// Turns librdkafka's stream of errors into a few log lines and the two facts that callers act on: whether the brokers
/// can be reached, and whether they refuse us. Thread-safe.
class ConnectionState {
 public:
  ConnectionState(ClientLog log, std::string client) : log_(std::move(log)), client_(std::move(client)) {}

  void on_error(rd_kafka_resp_err_t code, const char* text);
  void on_log(int level, const char* facility, const char* text);
  /// Something came from a broker.
  void on_alive() {
    if (troubled_.load(std::memory_order_relaxed)) recovered();
  }
  /// Why the brokers refuse us (TLS, SASL), as long as they do.
  std::optional<std::string> refusal() const;
  /// What the last connection attempt failed with; empty when the brokers answer.
  std::string trouble() const;
  void log(ClientLogLevel level, const std::string& text) const;

 private:
  void recovered();

  const ClientLog log_;
  const std::string client_;
  std::atomic<bool> troubled_{false};
  mutable std::mutex mutex_;
  bool down_ = false;
  std::string last_attempt_;
  std::string refusal_;
  std::map<std::string, std::chrono::steady_clock::time_point> logged_at_;
};

/// A librdkafka client. Destroying it waits for librdkafka's threads.
class Handle {
 public:
  /// `opaque` comes back in callbacks that the caller sets on the configuration in `prepare`.
  template <class Prepare>
  static Result<std::unique_ptr<Handle>> create(rd_kafka_type_t type, const Settings& settings, ClientLog log,
                                                Prepare prepare) {
    auto configuration = configure(settings, std::move(log));
    if (!configuration) return configuration.error();
    prepare(configuration->get()->configuration_);
    if (auto started = (*configuration)->start(type); !started) return started.error();
    return std::move(*configuration);
  }
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  rd_kafka_t* get() const noexcept { return rk_; }
  ConnectionState& state() noexcept { return *state_; }
  Relay* relay() noexcept { return relay_.get(); }
  /// Makes every broker thread look at its work now. Thread-safe; sends nothing.
  ///
  /// librdkafka 2.0 looks at a consumer's full fetch queue again only a second later, however soon it is drained, and
  /// has no call to wake the thread. Giving it the credentials that it has already does: a broker thread that waits
  /// looks at them, and then at everything else.
  void wake_brokers();
  /// The callback opaque of every Handle is the ConnectionState's owner.
  static Handle& of(rd_kafka_t* rk) { return *static_cast<Handle*>(rd_kafka_opaque(rk)); }
  void* user = nullptr;  ///< for the owner's callbacks

 private:
  Handle() = default;
  static Result<std::unique_ptr<Handle>> configure(const Settings& settings, ClientLog log);
  Result<void> start(rd_kafka_type_t type);

  rd_kafka_conf_t* configuration_ = nullptr;
  rd_kafka_t* rk_ = nullptr;
  int chain_file_ = -1;
  std::string username_;  ///< as the brokers' threads have them, for wake_brokers
  std::string password_;
  std::unique_ptr<ConnectionState> state_;
  std::unique_ptr<Relay> relay_;
};

/// An Error of code kKafka (kFenced, kTimeout, kForbidden where that is what it is).
Error error_of(rd_kafka_resp_err_t code, std::string text);
Error error_of(rd_kafka_resp_err_t code);
Error error_of(const rd_kafka_error_t* error);

RdPartitions partition_list(std::size_t capacity);
std::string name_of(const TopicPartition& partition);

/// For librdkafka calls that take milliseconds as an int.
int to_millis(std::chrono::milliseconds timeout);

}  // namespace millrace::kafka
