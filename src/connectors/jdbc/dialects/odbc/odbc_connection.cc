#include "connectors/jdbc/dialects/odbc/odbc_connection.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "connectors/jdbc/dialects/odbc/odbc_handles.h"
#include "connectors/jdbc/dialects/odbc/odbc_url.h"
#include "connectors/jdbc/sqlite_times.h"
#include "connectors/jdbc/url.h"
#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::jdbc::odbc {
namespace {

constexpr SQLULEN kLoginTimeoutSeconds = 20;

Product product_of(const std::string& name) {
  const std::string lower = to_lower(name);
  const auto has = [&lower](const char* word) { return lower.find(word) != std::string::npos; };
  if (has("sql server")) return Product::kSqlServer;
  if (has("adaptive server") || has("sybase")) return Product::kSybase;
  if (has("hdb") || has("hana")) return Product::kSapHana;
  if (has("vertica")) return Product::kVertica;
  if (has("oracle")) return Product::kOracle;
  if (has("db2") || has("derby")) return Product::kDb2;
  if (has("postgres")) return Product::kPostgresql;
  if (has("mysql") || has("mariadb")) return Product::kMysql;
  return has("sqlite") ? Product::kSqlite : Product::kGeneric;
}

/// A refused login whose reason is that there is no such driver says which ones there are.
void check_driver(SQLHENV environment, const std::string& connection_string, const SqlError& error) {
  const bool no_library = std::string_view(error.what()).find("Can't open lib") != std::string_view::npos;
  if (!no_library && error.sql_state() != "IM002" && error.sql_state() != "IM003") return;
  std::string names;
  std::array<SQLCHAR, 256> name{};
  SQLSMALLINT length = 0;
  SQLUSMALLINT direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(SQLDrivers(environment, direction, name.data(), static_cast<SQLSMALLINT>(name.size()), &length,
                                  nullptr, 0, nullptr))) {
    names += (names.empty() ? "" : ", ") + std::string(reinterpret_cast<const char*>(name.data()));
    direction = SQL_FETCH_NEXT;
  }
  const std::string driver = driver_named_in(connection_string);
  const std::string missing = driver.empty() ? "there is no such ODBC data source, and the URL names no DRIVER"
                                             : "the ODBC driver \"" + driver + "\" is not installed";
  throw SqlError(SqlErrorKind::kLogin,
                 missing +
                     "; install it and register it in odbcinst.ini, or name another one in connection.odbc.driver "
                     "(installed: " +
                     (names.empty() ? "none" : names) + ")",
                 "IM002");
}

}  // namespace

SQLCHAR* odbc_text(const std::string& text) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str()));
}  // ODBC's signatures lack const

SqlError odbc_error(SQLSMALLINT type, SQLHANDLE handle) {
  std::array<SQLCHAR, 6> state{};
  std::array<SQLCHAR, 2048> message{};
  SQLINTEGER code = 0;
  SQLSMALLINT length = 0;
  if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, state.data(), &code, message.data(),
                                   static_cast<SQLSMALLINT>(message.size()), &length))) {
    return {SqlErrorKind::kConnection, "The ODBC driver gave no reason"};
  }
  const std::string text = reinterpret_cast<const char*>(message.data());
  const std::string sql_state = reinterpret_cast<const char*>(state.data());
  return {kind_of_sql_state(sql_state), text, sql_state, code};
}

OdbcConnection::Handles::~Handles() {
  if (connected) {
    SQLEndTran(SQL_HANDLE_DBC, connection, SQL_ROLLBACK);
    SQLDisconnect(connection);
  }
  if (connection != nullptr) SQLFreeHandle(SQL_HANDLE_DBC, connection);
  if (environment != nullptr) SQLFreeHandle(SQL_HANDLE_ENV, environment);
}

OdbcStatement::OdbcStatement(OdbcConnection::Handles& handles, Interrupt& interrupt)
    : handles_(handles), interrupt_(interrupt) {
  interrupt_.check();
  if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, handles.connection, &handle_)))
    throw odbc_error(SQL_HANDLE_DBC, handles.connection);
  on_interrupt_ = std::make_unique<Interrupt::Scope>(interrupt_, [handle = handle_] { SQLCancel(handle); });
}

OdbcStatement::~OdbcStatement() {
  on_interrupt_.reset();
  SQLFreeHandle(SQL_HANDLE_STMT, handle_);
}

void OdbcStatement::check(SQLRETURN code) {
  if (SQL_SUCCEEDED(code) || code == SQL_NO_DATA) return;
  const SqlError error = odbc_error(SQL_HANDLE_STMT, handle_);
  if (interrupt_.triggered()) throw Interrupted();
  if (error.kind() == SqlErrorKind::kConnection) handles_.broken = true;
  throw error;
}

void OdbcStatement::run(const std::string& sql) {
  check(SQLExecDirect(handle_, odbc_text(sql), static_cast<SQLINTEGER>(sql.size())));
}

bool OdbcStatement::fetch() {
  const SQLRETURN code = SQLFetch(handle_);
  check(code);
  return code != SQL_NO_DATA;
}

std::optional<std::string> OdbcStatement::text(SQLUSMALLINT column) {
  std::string whole;
  std::array<char, 4096> buffer{};
  while (true) {
    SQLLEN length = 0;
    const SQLRETURN code =
        SQLGetData(handle_, column, SQL_C_CHAR, buffer.data(), static_cast<SQLLEN>(buffer.size()), &length);
    if (code == SQL_NO_DATA) return whole;
    check(code);
    if (length == SQL_NULL_DATA) return std::nullopt;
    whole += buffer.data();
    if (code == SQL_SUCCESS) return whole;
  }
}

OdbcConnection::OdbcConnection(const ConnectionSettings& settings, Product product, Interrupt& interrupt, Logger& log)
    : interrupt_(interrupt), handles_(std::make_unique<Handles>()), product_(product) {
  interrupt_.check();
  const OdbcTarget target = parse_odbc_url(settings);
  for (const std::string& name : target.unknown) {
    log.warn("connection.url: the parameter \"" + name + "\" has no ODBC counterpart and no effect");
  }
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &handles_->environment);
  SQLSetEnvAttr(handles_->environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
  SQLAllocHandle(SQL_HANDLE_DBC, handles_->environment, &handles_->connection);
  SQLSetConnectAttr(handles_->connection, SQL_ATTR_LOGIN_TIMEOUT, reinterpret_cast<SQLPOINTER>(kLoginTimeoutSeconds),
                    0);
  const SQLRETURN code = SQLDriverConnect(handles_->connection, nullptr, odbc_text(target.text), SQL_NTS, nullptr, 0,
                                          nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(code)) {
    const SqlError error = odbc_error(SQL_HANDLE_DBC, handles_->connection);
    check_driver(handles_->environment, target.text, error);
    throw error;
  }
  handles_->connected = true;
  if (product_ == Product::kGeneric) {
    std::array<char, 256> name{};
    SQLSMALLINT length = 0;
    SQLGetInfo(handles_->connection, SQL_DBMS_NAME, name.data(), static_cast<SQLSMALLINT>(name.size()), &length);
    product_ = product_of(name.data());
  }
  SQLSetConnectAttr(handles_->connection, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(SQL_AUTOCOMMIT_OFF), 0);
  // Values are written as text, and this product reads dates in the words of the session's country otherwise.
  if (product_ == Product::kOracle)
    execute(
        "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD "
        "HH24:MI:SS.FF'");
}

OdbcConnection::~OdbcConnection() = default;

std::unique_ptr<ResultSet> OdbcConnection::query(const std::string& sql) {
  auto statement = std::make_unique<OdbcStatement>(*handles_, interrupt_);
  statement->run(sql);
  return make_result(std::move(statement));
}

void OdbcConnection::execute(const std::string& sql) { OdbcStatement(*handles_, interrupt_).run(sql); }

std::vector<TableColumn> OdbcConnection::prepare(const std::string& sql) {
  OdbcStatement statement(*handles_, interrupt_);
  statement.check(SQLPrepare(statement.raw(), odbc_text(sql), static_cast<SQLINTEGER>(sql.size())));
  SQLSMALLINT count = 0;
  statement.check(SQLNumResultCols(statement.raw(), &count));
  std::vector<TableColumn> columns;
  for (SQLSMALLINT i = 1; i <= count; ++i) {
    std::array<char, 512> name{};
    SQLSMALLINT length = 0;
    statement.check(SQLColAttribute(statement.raw(), static_cast<SQLUSMALLINT>(i), SQL_DESC_LABEL, name.data(),
                                    static_cast<SQLSMALLINT>(name.size()), &length, nullptr));
    columns.emplace_back().name = name.data();
  }
  return columns;
}

void OdbcConnection::commit() {
  if (!SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, handles_->connection, SQL_COMMIT)))
    throw odbc_error(SQL_HANDLE_DBC, handles_->connection);
}

void OdbcConnection::rollback() {
  if (!SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, handles_->connection, SQL_ROLLBACK)))
    throw odbc_error(SQL_HANDLE_DBC, handles_->connection);
}

bool OdbcConnection::is_valid() {
  if (handles_->broken) return false;
  SQLUINTEGER dead = SQL_CD_FALSE;
  const SQLRETURN code = SQLGetConnectAttr(handles_->connection, SQL_ATTR_CONNECTION_DEAD, &dead, sizeof dead, nullptr);
  return !SQL_SUCCEEDED(code) || dead == SQL_CD_FALSE;
}

std::vector<TableInfo> OdbcConnection::tables(const TableFilter& filter) {
  OdbcStatement statement(*handles_, interrupt_);
  std::string types;
  for (const std::string& type : filter.types) types += (types.empty() ? "'" : ",'") + type + "'";
  const std::string all = "%";
  const auto pattern = [&all](const std::optional<std::string>& text) {
    return text ? odbc_text(*text) : odbc_text(all);
  };
  statement.check(SQLTables(statement.raw(), filter.catalog_pattern ? odbc_text(*filter.catalog_pattern) : nullptr,
                            SQL_NTS, filter.schema_pattern ? pattern(filter.schema_pattern) : nullptr, SQL_NTS,
                            odbc_text(all), SQL_NTS, odbc_text(types), SQL_NTS));
  std::vector<TableInfo> tables;
  while (statement.fetch()) {
    TableInfo table;
    const auto catalog = statement.text(1);
    const auto schema = statement.text(2);
    table.id.table = statement.text(3).value_or("");
    table.type = statement.text(4).value_or("TABLE");
    if (product_ == Product::kSqlServer && catalog && !catalog->empty()) table.id.catalog = catalog;
    if (product_ == Product::kMysql && catalog && !catalog->empty()) table.id.catalog = catalog;
    if (schema && !schema->empty()) table.id.schema = schema;
    tables.push_back(std::move(table));
  }
  return tables;
}

std::optional<TableInfo> OdbcConnection::find_table(const TableId& table, const std::vector<std::string>& types) {
  TableFilter filter{table.catalog, table.schema, types, false};
  for (TableInfo& one : tables(filter)) {
    if (equals_ignoring_case(one.id.table, table.table)) return std::move(one);
  }
  return std::nullopt;
}

std::vector<TableColumn> OdbcConnection::columns(const TableId& table) {
  std::vector<TableColumn> columns;
  {
    OdbcStatement statement(*handles_, interrupt_);
    statement.check(SQLColumns(statement.raw(), table.catalog ? odbc_text(*table.catalog) : nullptr, SQL_NTS,
                               table.schema ? odbc_text(*table.schema) : nullptr, SQL_NTS, odbc_text(table.table),
                               SQL_NTS, nullptr, 0));
    while (statement.fetch()) {
      TableColumn column;
      column.name = statement.text(4).value_or("");
      column.type_name = to_lower(statement.text(6).value_or(""));
      column.nullable = statement.text(11).value_or("2") == "0" ? Nullability::kNo : Nullability::kYes;
      column.auto_increment = column.type_name.find("identity") != std::string::npos ||
                              column.type_name.find("serial") != std::string::npos ||
                              statement.text(13).value_or("").find("nextval(") != std::string::npos;
      columns.push_back(std::move(column));
    }
  }
  OdbcStatement keys(*handles_, interrupt_);
  if (SQL_SUCCEEDED(SQLPrimaryKeys(keys.raw(), table.catalog ? odbc_text(*table.catalog) : nullptr, SQL_NTS,
                                   table.schema ? odbc_text(*table.schema) : nullptr, SQL_NTS, odbc_text(table.table),
                                   SQL_NTS))) {
    while (keys.fetch()) {
      const std::string name = keys.text(4).value_or("");
      for (TableColumn& column : columns) column.primary_key = column.primary_key || column.name == name;
    }
  }
  return columns;
}

Instant OdbcConnection::current_time() {
  std::string sql = "SELECT CURRENT_TIMESTAMP";
  switch (product_) {
    case Product::kSqlServer: sql = "SELECT CONVERT(varchar(27), SYSUTCDATETIME(), 121)"; break;
    case Product::kOracle:
      sql = "SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD HH24:MI:SS.FF6') FROM DUAL";
      break;
    case Product::kDb2: sql = "SELECT CURRENT_TIMESTAMP - CURRENT_TIMEZONE FROM SYSIBM.SYSDUMMY1"; break;
    case Product::kPostgresql:
      sql = "SELECT to_char(current_timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
      break;
    case Product::kMysql: sql = "SELECT UTC_TIMESTAMP(6)"; break;
    case Product::kSqlite: sql = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"; break;
    case Product::kSybase: sql = "SELECT CONVERT(varchar(30), getutcdate(), 140)"; break;
    case Product::kSapHana: sql = "SELECT CURRENT_UTCTIMESTAMP FROM DUMMY"; break;
    case Product::kVertica: sql = "SELECT CURRENT_TIMESTAMP AT TIME ZONE 'UTC'"; break;
    case Product::kGeneric: break;
  }
  OdbcStatement statement(*handles_, interrupt_);
  statement.run(sql);
  if (statement.fetch()) {
    if (const auto wall = parse_wall(statement.text(1).value_or(""))) return *wall;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Instant::of_millis(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool OdbcConnection::set_isolation(const std::string& mode) {
  static const std::map<std::string, SQLULEN> kModes{{"READ_UNCOMMITTED", SQL_TXN_READ_UNCOMMITTED},
                                                     {"READ_COMMITTED", SQL_TXN_READ_COMMITTED},
                                                     {"REPEATABLE_READ", SQL_TXN_REPEATABLE_READ},
                                                     {"SERIALIZABLE", SQL_TXN_SERIALIZABLE}};
  if (mode == "SQL_SERVER_SNAPSHOT") {
    if (product_ != Product::kSqlServer) return false;
    execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT");
    return true;
  }
  const auto at = kModes.find(mode);
  return at != kModes.end() && SQL_SUCCEEDED(SQLSetConnectAttr(handles_->connection, SQL_ATTR_TXN_ISOLATION,
                                                               reinterpret_cast<SQLPOINTER>(at->second), 0));
}

std::string OdbcConnection::database_name() {
  std::array<char, 256> name{};
  SQLSMALLINT length = 0;
  SQLGetInfo(handles_->connection, SQL_DATABASE_NAME, name.data(), static_cast<SQLSMALLINT>(name.size()), &length);
  return name.data();
}

std::string OdbcConnection::timestamp_expression(const std::string& column) {
  return product_ == Product::kSqlite ? sqlite_timestamp_expression(column) : column;
}

std::string OdbcConnection::timestamp_literal(const TimestampBound& bound, const ReadOptions& options) {
  if (product_ == Product::kSqlite) return sqlite_timestamp_literal(bound, options);
  const int digits = product_ == Product::kSqlServer ? 7 : product_ == Product::kOracle ? 9 : 6;
  const std::string text = format_wall(to_wall(bound.instant, *options.zone, options.calendar), ' ', digits);
  if (product_ == Product::kOracle) return "TIMESTAMP '" + text + "'";
  if (product_ == Product::kSqlServer) return "CAST('" + text + "' AS datetime2)";
  return product_ == Product::kGeneric ? "{ts '" + text + "'}" : "'" + text + "'";
}

}  // namespace millrace::jdbc::odbc
