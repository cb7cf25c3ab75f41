#pragma once

#include <string>

#include "connectors/jdbc/database.h"

/// SQLite has no type for times: a column holds text or milliseconds, whichever was written. Its own client and its ODBC
/// driver both compare them as milliseconds, so that "…55.15" and "…55.150" are one time.
namespace millrace::jdbc {

std::string sqlite_timestamp_expression(const std::string& column);
std::string sqlite_timestamp_literal(const TimestampBound& bound, const ReadOptions& options);

}  // namespace millrace::jdbc
