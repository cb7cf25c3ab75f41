#include "connectors/jdbc/sql_error.h"

#include <string_view>

namespace millrace::jdbc {

SqlErrorKind kind_of_sql_state(const std::string& sql_state) noexcept {
  const std::string_view state = sql_state;
  const std::string_view state_class = state.substr(0, 2);
  if (state == "40001" || state == "40P01" || state == "55P03" || state_class == "40") return SqlErrorKind::kTransient;
  // 57P01..57P03: shutdown, crash, starting up; 53: out of connections, memory, disk; 25006: read-only (a failed-over
  // server); HYT00/HYT01: ODBC time-outs.
  if (state_class == "08" || state_class == "53" || state == "25006" || state_class == "58" || state == "HYT00" ||
      state == "HYT01" || (state.substr(0, 4) == "57P0" && state != "57P04")) {
    return SqlErrorKind::kConnection;
  }
  if (state_class == "28" || state == "3D000" || state == "IM002" || state == "IM003") return SqlErrorKind::kLogin;
  if (state_class == "22" || state_class == "23" || state_class == "44" || state == "42804") return SqlErrorKind::kData;
  return SqlErrorKind::kStatement;
}

}  // namespace millrace::jdbc
