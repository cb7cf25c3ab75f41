#include "connectors/jdbc/table_monitor.h"

#include <algorithm>

namespace millrace::jdbc {

TableMonitor::TableMonitor(const SourceConfig& config, const Dialect& dialect, ConnectionSettings settings,
                           Callbacks callbacks, Logger& log)
    : config_(config),
      dialect_(dialect),
      callbacks_(std::move(callbacks)),
      log_(log),
      keeper_(dialect, std::move(settings), config.connection_attempts, interrupt_, log),
      selection_(config, dialect.identifiers()) {}

TableMonitor::~TableMonitor() { stop(); }

void TableMonitor::start() {
  thread_ = std::jthread([this] { run(); });
}

void TableMonitor::stop() {
  interrupt_.trigger();
  if (thread_.joinable()) thread_.join();
}

std::optional<TableMonitor::Tables> TableMonitor::tables(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return tables_.has_value() || interrupt_.triggered(); });
  return tables_;
}

void TableMonitor::run() {
  std::chrono::milliseconds wait{500};
  const std::chrono::milliseconds interval{std::max<std::int64_t>(config_.table_poll_interval_ms, 1)};
  while (!interrupt_.triggered()) {
    try {
      const bool listed = refresh();
      wait = listed ? std::chrono::milliseconds(500)
                    : std::min(wait * 2,
                               std::chrono::milliseconds(std::max<std::int64_t>(config_.connection_backoff_ms, 1)));
      if (!interrupt_.wait_for(listed ? interval : std::min(wait, interval))) return;
    } catch (const Interrupted&) {
      return;
    } catch (const std::exception& error) {
      if (!interrupt_.triggered()) callbacks_.on_failure(error);
      changed_.notify_all();
      return;
    }
  }
}

bool TableMonitor::refresh() {
  std::vector<TableInfo> listed;
  Tables selected;
  try {
    Connection& connection = keeper_.get();
    listed = connection.tables(config_.table_filter());
    for (const TableInfo& table : listed) {
      if (selection_.selects(table.id)) selected.all.push_back(table.id);
    }
    if (selected.all.empty()) {
      explain_empty(listed, connection);
    } else {
      explained_.clear();
    }
    selected.ambiguous = ambiguous_tables(selected.all, config_.table_types, connection);
    connection.commit();
  } catch (const SqlError& error) {
    log_.error(
        std::string(
            "Error while trying to get updated table list, ignoring and waiting for next table poll interval: ") +
        error.what());
    keeper_.drop();
    return false;
  }
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = !tables_ || *tables_ != selected;
    tables_ = selected;
  }
  changed_.notify_all();
  if (changed) explain_ambiguous(selected);
  if (changed) callbacks_.on_change();
  return true;
}

void TableMonitor::explain_ambiguous(const Tables& tables) {
  if (config_.topics_name_schemas()) return;
  const IdentifierRules rules = dialect_.identifiers();
  for (const TableId& table : tables.ambiguous) {
    const std::string name = table.full_name(rules);
    log_.warn("There are several tables named \"" + table.table + "\"; the rows of " + name + " go to the topic " +
              config_.topic_prefix + name + ". To copy fewer, name them in table.whitelist or narrow schema.pattern");
  }
}

void TableMonitor::explain_empty(const std::vector<TableInfo>& listed, Connection& connection) {
  std::string names;
  const IdentifierRules rules = dialect_.identifiers();
  for (std::size_t i = 0; i < std::min<std::size_t>(listed.size(), 10); ++i) {
    names += (names.empty() ? "" : ", ") + listed[i].id.full_name(rules);
  }
  if (listed.size() > 10) names += ", ...";
  const std::string text = "No table to copy: 0 of " + std::to_string(listed.size()) +
                           " visible tables in database \"" + connection.database_name() + "\" match " +
                           selection_.describe() + (names.empty() ? "" : " (there are " + names + ")") +
                           "; looking again every " + std::to_string(config_.table_poll_interval_ms) + " ms";
  if (text != explained_) log_.warn(text);
  explained_ = text;
}

}  // namespace millrace::jdbc
