#pragma once

#include <chrono>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "connectors/jdbc/connection_keeper.h"
#include "connectors/jdbc/interrupt.h"
#include "connectors/jdbc/source_config.h"
#include "connectors/jdbc/table_reader.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// io.confluent.connect.jdbc.source.JdbcSourceTask: reads its tables in turn, one query at a time.
///
/// A lost connection and a refused statement are logged and tried again, from the last record that was handed out; a value
/// that cannot be converted, a configuration that cannot work and a login that stays refused fail the task.
class JdbcSourceTask final : public SourceTask {
 public:
  JdbcSourceTask();
  ~JdbcSourceTask() override;
  void start(const Props& config) override;
  std::vector<SourceRecord> poll() override;
  void stop() override;

 private:
  using Clock = std::chrono::steady_clock;

  void prepare();
  std::unique_ptr<TableReader> make_table_reader(Connection& connection, const TableId& table, bool first);
  std::vector<SourceRecord> poll_readers();
  bool step(TableReader& reader, std::vector<SourceRecord>& records);
  void finish(TableReader& reader);
  void failed(TableReader& reader, const SqlError& error);
  /// False when the wait was cut short by a stop or a pause.
  bool wait_until(Clock::time_point time);
  std::chrono::milliseconds reconnect_wait();

  Logger& log_;
  Interrupt interrupt_;
  SourceConfig config_;
  const Dialect* dialect_ = nullptr;
  bool idle_ = false;
  bool prepared_ = false;
  std::int32_t lost_connections_ = 0;
  Clock::time_point connect_due_{};
  std::vector<TableId> tables_;
  std::set<TableId> ambiguous_;  ///< those whose bare name another table has too
  std::exception_ptr pending_error_;
  std::unique_ptr<ConnectionKeeper> keeper_;
  std::list<std::unique_ptr<TableReader>> readers_;  ///< the next one is in front
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

/// The names of a `tables` value: commas inside quotes belong to the name.
std::vector<std::string> split_table_list(const std::string& text, const IdentifierRules& rules);

}  // namespace millrace::jdbc
