#include "connectors/jdbc/dialects/mysql/my_connection.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include "connectors/jdbc/dialects/mysql/my_result.h"
#include "connectors/jdbc/url.h"
#include "millrace/connector.h"
#include "millrace/errors.h"

namespace millrace::jdbc::mysql {
namespace {

constexpr unsigned kKillTimeoutSeconds = 2;

SqlErrorKind kind_of(unsigned code, const std::string& state) {
  switch (code) {
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case ER_CON_COUNT_ERROR:
    case ER_SERVER_SHUTDOWN:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_OPTION_PREVENTS_STATEMENT:  // --read-only
    case ER_CONNECTION_KILLED:
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL: return SqlErrorKind::kConnection;
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_CHECKREAD: return SqlErrorKind::kTransient;
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_BAD_DB_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case CR_SSL_CONNECTION_ERROR:
    case CR_AUTH_PLUGIN_CANNOT_LOAD: return SqlErrorKind::kLogin;
    case ER_DUP_ENTRY:
    case ER_BAD_NULL_ERROR:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_TRUNCATED_WRONG_VALUE:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case ER_DATA_TOO_LONG:
    case ER_NO_DEFAULT_FOR_FIELD:
    case ER_CONSTRAINT_FAILED:
    case WARN_DATA_TRUNCATED: return SqlErrorKind::kData;
    default: return kind_of_sql_state(state);
  }
}

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

void apply_options(MYSQL* mysql, const MyTarget& target, unsigned timeout_seconds) {
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_seconds);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const char* optional_ca = target.tls_ca.empty() ? nullptr : target.tls_ca.c_str();
  if (target.tls != TlsMode::kDisabled) {
    mysql_ssl_set(mysql, target.tls_key.empty() ? nullptr : target.tls_key.c_str(),
                  target.tls_certificate.empty() ? nullptr : target.tls_certificate.c_str(), optional_ca, nullptr,
                  nullptr);
  }
  my_bool enforce = target.tls >= TlsMode::kRequired ? 1 : 0;
  // With an authority given the client checks the certificate in any case, with this option the host's name as well.
  my_bool verify =
      target.tls == TlsMode::kVerifyFull || (target.tls == TlsMode::kVerifyCa && target.tls_ca.empty()) ? 1 : 0;
  mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

/// The client library takes PEM files only, and says little about others.
void check_pem(const std::string& file) {
  if (file.empty()) return;
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (text.find("-----BEGIN ") != std::string::npos) return;
  throw ConfigError(
      "connection.url: \"" + file + "\" " + (stream.good() || stream.eof() ? "is not a PEM file" : "cannot be read") +
      "; keys and certificates must be PEM files (openssl pkcs12 -in STORE.p12 -nodes -out FILE.pem makes one)");
}

MYSQL* connect_to(MYSQL* mysql, const MyTarget& target, const std::pair<std::string, unsigned>& host) {
  const bool local = !target.unix_socket.empty();
  // Otherwise the client takes "localhost" for the socket of the machine's own server, whatever the port says.
  const unsigned protocol = local ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
  return mysql_real_connect(mysql, local ? nullptr : host.first.c_str(), target.user.c_str(), target.password.c_str(),
                            target.database.empty() ? nullptr : target.database.c_str(), local ? 0 : host.second,
                            local ? target.unix_socket.c_str() : nullptr, CLIENT_FOUND_ROWS);
}

}  // namespace

MyConnection::MyConnection(const ConnectionSettings& settings, Interrupt& interrupt, Logger& log)
    : target_(parse_my_url(settings)), interrupt_(interrupt) {
  initialise_library();
  for (const std::string* file : {&target_.tls_ca, &target_.tls_certificate, &target_.tls_key}) check_pem(*file);
  for (const std::string& name : target_.unknown) {
    log.warn("connection.url: the parameter \"" + name + "\" is not known for MySQL and MariaDB and has no effect");
  }
  for (std::size_t i = 0; i < target_.hosts.size(); ++i) {
    interrupt_.check();
    if (open(target_.hosts[i], settings.login_timeout)) break;
    if (mysql_errno(&mysql_) == ER_ACCESS_DENIED_ERROR && target_.other_login) {
      std::tie(target_.user, target_.password) = *std::exchange(target_.other_login, std::nullopt);
      mysql_close(&mysql_);
      if (open(target_.hosts[i], settings.login_timeout)) break;
    }
    if (i + 1 < target_.hosts.size()) {
      mysql_close(&mysql_);
      continue;
    }
    const unsigned code = mysql_errno(&mysql_);
    const std::string state = mysql_sqlstate(&mysql_);
    SqlError error(kind_of(code, state), mysql_error(&mysql_), state, code);
    mysql_close(&mysql_);
    throw error;
  }
  on_interrupt_ =
      std::make_unique<Interrupt::Scope>(interrupt_, [this] { ::shutdown(mysql_get_socket(&mysql_), SHUT_RDWR); });
  try {
    run("SET time_zone = '+00:00', autocommit = 0, sql_mode = concat(@@sql_mode, ',STRICT_TRANS_TABLES')" +
        (target_.session_variables.empty() ? "" : ", " + target_.session_variables));
  } catch (...) {
    on_interrupt_.reset();
    mysql_close(&mysql_);
    throw;
  }
}

MyConnection::~MyConnection() {
  on_interrupt_.reset();
  if (interrupt_.triggered() && broken_) kill_statement();
  mysql_close(&mysql_);
}

bool MyConnection::open(const std::pair<std::string, unsigned>& host, std::chrono::milliseconds timeout) {
  host_ = host;
  mysql_init(&mysql_);
  const auto seconds = static_cast<unsigned>(std::max<std::int64_t>(1, timeout.count() / 1000));
  apply_options(&mysql_, target_,
                target_.connect_timeout_seconds > 0 ? std::min(seconds, target_.connect_timeout_seconds) : seconds);
  if (target_.socket_timeout_seconds > 0)
    mysql_options(&mysql_, MYSQL_OPT_READ_TIMEOUT, &target_.socket_timeout_seconds);
  if (connect_to(&mysql_, target_, host_) == nullptr) return false;
  // The client library takes a server without TLS, whatever it was told to enforce.
  if (target_.tls < TlsMode::kRequired || mysql_get_ssl_cipher(&mysql_) != nullptr) return true;
  mysql_close(&mysql_);
  throw SqlError(SqlErrorKind::kLogin, "SSL is required, but the server does not support it");
}

void MyConnection::kill_statement() noexcept {
  MYSQL other;
  mysql_init(&other);
  apply_options(&other, target_, kKillTimeoutSeconds);
  mysql_options(&other, MYSQL_OPT_READ_TIMEOUT, &kKillTimeoutSeconds);
  if (connect_to(&other, target_, host_) != nullptr) {
    const std::string sql = "KILL " + std::to_string(mysql_thread_id(&mysql_));
    mysql_real_query(&other, sql.data(), sql.size());
  }
  mysql_close(&other);
}

void MyConnection::shut_down() noexcept {
  broken_ = true;
  ::shutdown(mysql_get_socket(&mysql_), SHUT_RDWR);
}

void MyConnection::fail() {
  const unsigned code = mysql_errno(&mysql_);
  const std::string state = mysql_sqlstate(&mysql_);
  const SqlErrorKind kind = kind_of(code, state);
  if (kind == SqlErrorKind::kConnection) broken_ = true;
  if (interrupt_.triggered()) throw Interrupted();
  throw SqlError(kind, mysql_error(&mysql_), state, code);
}

void MyConnection::run(const std::string& sql) {
  interrupt_.check();
  if (broken_) throw SqlError(SqlErrorKind::kConnection, "The connection to the database was lost", "08006");
  if (mysql_real_query(&mysql_, sql.data(), sql.size()) != 0) fail();
}

std::unique_ptr<ResultSet> MyConnection::query(const std::string& sql) {
  run(sql);
  return make_result(*this);
}

void MyConnection::execute(const std::string& sql) {
  run(sql);
  if (MYSQL_RES* result = mysql_store_result(&mysql_)) mysql_free_result(result);
  if (mysql_errno(&mysql_) != 0) fail();
}

std::vector<TableColumn> MyConnection::prepare(const std::string& sql) {
  interrupt_.check();
  MYSQL_STMT* statement = mysql_stmt_init(&mysql_);
  const bool fine = mysql_stmt_prepare(statement, sql.data(), sql.size()) == 0;
  const SqlError error(SqlErrorKind::kStatement, mysql_stmt_error(statement), mysql_stmt_sqlstate(statement),
                       mysql_stmt_errno(statement));
  std::vector<TableColumn> columns;
  if (MYSQL_RES* result = fine ? mysql_stmt_result_metadata(statement) : nullptr; result != nullptr) {
    const MYSQL_FIELD* fields = mysql_fetch_fields(result);
    for (unsigned i = 0; i < mysql_num_fields(result); ++i) {
      TableColumn& column = columns.emplace_back();
      column.name = fields[i].name;
      column.is_instant = fields[i].type == MYSQL_TYPE_TIMESTAMP;
    }
    mysql_free_result(result);
  }
  mysql_stmt_close(statement);
  if (!fine) throw error;
  return columns;
}

void MyConnection::commit() { run("COMMIT"); }
void MyConnection::rollback() {
  if (!broken_) run("ROLLBACK");
}

bool MyConnection::is_valid() { return !broken_ && mysql_ping(&mysql_) == 0; }

std::vector<MyConnection::Row> MyConnection::rows(const std::string& sql) {
  run(sql);
  MYSQL_RES* result = mysql_store_result(&mysql_);
  if (result == nullptr) fail();
  std::vector<Row> all;
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    Row& copy = all.emplace_back();
    for (unsigned i = 0; i < mysql_num_fields(result); ++i) {
      copy.push_back(row[i] == nullptr ? std::nullopt : std::optional(std::string(row[i], lengths[i])));
    }
  }
  mysql_free_result(result);
  return all;
}

std::string MyConnection::quoted(const std::string& text) {
  std::string out(text.size() * 2 + 1, '\0');
  out.resize(mysql_real_escape_string(&mysql_, out.data(), text.data(), text.size()));
  return "'" + out + "'";
}

namespace {

/// information_schema's words as the drivers' table types.
std::string table_type(const std::string& type, const std::string& database) {
  static const std::set<std::string> kSystem{"mysql", "performance_schema", "sys", "information_schema"};
  const bool system = kSystem.count(database) != 0;
  if (type == "BASE TABLE" || type == "SYSTEM VERSIONED") return system ? "SYSTEM TABLE" : "TABLE";
  if (type == "VIEW") return system ? "SYSTEM VIEW" : "VIEW";
  return type;
}

}  // namespace

std::vector<TableInfo> MyConnection::tables(const TableFilter& filter) {
  std::string sql = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE 1 = 1";
  if (filter.catalog_pattern) {
    sql += " AND TABLE_SCHEMA LIKE " + quoted(*filter.catalog_pattern);
  } else if (!target_.database.empty() && !filter.other_databases) {
    sql += " AND TABLE_SCHEMA = " + quoted(target_.database);
  }
  std::vector<TableInfo> tables;
  for (const Row& row : rows(sql + " ORDER BY TABLE_TYPE, TABLE_SCHEMA, TABLE_NAME")) {
    const std::string type = table_type(*row[2], *row[0]);
    const bool wanted = std::any_of(filter.types.begin(), filter.types.end(),
                                    [&](const std::string& one) { return equals_ignoring_case(one, type); });
    if (wanted) tables.push_back({{*row[0], std::nullopt, *row[1]}, type});
  }
  return tables;
}

std::optional<TableInfo> MyConnection::find_table(const TableId& table, const std::vector<std::string>&) {
  const std::optional<std::string> database = table.catalog ? table.catalog : table.schema;
  const auto found =
      rows("SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
           (database ? quoted(*database) : std::string("DATABASE()")) + " AND TABLE_NAME = " + quoted(table.table));
  if (found.empty()) return std::nullopt;
  return TableInfo{{*found[0][0], std::nullopt, *found[0][1]}, table_type(*found[0][2], *found[0][0])};
}

std::vector<TableColumn> MyConnection::columns(const TableId& table) {
  const std::optional<std::string> database = table.catalog ? table.catalog : table.schema;
  std::vector<TableColumn> columns;
  for (const Row& row :
       rows("SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, EXTRA, COLUMN_KEY FROM information_schema.COLUMNS WHERE "
            "TABLE_SCHEMA = " +
            (database ? quoted(*database) : std::string("DATABASE()")) + " AND TABLE_NAME = " + quoted(table.table) +
            " ORDER BY ORDINAL_POSITION")) {
    TableColumn column;
    column.name = *row[0];
    column.type_name = to_lower(*row[1]);
    column.nullable = *row[2] == "YES" ? Nullability::kYes : Nullability::kNo;
    column.auto_increment = to_lower(row[3].value_or("")).find("auto_increment") != std::string::npos;
    column.primary_key = row[4].value_or("") == "PRI";
    column.is_instant = column.type_name == "timestamp";
    columns.push_back(std::move(column));
  }
  return columns;
}

Instant MyConnection::current_time() {
  const auto now = rows("SELECT UTC_TIMESTAMP(6)");
  return parse_wall(now.at(0).at(0).value_or("")).value_or(Instant{});
}

bool MyConnection::set_isolation(const std::string& mode) {
  static const std::set<std::string> kModes{"READ_UNCOMMITTED", "READ_COMMITTED", "REPEATABLE_READ", "SERIALIZABLE"};
  if (kModes.count(mode) == 0) return false;
  std::string words = mode;
  std::replace(words.begin(), words.end(), '_', ' ');
  execute("SET SESSION TRANSACTION ISOLATION LEVEL " + words);
  return true;
}

std::string MyConnection::timestamp_literal(const TimestampBound& bound, const ReadOptions& options) {
  // DATETIME holds wall time of db.timezone; TIMESTAMP is compared in the session's zone, which is UTC.
  const TimeZone& zone = bound.column_is_instant ? *TimeZone::utc() : *options.zone;
  return "'" + format_wall(to_wall(bound.instant, zone, options.calendar), ' ', 6) + "'";
}

}  // namespace millrace::jdbc::mysql
