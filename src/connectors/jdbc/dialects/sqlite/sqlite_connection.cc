#include "connectors/jdbc/dialects/sqlite/sqlite_connection.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "connectors/jdbc/dialects/sqlite/sqlite_result.h"
#include "connectors/jdbc/sqlite_times.h"
#include "connectors/jdbc/url.h"
#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::jdbc::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 3000;  // sqlite-jdbc's default

SqlErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return SqlErrorKind::kTransient;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return SqlErrorKind::kConnection;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE: return SqlErrorKind::kData;
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_AUTH: return SqlErrorKind::kLogin;
    default: return SqlErrorKind::kStatement;
  }
}

/// sqlite-jdbc's own settings, which are no pragmas.
bool is_driver_setting(const std::string& name) {
  static const std::set<std::string> kNames{"date_class",
                                            "date_precision",
                                            "date_string_format",
                                            "open_mode",
                                            "transaction_mode",
                                            "enable_load_extension",
                                            "shared_cache",
                                            "jdbc.explicit_readonly",
                                            "limit_length",
                                            "password",
                                            "user"};
  return kNames.count(name) != 0;
}

bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

}  // namespace

SqliteConnection::SqliteConnection(const ConnectionSettings& settings, Interrupt& interrupt, Logger& log)
    : interrupt_(interrupt) {
  std::string rest = split_jdbc_url(settings.url).second;
  UrlParameters pragmas(settings.properties.begin(), settings.properties.end());
  if (rest.compare(0, 5, "file:") != 0) {
    const std::size_t question = rest.find('?');
    if (question != std::string::npos) {
      for (auto& parameter : parse_parameters(rest.substr(question + 1), '&', true))
        pragmas.push_back(std::move(parameter));
      rest = rest.substr(0, question);
    }
  }
  if (rest.compare(0, 10, ":resource:") == 0) {
    throw ConfigError("connection.url: " + rest +
                      " is a file within a Java program; copy it out and name that file: jdbc:sqlite:/path/file.db");
  }
  file_ = rest.empty() ? ":memory:" : rest;
  interrupt_.check();
  const int code =
      sqlite3_open_v2(file_.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(db_, 1);
    sqlite3_busy_timeout(db_, kBusyTimeoutMs);
    for (const auto& [name, value] : pragmas) {
      if (is_driver_setting(to_lower(name))) continue;
      if (!is_word(name) || !is_word(value)) {
        log.warn("connection.url: the parameter \"" + name + "\" is not a SQLite pragma and has no effect");
        continue;
      }
      execute("PRAGMA " + name + " = " + value);
    }
    // Opening does not look into the file; this does.
    execute("SELECT count(*) FROM sqlite_master");
  } catch (...) {
    sqlite3_close_v2(db_);
    throw;
  }
  on_interrupt_ = std::make_unique<Interrupt::Scope>(interrupt_, [this] { sqlite3_interrupt(db_); });
}

SqliteConnection::~SqliteConnection() {
  on_interrupt_.reset();
  sqlite3_close_v2(db_);
}

void SqliteConnection::fail(int code) {
  if ((code & 0xff) == SQLITE_INTERRUPT && interrupt_.triggered()) throw Interrupted();
  std::string message = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
  if ((code & 0xff) == SQLITE_CANTOPEN) message += ": " + file_;
  throw SqlError(kind_of(code), message, "", code);
}

Statement SqliteConnection::compile(const std::string& sql) {
  interrupt_.check();
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, &rest);
  if (code != SQLITE_OK) fail(code);
  Statement first(statement);
  // Differs: the Java driver leaves out what follows the first statement, bounds included.
  sqlite3_stmt* second = nullptr;
  const auto size = static_cast<int>(sql.data() + sql.size() - rest);
  const int more = size > 0 ? sqlite3_prepare_v2(db_, rest, size, &second, nullptr) : SQLITE_OK;
  sqlite3_finalize(second);
  if (more != SQLITE_OK || second != nullptr)
    throw SqlError(SqlErrorKind::kStatement, "only one statement can be run at a time: " + sql.substr(0, 200));
  return first;
}

bool SqliteConnection::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(code);
  return false;
}

std::unique_ptr<ResultSet> SqliteConnection::query(const std::string& sql) { return make_result(*this, compile(sql)); }

void SqliteConnection::execute(const std::string& sql) {
  const Statement statement = compile(sql);
  while (step(statement.get())) continue;
}

std::vector<TableColumn> SqliteConnection::prepare(const std::string& sql) {
  const Statement statement = compile(sql);
  std::vector<TableColumn> columns(static_cast<std::size_t>(sqlite3_column_count(statement.get())));
  for (std::size_t i = 0; i < columns.size(); ++i)
    columns[i].name = sqlite3_column_name(statement.get(), static_cast<int>(i));
  return columns;
}

void SqliteConnection::begin() {
  if (sqlite3_get_autocommit(db_) != 0) execute("BEGIN IMMEDIATE");
}

void SqliteConnection::commit() {
  if (sqlite3_get_autocommit(db_) == 0) execute("COMMIT");
}

void SqliteConnection::rollback() {
  if (sqlite3_get_autocommit(db_) == 0) execute("ROLLBACK");
}

std::vector<TableInfo> SqliteConnection::tables(const TableFilter& filter) {
  const Statement statement = compile(
      "SELECT upper(type), name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' "
      "ESCAPE '\\' "
      "ORDER BY type, name");
  std::vector<TableInfo> tables;
  while (step(statement.get())) {
    const std::string type = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    const bool wanted = std::any_of(filter.types.begin(), filter.types.end(),
                                    [&](const std::string& one) { return equals_ignoring_case(one, type); });
    if (wanted)
      tables.push_back(
          {{std::nullopt, std::nullopt, reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 1))}, type});
  }
  return tables;
}

std::optional<TableInfo> SqliteConnection::find_table(const TableId& table, const std::vector<std::string>&) {
  const Statement statement =
      compile("SELECT upper(type), name FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower(?)");
  sqlite3_bind_text(statement.get(), 1, table.table.data(), static_cast<int>(table.table.size()), SQLITE_TRANSIENT);
  if (!step(statement.get())) return std::nullopt;
  return TableInfo{{std::nullopt, std::nullopt, reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 1))},
                   reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0))};
}

std::vector<TableColumn> SqliteConnection::columns(const TableId& table) {
  const Statement statement = compile("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)");
  sqlite3_bind_text(statement.get(), 1, table.table.data(), static_cast<int>(table.table.size()), SQLITE_TRANSIENT);
  std::vector<TableColumn> columns;
  while (step(statement.get())) {
    TableColumn column;
    column.name = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    column.type_name = to_lower(reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 1)));
    column.nullable = sqlite3_column_int(statement.get(), 2) != 0 ? Nullability::kNo : Nullability::kYes;
    column.primary_key = sqlite3_column_int(statement.get(), 3) != 0;
    int auto_increment = 0;
    sqlite3_table_column_metadata(db_, nullptr, table.table.c_str(), column.name.c_str(), nullptr, nullptr, nullptr,
                                  nullptr, &auto_increment);
    column.auto_increment = auto_increment != 0;
    columns.push_back(std::move(column));
  }
  return columns;
}

Instant SqliteConnection::current_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Instant::of_millis(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool SqliteConnection::set_isolation(const std::string& mode) {
  if (mode != "SERIALIZABLE" && mode != "READ_UNCOMMITTED") return false;
  execute(mode == "SERIALIZABLE" ? "PRAGMA read_uncommitted = 0" : "PRAGMA read_uncommitted = 1");
  return true;
}

std::string SqliteConnection::timestamp_expression(const std::string& column) {
  return sqlite_timestamp_expression(column);
}

std::string SqliteConnection::timestamp_literal(const TimestampBound& bound, const ReadOptions& options) {
  return sqlite_timestamp_literal(bound, options);
}

}  // namespace millrace::jdbc::sqlite
