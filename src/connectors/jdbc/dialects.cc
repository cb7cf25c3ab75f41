#include <algorithm>
#include <array>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/dialects/mysql/my_connection.h"
#include "connectors/jdbc/dialects/odbc/odbc_connection.h"
#include "connectors/jdbc/dialects/postgresql/pg_connection.h"
#include "connectors/jdbc/dialects/sqlite/sqlite_connection.h"
#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

bool starts_with_ignoring_case(const std::string& text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignoring_case(std::string_view(text).substr(0, prefix.size()), prefix);
}

/// Hides what stands between `at` and the next of `ends`.
void hide_until(std::string& text, std::size_t at, std::string_view ends) {
  const std::size_t end = std::min(text.find_first_of(ends, at), text.size());
  text.replace(at, end - at, "****");
}

}  // namespace

std::pair<std::string, std::string> split_jdbc_url(const std::string& url) {
  if (starts_with_ignoring_case(url, "odbc:")) return {"odbc", url.substr(5)};
  const std::size_t colon = url.find(':', 5);
  if (!starts_with_ignoring_case(url, "jdbc:") || colon == std::string::npos || colon == 5) {
    throw ConfigError(
        "Not a valid JDBC URL: " + redact_url(url) +
        (url.empty() ? "(empty); set connection.url, for example jdbc:postgresql://host:5432/database"
                     : "; it must read jdbc:<database>:<where>, for example jdbc:postgresql://host:5432/database"));
  }
  return {url.substr(5, colon - 5), url.substr(colon + 1)};
}

std::string redact_url(const std::string& url) {
  std::string text = url;
  const std::string lower = to_lower(text);
  std::vector<std::size_t> secrets;
  for (const std::string_view word : {"password=", "pwd=", "accesstoken="}) {
    for (std::size_t at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1))
      secrets.push_back(at + word.size());
  }
  std::sort(secrets.rbegin(), secrets.rend());
  for (const std::size_t at : secrets) hide_until(text, at, "&;");
  // mysql://user:password@host
  const std::size_t authority = text.find("//");
  const std::size_t host = text.find('@', authority == std::string::npos ? 0 : authority);
  if (authority != std::string::npos && host != std::string::npos && host < text.find_first_of("/?", authority + 2)) {
    const std::size_t colon = text.find(':', authority);
    if (colon < host) text.replace(colon + 1, host - colon - 1, "****");
  }
  // oracle:thin:user/password@host
  constexpr std::string_view kOracle = "jdbc:oracle:thin:";
  const std::size_t slash = text.find('/', kOracle.size());
  const std::size_t end = text.rfind('@');
  if (lower.compare(0, kOracle.size(), kOracle) == 0 && end != std::string::npos && slash < end)
    text.replace(slash + 1, end - slash - 1, "****");
  return text;
}

TableId Dialect::table_id(const std::vector<std::string>& parts, QuoteMethod) const {
  TableId id;
  if (parts.size() == 1) {
    id.table = parts[0];
  } else if (parts.size() == 2) {
    (has_catalog_in_name() ? id.catalog : id.schema) = parts[0];
    id.table = parts[1];
  } else if (parts.size() == 3) {
    id.catalog = parts[0];
    id.schema = parts[1];
    id.table = parts[2];
  } else {
    id.schema = parts[0];
    id.table = parts[1];
  }
  return id;
}

const Dialect& find_dialect(const std::string& dialect_name, const std::string& url) {
  static const postgresql::PgDialect kPostgresql;
  const auto [subprotocol, rest] = split_jdbc_url(url);
  const std::string protocol = to_lower(subprotocol);
  static const mysql::MyDialect kMysql;
  static const sqlite::SqliteDialect kSqlite;
  static const odbc::OdbcDialect kOdbc(odbc::Product::kGeneric);
  static const odbc::OdbcDialect kSqlServer(odbc::Product::kSqlServer);
  static const odbc::OdbcDialect kOracle(odbc::Product::kOracle);
  static const odbc::OdbcDialect kDb2(odbc::Product::kDb2);
  static const odbc::OdbcDialect kSapHana(odbc::Product::kSapHana);
  static const odbc::OdbcDialect kSybase(odbc::Product::kSybase);
  static const odbc::OdbcDialect kVertica(odbc::Product::kVertica);
  if (protocol == "sqlite") return kSqlite;
  if (protocol == "odbc") {
    for (const odbc::OdbcDialect* dialect : {&kSqlServer, &kOracle, &kDb2, &kSapHana, &kSybase, &kVertica}) {
      if (dialect->name() == dialect_name) return *dialect;
    }
    return dialect_name == "DerbyDatabaseDialect" ? kDb2 : kOdbc;
  }
  const bool other_sqlserver_driver =
      (protocol == "jtds" || protocol == "microsoft") && starts_with_ignoring_case(rest, "sqlserver:");
  if (protocol == "sqlserver" || other_sqlserver_driver) return kSqlServer;
  if (protocol == "oracle") return kOracle;
  if (protocol == "postgresql") return kPostgresql;
  if (protocol == "mysql" || protocol == "mysql+srv" || protocol == "mariadb") return kMysql;
  throw ConfigError(
      "connection.url: no database client for \"jdbc:" + subprotocol +
      ":\" URLs; there are postgresql, mysql, mariadb, sqlite, and odbc: for any database with an ODBC driver" +
      (dialect_name.empty() ? "" : " (dialect.name \"" + dialect_name + "\" only chooses how SQL is written)"));
}

}  // namespace millrace::jdbc
