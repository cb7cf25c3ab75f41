#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "millrace/errors.h"

namespace millrace::jdbc {

/// What to do about a refusal of the database.
enum class SqlErrorKind : std::uint8_t {
  kConnection,  ///< away, starting, shutting down, out of slots: connect again, the statement may succeed later
  kTransient,   ///< deadlock, serialisation failure, lock timeout: the same transaction may succeed at once
  kData,        ///< this row's values: constraint, overflow, wrong text for the type
  kLogin,       ///< wrong user, password, database, TLS settings: nothing helps but another configuration
  kStatement,   ///< everything else: missing table or column, syntax, permission
};

/// What a database answered. The message is the database's own.
class SqlError : public ConnectError {
 public:
  SqlError(SqlErrorKind kind, const std::string& message, std::string sql_state = {}, std::int64_t vendor_code = 0)
      : ConnectError(message), kind_(kind), sql_state_(std::move(sql_state)), vendor_code_(vendor_code) {}
  const char* java_class() const noexcept override { return "java.sql.SQLException"; }
  SqlErrorKind kind() const noexcept { return kind_; }
  const std::string& sql_state() const noexcept { return sql_state_; }
  std::int64_t vendor_code() const noexcept { return vendor_code_; }

 private:
  SqlErrorKind kind_;
  std::string sql_state_;
  std::int64_t vendor_code_;
};

/// A refused batch whose bad row is known.
class RowError : public SqlError {
 public:
  RowError(const SqlError& error, std::size_t row) : SqlError(error), row_(row) {}
  std::size_t row() const noexcept { return row_; }

 private:
  std::size_t row_;
};

/// A value of the database that no Connect value can hold. Fails the task.
class SqlDataError : public DataError {
 public:
  using DataError::DataError;
  const char* java_class() const noexcept override { return "java.sql.SQLDataException"; }
};

/// The task or connector is stopping; whatever ran was given up.
class Interrupted : public ConnectError {
 public:
  Interrupted() : ConnectError("Interrupted while waiting for the database") {}
};

/// The kind by SQLSTATE, for databases that give one.
SqlErrorKind kind_of_sql_state(const std::string& sql_state) noexcept;

}  // namespace millrace::jdbc
