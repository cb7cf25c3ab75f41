#include "connectors/jdbc/source_task.h"

#include <algorithm>

#include "connectors/jdbc/source_checks.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

constexpr std::chrono::milliseconds kShortestReconnectWait{250};

}  // namespace

std::vector<std::string> split_table_list(const std::string& text, const IdentifierRules& rules) {
  std::vector<std::string> names;
  std::string current;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string& mark = quoted ? rules.close_quote : rules.open_quote;
    if (text.compare(at, mark.size(), mark) == 0) quoted = !quoted;
    if (text[at] == ',' && !quoted) {
      names.push_back(trim(current));
      current.clear();
    } else {
      current += text[at];
    }
  }
  names.push_back(trim(current));
  names.erase(std::remove(names.begin(), names.end(), ""), names.end());
  return names;
}

JdbcSourceTask::JdbcSourceTask() : log_(logger("connectors.jdbc")) {}
JdbcSourceTask::~JdbcSourceTask() = default;

void JdbcSourceTask::start(const Props& config) {
  interrupt_.reset();
  config_ = SourceConfig::table().parse(config);
  dialect_ = &find_dialect(config_.dialect_name, config_.url);
  const IdentifierRules rules = dialect_->identifiers();
  const auto table_of = [&](const std::string& name) { return dialect_->table_id(rules.parse(name), config_.quote); };
  tables_.clear();
  ambiguous_.clear();
  for (const std::string& name : split_table_list(config_.task_tables, rules)) tables_.push_back(table_of(name));
  for (const std::string& name : split_table_list(config_.task_ambiguous_tables, rules))
    ambiguous_.insert(table_of(name));
  const bool has_query = !config_.query().empty();
  if (has_query && !tables_.empty()) {
    throw ConfigError("Invalid configuration: a JdbcSourceTask cannot have both a table and a query assigned to it");
  }
  idle_ = !has_query && tables_.empty();
  if (idle_) {
    log_.info(config_.task_tables_fetched
                  ? "No table matches yet; this task is idle and starts reading when one appears"
                  : "The list of tables is not known yet; this task is idle until the database answers");
  }
  const ConnectionSettings settings = config_.connection(config);
  check_blocked_parameters(settings);
  keeper_ = std::make_unique<ConnectionKeeper>(
      *dialect_, settings, config_.connection_attempts, interrupt_, log_, [this](Connection& connection) {
        if (config_.text_for_unsupported) connection.set_text_for_unsupported();
        if (config_.isolation == "DEFAULT") return;
        if (!connection.set_isolation(config_.isolation)) {
          log_.warn("transaction.isolation.mode: " + config_.isolation +
                    " is not supported by this database; its default stays in force");
        }
      });
  prepared_ = false;
  pending_error_ = nullptr;
  lost_connections_ = 0;
  connect_due_ = {};
  readers_.clear();
  on_stop_.emplace(context().stop_token(), std::function<void()>([this] { interrupt_.trigger(); }));
}

void JdbcSourceTask::stop() {
  interrupt_.trigger();
  on_stop_.reset();
  readers_.clear();
  if (keeper_) keeper_->drop();
}

std::chrono::milliseconds JdbcSourceTask::reconnect_wait() {
  const std::chrono::milliseconds longest{std::max<std::int64_t>(config_.connection_backoff_ms, 1)};
  auto wait = kShortestReconnectWait;
  for (std::int32_t i = 0; i < lost_connections_ && wait < longest; ++i) wait *= 2;
  ++lost_connections_;
  return std::min(wait, longest);
}

bool JdbcSourceTask::wait_until(Clock::time_point time) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(time - Clock::now()) + std::chrono::milliseconds(1);
  return left.count() <= 0 || context().wait_for(left);
}

std::vector<SourceRecord> JdbcSourceTask::poll() {
  if (pending_error_) std::rethrow_exception(std::exchange(pending_error_, nullptr));
  const std::chrono::milliseconds linger{std::max<std::int64_t>(config_.poll_linger_ms, 1)};
  if (idle_) {
    context().wait_for(linger);
    return {};
  }
  if (interrupt_.triggered()) return {};
  const auto deadline = Clock::now() + linger;
  if (connect_due_ > Clock::now()) {
    if (!wait_until(std::min(connect_due_, deadline)) || connect_due_ > Clock::now()) return {};
  }
  try {
    if (!prepared_) prepare();
    return poll_readers();
  } catch (const Interrupted&) {
    return {};
  } catch (const SqlError& error) {
    if (error.kind() != SqlErrorKind::kConnection && error.kind() != SqlErrorKind::kLogin) throw;
    if (interrupt_.triggered()) return {};
    for (const auto& reader : readers_) reader->abandon();
    keeper_->drop();
    const auto wait = reconnect_wait();
    connect_due_ = Clock::now() + wait;
    log_.error(std::string(error.what()) + "; trying again in " + std::to_string(wait.count()) + " ms");
    return {};
  }
}

std::vector<SourceRecord> JdbcSourceTask::poll_readers() {
  std::vector<SourceRecord> records;
  const auto deadline = Clock::now() + std::chrono::milliseconds(std::max<std::int64_t>(config_.poll_linger_ms, 1));
  while (true) {
    TableReader& reader = *readers_.front();
    if (!reader.running() && reader.due > Clock::now()) {
      if (!wait_until(std::min(reader.due, deadline))) return {};
      if (reader.due > Clock::now()) return {};
    }
    const bool rows = step(reader, records);
    if (rows || interrupt_.triggered() || Clock::now() >= deadline) return records;
  }
}

bool JdbcSourceTask::step(TableReader& reader, std::vector<SourceRecord>& records) {
  const auto most = static_cast<std::size_t>(config_.batch_max_rows);
  try {
    if (!reader.running()) {
      reader.start(keeper_->get());
      lost_connections_ = 0;
    }
    records.reserve(std::min<std::size_t>(most, 4096));
    if (!reader.running() || !reader.read(records, most)) finish(reader);
  } catch (const Interrupted&) {
    throw;
  } catch (const SqlError& error) {
    // Rows that were read before the failure have moved the position: they go out.
    const bool lost = error.kind() == SqlErrorKind::kConnection || error.kind() == SqlErrorKind::kLogin;
    if (lost && records.empty()) throw;
    if (lost) {
      log_.error("Lost the connection while reading " + reader.describe() + ": " + error.what());
      reader.abandon();
      keeper_->drop();
    } else {
      failed(reader, error);
    }
  } catch (const std::exception&) {
    reader.abandon();
    if (records.empty()) throw;
    pending_error_ = std::current_exception();
  }
  return !records.empty();
}

void JdbcSourceTask::finish(TableReader& reader) {
  keeper_->current().commit();
  reader.failures = 0;
  reader.due = Clock::now() + std::chrono::milliseconds(config_.poll_interval_ms);
  // Behind everything that finished before: the queue stays in the order of their ends.
  readers_.splice(readers_.end(), readers_, readers_.begin());
}

void JdbcSourceTask::failed(TableReader& reader, const SqlError& error) {
  reader.abandon();
  try {
    if (keeper_->connected()) keeper_->current().rollback();
  } catch (const ConnectError&) {
    keeper_->drop();
  }
  ++reader.failures;
  log_.error("SQL exception while running query for " + reader.describe() + ": " + error.what());
  if (config_.query_retry_attempts > 0 && reader.failures > config_.query_retry_attempts) {
    throw ConnectError("Failed to query table after retries", error);
  }
  reader.due = Clock::now() + std::chrono::milliseconds(config_.poll_interval_ms);
  readers_.splice(readers_.end(), readers_, readers_.begin());
}

void JdbcSourceTask::prepare() {
  Connection& connection = keeper_->get();
  readers_.clear();
  const bool can_await =
      connection.knows_transactions() && config_.mode == SourceMode::kIncrementing && config_.query().empty();
  if (config_.await_transactions && !can_await) {
    throw ConfigError(
        "incrementing.await.transactions: it works with mode=incrementing on tables of PostgreSQL; elsewhere use "
        "mode=timestamp+incrementing with timestamp.delay.interval.ms");
  }
  if (tables_.empty()) {
    ReadTarget target;
    target.query = config_.query();
    target.topic = config_.topic_prefix;
    target.mode = config_.mode;
    target.incrementing_column = config_.incrementing_column;
    if (uses_timestamp(config_.mode)) target.timestamp_columns = config_.timestamp_columns;
    if (uses_incrementing(config_.mode) && target.incrementing_column.empty()) {
      throw ConfigError(
          "incrementing.column.name: it must be given when mode is incrementing or timestamp+incrementing and query is "
          "set");
    }
    const auto partition = std::make_shared<const Map>(partition_of_query());
    SourceOffset offset;
    const OffsetMap stored =
        config_.mode == SourceMode::kBulk ? nullptr : context().offset_storage_reader().offset(*partition);
    if (stored) offset = SourceOffset::from_map(*stored);
    if (!offset.timestamp && uses_timestamp(config_.mode) && config_.timestamp_initial) {
      offset.timestamp = Instant::of_millis(*config_.timestamp_initial == -1 ? connection.current_time().millis()
                                                                             : *config_.timestamp_initial);
    }
    readers_.push_back(std::make_unique<TableReader>(std::move(target), config_, *dialect_, offset, partition, log_));
  } else {
    for (std::size_t i = 0; i < tables_.size(); ++i)
      readers_.push_back(make_table_reader(connection, tables_[i], i == 0));
  }
  connection.commit();
  prepared_ = true;
}

std::unique_ptr<TableReader> JdbcSourceTask::make_table_reader(Connection& connection, const TableId& table,
                                                               bool first) {
  const IdentifierRules rules = dialect_->identifiers();
  const std::string full_name = table.full_name(rules);
  TrackingColumns tracking = tracking_columns(config_, full_name);
  ReadTarget target;
  target.table = table;
  const bool ambiguous = ambiguous_.count(table) != 0;
  target.topic = config_.topic_of(table, full_name, ambiguous);
  target.mode = config_.mode;
  const bool bulk = config_.mode == SourceMode::kBulk;
  const std::vector<TableColumn> columns =
      bulk && !config_.key_from_primary_key ? std::vector<TableColumn>{} : connection.columns(table);
  if (config_.key_from_primary_key) {
    for (const TableColumn& column : columns) {
      if (column.primary_key) target.key_columns.push_back(column.name);
    }
    if (target.key_columns.empty())
      log_.warn("key.from.primary.key: " + full_name + " has no primary key; its records have no key");
  }
  if (!bulk && !columns.empty()) {
    if (const std::string missing = missing_columns(tracking, columns, full_name); !missing.empty()) {
      if (first) throw ConnectError(missing);
      log_.warn(missing);
    }
    if (const std::string nullable = nullable_columns(config_, tracking, columns, table.quoted(rules, config_.quote));
        !nullable.empty()) {
      if (config_.validate_non_null) throw ConnectError(nullable);
      if (!tracking.timestamps.empty() || !tracking.incrementing.empty())
        log_.warn(full_name + ": rows with NULL in " +
                  (tracking.timestamps.empty() ? "the incrementing column" : "its tracking columns") +
                  " are never read, as validate.non.null=false allows");
    }
    if (const std::string unfit = unfit_timestamp_columns(*dialect_, tracking, columns); !unfit.empty())
      throw ConnectError(unfit);
    // Differs: the Java connector checks case-blind, and then asks for a column that is not there.
    adopt_case(tracking, columns);
    if (uses_incrementing(config_.mode) && tracking.incrementing.empty()) {
      tracking.incrementing = detect_incrementing(columns);
      if (tracking.incrementing.empty()) {
        throw ConnectError("No auto-incremented column was found in table '" + full_name +
                           "'; name the column to follow in incrementing.column.name");
      }
    }
  } else if (!bulk) {
    log_.warn("Table " + full_name + " is not there (any more)");
  }
  if (!tracking.timestamps.empty()) {
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const TableColumn& one) {
      return equals_ignoring_case(one.name, tracking.timestamps.front());
    });
    target.timestamp_is_instant = column != columns.end() && column->is_instant;
    if (!config_.zone->is_utc() && mixes_instants(tracking, columns))
      log_.warn(full_name +
                ": timestamp.column.name mixes columns with and without a time zone, which the database compares as if "
                "db.timezone were UTC: rows may come late or be passed over. Name columns of one kind");
  }
  target.incrementing_column = tracking.incrementing;
  target.timestamp_columns = tracking.timestamps;
  target.awaits_transactions = config_.await_transactions;

  SourceOffset offset;
  Map partition = partition_v0(table.table);
  if (config_.mode != SourceMode::kBulk) {
    std::vector<Map> partitions{partition_v1(full_name)};
    // Java's PostgreSQL driver 42.7.5 put the database in front, until version 10.9.5 of the connector took it off again.
    if (!table.catalog && table.schema)
      partitions.push_back(partition_v1(connection.database_name() + rules.separator + full_name));
    if (!ambiguous) partitions.push_back(partition);
    const std::vector<OffsetMap> stored = context().offset_storage_reader().offsets(partitions);
    for (const OffsetMap& one : stored) {
      if (!one) continue;
      offset = SourceOffset::from_map(*one);
      break;
    }
    partition = partitions.front();
    if (!offset.timestamp && uses_timestamp(config_.mode) && config_.timestamp_initial) {
      offset.timestamp = Instant::of_millis(*config_.timestamp_initial == -1 ? connection.current_time().millis()
                                                                             : *config_.timestamp_initial);
    }
  }
  return std::make_unique<TableReader>(std::move(target), config_, *dialect_, offset,
                                       std::make_shared<const Map>(std::move(partition)), log_);
}

}  // namespace millrace::jdbc
