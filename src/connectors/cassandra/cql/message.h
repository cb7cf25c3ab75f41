#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "connectors/cassandra/cql/frame.h"
#include "connectors/cassandra/cql/types.h"

namespace millrace::cassandra::cql {

enum class Consistency : std::uint16_t {
  kAny,
  kOne,
  kTwo,
  kThree,
  kQuorum,
  kAll,
  kLocalQuorum,
  kEachQuorum,
  kSerial,
  kLocalSerial,
  kLocalOne,
};

/// "LOCAL_ONE"
const char* name_of(Consistency consistency) noexcept;
/// In any case; nullopt when there is no such level.
std::optional<Consistency> parse_consistency(std::string_view text);
/// "ANY, ONE, ..., LOCAL_ONE"
std::string consistency_names();

// ---------------------------------------------------------------------------------------------------------------------
// Requests

/// A value to bind: bytes, null or "not set" (the column stays as it is).
struct BoundValue {
  enum class Kind : std::uint8_t { kBytes, kNull, kNotSet };
  Kind kind = Kind::kNull;
  std::string bytes;

  static BoundValue of(std::string value) { return {Kind::kBytes, std::move(value)}; }
  static BoundValue null() { return {}; }
  static BoundValue not_set() { return {Kind::kNotSet, {}}; }
};

struct QueryParams {
  Consistency consistency = Consistency::kLocalOne;
  std::vector<BoundValue> values;
  std::int32_t page_size = 0;                ///< 0: no paging
  std::string paging_state;                  ///< empty: from the start
  std::optional<std::int64_t> timestamp_us;  ///< write time
};

/// One statement of a batch; borrows.
struct BatchEntry {
  std::string_view id;  ///< of a prepared statement
  const std::vector<BoundValue>* values = nullptr;
};

std::string startup_body(const std::vector<std::pair<std::string, std::string>>& options);
std::string register_body();
std::string plain_auth_body(std::string_view user, std::string_view password);
std::string query_body(std::uint8_t version, std::string_view cql, const QueryParams& params);
std::string prepare_body(std::uint8_t version, std::string_view cql);
std::string execute_body(std::uint8_t version, std::string_view id, std::string_view metadata_id,
                         const QueryParams& params);
std::string batch_body(std::uint8_t version, const std::vector<BatchEntry>& entries, Consistency consistency,
                       std::optional<std::int64_t> timestamp_us);

// ---------------------------------------------------------------------------------------------------------------------
// Responses

namespace error_code {
inline constexpr std::int32_t kServerError = 0x0000, kProtocolError = 0x000A, kBadCredentials = 0x0100,
                              kUnavailable = 0x1000, kOverloaded = 0x1001, kBootstrapping = 0x1002,
                              kTruncateError = 0x1003, kWriteTimeout = 0x1100, kReadTimeout = 0x1200,
                              kReadFailure = 0x1300, kFunctionFailure = 0x1400, kWriteFailure = 0x1500,
                              kCdcWriteFailure = 0x1600, kCasUnknown = 0x1700, kSyntaxError = 0x2000,
                              kUnauthorized = 0x2100, kInvalid = 0x2200, kConfigError = 0x2300, kAlreadyExists = 0x2400,
                              kUnprepared = 0x2500;
}  // namespace error_code

/// An ERROR message.
struct ServerError {
  std::int32_t code = 0;
  std::string message;
  std::int32_t received = 0;
  std::int32_t required = 0;
  bool data_present = false;
  std::string write_type;
  std::string unprepared_id;
};

/// "Unavailable", "Write timeout", ...
const char* error_name(std::int32_t code) noexcept;

struct Column {
  std::string keyspace;
  std::string table;
  std::string name;
  DataType type;
  bool operator==(const Column&) const = default;
};
using Columns = std::vector<Column>;

struct RowsMetadata {
  std::int32_t column_count = 0;
  std::shared_ptr<const Columns> columns;  ///< null when the server left them out
  std::string paging_state;
  bool has_more_pages = false;
  std::string new_metadata_id;
};

/// One cell: bytes inside the page, or null.
struct Cell {
  const char* data = nullptr;
  std::int32_t size = -1;
  bool is_null() const noexcept { return size < 0; }
  std::string_view bytes() const noexcept { return {data, static_cast<std::size_t>(size)}; }
};

/// One page of a result. Owns the bytes; rows are decoded one by one as they are asked for.
class Rows {
 public:
  Rows() = default;
  Rows(RowsMetadata metadata, std::int32_t row_count, std::string body, std::size_t offset);

  const RowsMetadata& metadata() const noexcept { return metadata_; }
  const std::shared_ptr<const Columns>& columns() const noexcept { return metadata_.columns; }
  /// For responses without metadata: the columns of the prepared statement.
  void set_columns(std::shared_ptr<const Columns> columns) { metadata_.columns = std::move(columns); }
  std::int32_t row_count() const noexcept { return row_count_; }
  std::int32_t rows_left() const noexcept { return row_count_ - rows_read_; }
  /// The next row's cells, valid while this object lives and stays where it is; false at the end. WireError on broken bytes.
  bool next(std::vector<Cell>& cells);
  /// The position of a column, or npos.
  std::size_t index_of(std::string_view column) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  RowsMetadata metadata_;
  std::int32_t row_count_ = 0;
  std::int32_t rows_read_ = 0;
  std::string body_;
  std::size_t offset_ = 0;
};

struct Prepared {
  std::string id;
  std::string metadata_id;  ///< v5
  std::vector<std::uint16_t> partition_key_indexes;
  std::shared_ptr<const Columns> bind_columns;
  std::shared_ptr<const Columns> result_columns;
};

struct SchemaChange {
  std::string change;
  std::string target;
  std::string keyspace;
  std::string name;
};
struct Event {
  std::string type;  ///< TOPOLOGY_CHANGE, STATUS_CHANGE, SCHEMA_CHANGE
  std::string change;
  SchemaChange schema;
};
struct Ready {};
struct Authenticate {
  std::string authenticator;
};
struct AuthChallenge {
  std::string token;
};
struct AuthSuccess {};
struct Supported {
  std::vector<std::pair<std::string, std::vector<std::string>>> options;
};
struct VoidResult {};
struct SetKeyspace {
  std::string keyspace;
};

using Response = std::variant<ServerError, Ready, Authenticate, AuthChallenge, AuthSuccess, Supported, VoidResult, Rows,
                              SetKeyspace, Prepared, SchemaChange, Event>;

/// Throws WireError.
Response decode_response(Frame frame);

}  // namespace millrace::cassandra::cql
