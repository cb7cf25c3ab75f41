#pragma once

#include <memory>

#include "connectors/jdbc/dialects/sqlite/sqlite_connection.h"

namespace millrace::jdbc::sqlite {

std::unique_ptr<ResultSet> make_result(SqliteConnection& connection, Statement statement);

}  // namespace millrace::jdbc::sqlite
