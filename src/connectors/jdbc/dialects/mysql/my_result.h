#pragma once

#include <mysql.h>

#include <memory>

#include "connectors/jdbc/dialects/mysql/my_connection.h"

namespace millrace::jdbc::mysql {

/// The running result of `connection`, which must have one.
std::unique_ptr<ResultSet> make_result(MyConnection& connection);

}  // namespace millrace::jdbc::mysql
