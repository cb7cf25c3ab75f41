#pragma once

#include <sql.h>
#include <sqlext.h>

#include <string>

#include "connectors/jdbc/dialects/odbc/odbc_connection.h"

namespace millrace::jdbc::odbc {

struct OdbcConnection::Handles {
  SQLHENV environment = nullptr;
  SQLHDBC connection = nullptr;
  bool connected = false;
  bool broken = false;
  ~Handles();
};

/// A statement handle. Cancelled by the interrupt while it lives.
class OdbcStatement {
 public:
  OdbcStatement(OdbcConnection::Handles& handles, Interrupt& interrupt);
  ~OdbcStatement();
  OdbcStatement(const OdbcStatement&) = delete;
  OdbcStatement& operator=(const OdbcStatement&) = delete;
  SQLHSTMT raw() const { return handle_; }
  /// Throws SqlError or Interrupted unless `code` is a success (or "no data").
  void check(SQLRETURN code);
  void run(const std::string& sql);
  bool fetch();
  /// A column of the current row as text; nullopt for NULL.
  std::optional<std::string> text(SQLUSMALLINT column);

 private:
  OdbcConnection::Handles& handles_;
  Interrupt& interrupt_;
  SQLHSTMT handle_ = nullptr;
  std::unique_ptr<Interrupt::Scope> on_interrupt_;
};

SqlError odbc_error(SQLSMALLINT type, SQLHANDLE handle);
SQLCHAR* odbc_text(const std::string& text);

std::unique_ptr<ResultSet> make_result(std::unique_ptr<OdbcStatement> statement);

}  // namespace millrace::jdbc::odbc
