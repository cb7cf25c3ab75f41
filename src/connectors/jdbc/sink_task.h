#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "connectors/jdbc/connection_keeper.h"
#include "connectors/jdbc/sink_config.h"
#include "connectors/jdbc/sink_writer.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// io.confluent.connect.jdbc.sink.JdbcSinkTask: one `put` is one transaction.
///
/// A lost connection is tried again without end, a deadlock without being counted, any other refusal `max.retries` times.
/// A refused *value* is not tried again: with an error reporter the one bad record is found and reported and the others are
/// written; without, the task fails and names it.
class JdbcSinkTask final : public SinkTask {
 public:
  JdbcSinkTask();
  ~JdbcSinkTask() override;
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  void stop() override;

 private:
  using Pointers = std::vector<const SinkRecord*>;

  SinkWriter& writer();
  void write_all(const Pointers& records, WriteFailure& failure);
  void give_up_transaction() noexcept;
  [[noreturn]] void retry(const SqlError& error, std::size_t count, std::chrono::milliseconds wait);
  void refuse(const Pointers& records, const WriteFailure& failure, const ConnectError& error);
  void write_isolated(const Pointers& records);
  bool reports_unfit_records() const;
  std::optional<std::size_t> locate(const Pointers& records, std::string& words, std::string& table);
  std::string describe(const SinkRecord& record, const std::string& table, const std::string& words) const;
  std::string words_of(const std::exception& error) const;

  Logger& log_;
  Interrupt interrupt_;
  std::string connector_;
  SinkConfig config_;
  const Dialect* dialect_ = nullptr;
  std::int32_t remaining_retries_ = 0;
  std::chrono::milliseconds reconnect_wait_{250};
  std::unique_ptr<ConnectionKeeper> keeper_;
  std::unique_ptr<SinkWriter> writer_;  ///< lives as long as the connection it writes through
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace millrace::jdbc
