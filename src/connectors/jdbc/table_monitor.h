#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "connectors/jdbc/connection_keeper.h"
#include "connectors/jdbc/source_checks.h"

namespace millrace::jdbc {

/// Follows which tables there are, on a thread of its own.
///
/// Threads: `start` and `stop` on the connector's thread, `tables` on any; the callbacks run on the monitor's thread.
class TableMonitor {
 public:
  struct Callbacks {
    std::function<void()> on_change;
    std::function<void(const std::exception&)> on_failure;
  };
  TableMonitor(const SourceConfig& config, const Dialect& dialect, ConnectionSettings settings, Callbacks callbacks,
               Logger& log);
  ~TableMonitor();

  void start();
  /// Waits for the thread; a running question to the database is given up.
  void stop();
  /// The tables to copy, in the order of the catalogue.
  struct Tables {
    std::vector<TableId> all;
    std::set<TableId> ambiguous;  ///< those whose topic needs the full name
    bool operator==(const Tables&) const = default;
  };
  /// Waits up to `limit` for the first list, nullopt when there is none by then.
  std::optional<Tables> tables(std::chrono::milliseconds limit);

 private:
  void run();
  bool refresh();
  void explain_ambiguous(const Tables& tables);
  void explain_empty(const std::vector<TableInfo>& listed, Connection& connection);

  const SourceConfig& config_;
  const Dialect& dialect_;
  Callbacks callbacks_;
  Logger& log_;
  Interrupt interrupt_;
  ConnectionKeeper keeper_;
  TableSelection selection_;
  std::string explained_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Tables> tables_;  ///< guarded by mutex_
  std::jthread thread_;           ///< last: it uses all of the above
};

}  // namespace millrace::jdbc
