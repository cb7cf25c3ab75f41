#include "connectors/cassandra/cql/message.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace millrace::cassandra::cql {

namespace {

constexpr std::array kConsistencyNames{"ANY",          "ONE",         "TWO",    "THREE",        "QUORUM",   "ALL",
                                       "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL", "LOCAL_ONE"};

enum ParamFlag : std::uint32_t {
  kValues = 0x01,
  kPageSize = 0x04,
  kPagingState = 0x08,
  kTimestamp = 0x20,
};

void write_flags(Writer& out, std::uint8_t version, std::uint32_t flags) {
  if (version >= 5) {
    out.i32(static_cast<std::int32_t>(flags));
  } else {
    out.u8(static_cast<std::uint8_t>(flags));
  }
}

void write_values(Writer& out, const std::vector<BoundValue>& values) {
  out.u16(static_cast<std::uint16_t>(values.size()));
  for (const auto& value : values) {
    switch (value.kind) {
      case BoundValue::Kind::kBytes: out.bytes(value.bytes); break;
      case BoundValue::Kind::kNull: out.null(); break;
      case BoundValue::Kind::kNotSet: out.not_set(); break;
    }
  }
}

void write_params(Writer& out, std::uint8_t version, const QueryParams& params) {
  out.u16(static_cast<std::uint16_t>(params.consistency));
  std::uint32_t flags = 0;
  if (!params.values.empty()) flags |= kValues;
  if (params.page_size > 0) flags |= kPageSize;
  if (!params.paging_state.empty()) flags |= kPagingState;
  if (params.timestamp_us) flags |= kTimestamp;
  write_flags(out, version, flags);
  if (!params.values.empty()) write_values(out, params.values);
  if (params.page_size > 0) out.i32(params.page_size);
  if (!params.paging_state.empty()) out.bytes(params.paging_state);
  if (params.timestamp_us) out.i64(*params.timestamp_us);
}

Columns read_columns(Reader& in, std::int32_t count, bool global) {
  std::string keyspace;
  std::string table;
  if (global) {
    keyspace = std::string(in.string());
    table = std::string(in.string());
  }
  Columns columns;
  for (std::int32_t i = 0; i < count; ++i) {
    Column column{keyspace, table, {}, {}};
    if (!global) {
      column.keyspace = std::string(in.string());
      column.table = std::string(in.string());
    }
    column.name = std::string(in.string());
    column.type = read_type(in);
    columns.push_back(std::move(column));
  }
  return columns;
}

std::int32_t read_count(Reader& in, const char* what) {
  const std::int32_t count = in.i32();
  if (count < 0) throw WireError(std::string("a negative number of ") + what);
  return count;
}

RowsMetadata read_rows_metadata(Reader& in) {
  RowsMetadata metadata;
  const auto flags = static_cast<std::uint32_t>(in.i32());
  metadata.column_count = read_count(in, "columns");
  metadata.has_more_pages = (flags & 0x02) != 0;
  if (metadata.has_more_pages) metadata.paging_state = std::string(in.bytes().value_or(std::string_view{}));
  if ((flags & 0x08) != 0) metadata.new_metadata_id = std::string(in.short_bytes());
  if ((flags & 0x04) == 0) {
    metadata.columns = std::make_shared<const Columns>(read_columns(in, metadata.column_count, (flags & 0x01) != 0));
  }
  return metadata;
}

Prepared read_prepared(Reader& in, std::uint8_t version) {
  Prepared prepared;
  prepared.id = std::string(in.short_bytes());
  if (version >= 5) prepared.metadata_id = std::string(in.short_bytes());
  const auto flags = static_cast<std::uint32_t>(in.i32());
  const std::int32_t count = read_count(in, "markers");
  if (version >= 4) {
    const std::int32_t keys = read_count(in, "partition key markers");
    for (std::int32_t i = 0; i < keys; ++i) prepared.partition_key_indexes.push_back(in.u16());
  }
  prepared.bind_columns = std::make_shared<const Columns>(read_columns(in, count, (flags & 0x01) != 0));
  for (const auto index : prepared.partition_key_indexes) {
    if (index >= prepared.bind_columns->size()) throw WireError("a partition key marker has no column");
  }
  prepared.result_columns = read_rows_metadata(in).columns;
  return prepared;
}

SchemaChange read_schema_change(Reader& in) {
  SchemaChange change;
  change.change = std::string(in.string());
  change.target = std::string(in.string());
  change.keyspace = std::string(in.string());
  if (change.target != "KEYSPACE") change.name = std::string(in.string());
  return change;
}

ServerError read_error(Reader& in) {
  ServerError error;
  error.code = in.i32();
  error.message = std::string(in.string());
  try {  // Extras may be missing or longer than known: the message itself counts.
    switch (error.code) {
      case error_code::kUnavailable:
        in.u16();
        error.required = in.i32();
        error.received = in.i32();
        break;
      case error_code::kWriteTimeout:
        in.u16();
        error.received = in.i32();
        error.required = in.i32();
        error.write_type = std::string(in.string());
        break;
      case error_code::kReadTimeout:
        in.u16();
        error.received = in.i32();
        error.required = in.i32();
        error.data_present = in.u8() != 0;
        break;
      case error_code::kReadFailure:
      case error_code::kWriteFailure:
        in.u16();
        error.received = in.i32();
        error.required = in.i32();
        break;
      case error_code::kUnprepared: error.unprepared_id = std::string(in.short_bytes()); break;
      default: break;
    }
  } catch (const WireError&) {
    return error;
  }
  return error;
}

Event read_event(Reader& in) {
  Event event;
  event.type = std::string(in.string());
  if (event.type == "SCHEMA_CHANGE") {
    event.schema = read_schema_change(in);
    event.change = event.schema.change;
  } else {
    event.change = std::string(in.string());
  }
  return event;
}

Response decode_result(Frame frame) {
  Reader in(frame.body);
  const std::int32_t kind = in.i32();
  switch (kind) {
    case 1: return VoidResult{};
    case 2: {
      RowsMetadata metadata = read_rows_metadata(in);
      const std::int32_t rows = read_count(in, "rows");
      if (metadata.column_count == 0 && rows > 0) throw WireError("rows without columns");
      // Each cell takes four bytes at least: a row count that cannot be true is refused before anyone trusts it.
      if (static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(metadata.column_count) * 4 > in.remaining()) {
        throw WireError("a page declares " + std::to_string(rows) + " rows, more than it holds");
      }
      const auto offset = in.position();
      return Rows(std::move(metadata), rows, std::move(frame.body), offset);
    }
    case 3: return SetKeyspace{std::string(in.string())};
    case 4: return read_prepared(in, frame.version);
    case 5: return read_schema_change(in);
    default: throw WireError("unknown kind of result " + std::to_string(kind));
  }
}

}  // namespace

const char* name_of(Consistency consistency) noexcept {
  return kConsistencyNames[static_cast<std::size_t>(consistency)];
}

std::optional<Consistency> parse_consistency(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (std::size_t i = 0; i < kConsistencyNames.size(); ++i) {
    if (upper == kConsistencyNames[i]) return static_cast<Consistency>(i);
  }
  return std::nullopt;
}

std::string consistency_names() {
  std::string out;
  for (const char* name : kConsistencyNames) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::string startup_body(const std::vector<std::pair<std::string, std::string>>& options) {
  return Writer().string_map(options).take();
}

std::string register_body() {
  Writer out;
  out.u16(3).string("TOPOLOGY_CHANGE").string("STATUS_CHANGE").string("SCHEMA_CHANGE");
  return out.take();
}

std::string plain_auth_body(std::string_view user, std::string_view password) {
  std::string token;
  token.push_back('\0');
  token += user;
  token.push_back('\0');
  token += password;
  return Writer().bytes(token).take();
}

std::string query_body(std::uint8_t version, std::string_view cql, const QueryParams& params) {
  Writer out;
  out.long_string(cql);
  write_params(out, version, params);
  return out.take();
}

std::string prepare_body(std::uint8_t version, std::string_view cql) {
  Writer out;
  out.long_string(cql);
  if (version >= 5) out.i32(0);
  return out.take();
}

std::string execute_body(std::uint8_t version, std::string_view id, std::string_view metadata_id,
                         const QueryParams& params) {
  Writer out;
  out.string(id);
  if (version >= 5) out.string(metadata_id);
  write_params(out, version, params);
  return out.take();
}

std::string batch_body(std::uint8_t version, const std::vector<BatchEntry>& entries, Consistency consistency,
                       std::optional<std::int64_t> timestamp_us) {
  Writer out;
  out.u8(1).u16(static_cast<std::uint16_t>(entries.size()));  // unlogged
  for (const auto& entry : entries) {
    out.u8(1).string(entry.id);
    write_values(out, *entry.values);
  }
  out.u16(static_cast<std::uint16_t>(consistency));
  write_flags(out, version, timestamp_us ? kTimestamp : 0U);
  if (timestamp_us) out.i64(*timestamp_us);
  return out.take();
}

const char* error_name(std::int32_t code) noexcept {
  switch (code) {
    case error_code::kServerError: return "Server error";
    case error_code::kProtocolError: return "Protocol error";
    case error_code::kBadCredentials: return "Bad credentials";
    case error_code::kUnavailable: return "Unavailable";
    case error_code::kOverloaded: return "Overloaded";
    case error_code::kBootstrapping: return "Bootstrapping";
    case error_code::kTruncateError: return "Truncate error";
    case error_code::kWriteTimeout: return "Write timeout";
    case error_code::kReadTimeout: return "Read timeout";
    case error_code::kReadFailure: return "Read failure";
    case error_code::kFunctionFailure: return "Function failure";
    case error_code::kWriteFailure: return "Write failure";
    case error_code::kCdcWriteFailure: return "CDC write failure";
    case error_code::kCasUnknown: return "Compare-and-set outcome unknown";
    case error_code::kSyntaxError: return "Syntax error";
    case error_code::kUnauthorized: return "Unauthorized";
    case error_code::kInvalid: return "Invalid";
    case error_code::kConfigError: return "Configuration error";
    case error_code::kAlreadyExists: return "Already exists";
    case error_code::kUnprepared: return "Unprepared";
    default: return "Error";
  }
}

Rows::Rows(RowsMetadata metadata, std::int32_t row_count, std::string body, std::size_t offset)
    : metadata_(std::move(metadata)), row_count_(row_count), body_(std::move(body)), offset_(offset) {}

bool Rows::next(std::vector<Cell>& cells) {
  if (rows_read_ >= row_count_) return false;
  cells.resize(static_cast<std::size_t>(metadata_.column_count));
  Reader in(std::string_view(body_).substr(offset_));
  for (auto& cell : cells) {
    const std::int32_t size = in.i32();
    if (size < 0) {
      cell = Cell{};
    } else {
      cell.data = in.raw(static_cast<std::size_t>(size)).data();
      cell.size = size;
    }
  }
  offset_ += in.position();
  ++rows_read_;
  return true;
}

std::size_t Rows::index_of(std::string_view column) const {
  if (!metadata_.columns) return npos;
  for (std::size_t i = 0; i < metadata_.columns->size(); ++i) {
    if ((*metadata_.columns)[i].name == column) return i;
  }
  return npos;
}

Response decode_response(Frame frame) {
  Reader in(frame.body);
  switch (frame.opcode) {
    case Opcode::kError: return read_error(in);
    case Opcode::kReady: return Ready{};
    case Opcode::kAuthenticate: return Authenticate{std::string(in.string())};
    case Opcode::kAuthChallenge: return AuthChallenge{std::string(in.bytes().value_or(std::string_view{}))};
    case Opcode::kAuthSuccess: return AuthSuccess{};
    case Opcode::kSupported: return Supported{in.string_multimap()};
    case Opcode::kEvent: return read_event(in);
    case Opcode::kResult: return decode_result(std::move(frame));
    default: throw WireError("unknown kind of response " + std::to_string(static_cast<int>(frame.opcode)));
  }
}

}  // namespace millrace::cassandra::cql
