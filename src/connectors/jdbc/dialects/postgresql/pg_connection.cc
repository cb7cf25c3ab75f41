#include "connectors/jdbc/dialects/postgresql/pg_connection.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "connectors/jdbc/dialects/postgresql/pg_decode.h"
#include "connectors/jdbc/type_mapping.h"
#include "connectors/jdbc/url.h"
#include "millrace/connector.h"

namespace millrace::jdbc::postgresql {
namespace {

std::string field(const PgResult& result, int row, int column) { return PQgetvalue(result.get(), row, column); }

class PgResultSet final : public ResultSet {
 public:
  PgResultSet(PgSession& session, std::vector<ResultColumn> columns, std::vector<std::uint32_t> oids)
      : session_(session), columns_(std::move(columns)), oids_(std::move(oids)), cells_(columns_.size()) {}
  ~PgResultSet() override {
    if (!done_ && session_.usable()) session_.abandon_copy();
  }

  const std::vector<ResultColumn>& columns() const override { return columns_; }

  void plan(const std::vector<FieldPlan>& fields, const ReadOptions& options) override {
    options_ = &options;
    decoders_.clear();
    for (const FieldPlan& field : fields) decoders_.push_back(make_decoder(oids_[field.column], field, options));
  }

  bool next() override {
    while (!done_) {
      if (at_ >= message_.size) {
        const auto message = session_.next_copy_message();
        if (!message) {
          done_ = true;
          break;
        }
        message_ = *message;
        at_ = 0;
        if (!header_seen_) {
          // Signature, flags, and the length of an extension that no server sends.
          need(kHeaderSize);
          at_ = kHeaderSize + static_cast<std::size_t>(read_int32(message_.data + kHeaderSize - 4));
          header_seen_ = true;
          continue;
        }
      }
      need(2);
      const std::int16_t count = read_int16(message_.data + at_);
      at_ += 2;
      if (count < 0) {
        at_ = message_.size;  // the trailer; the end of the copy follows
        continue;
      }
      parse_row(count);
      return true;
    }
    return false;
  }

  void read(std::vector<Value>& values) override {
    for (const PgDecoder& decoder : decoders_) {
      const PgCell& cell = cells_[decoder.column];
      Value& value = values.emplace_back();
      if (cell.size >= 0) decoder.decode(cell, decoder, value);
    }
  }

  std::optional<Instant> instant(std::size_t planned_field) override {
    const PgDecoder& decoder = decoders_[planned_field];
    const PgCell& cell = cells_[decoder.column];
    if (cell.size < 0) return std::nullopt;
    if (decoder.target != Target::kTimestamp && decoder.target != Target::kDate) {
      Value value;
      decoder.decode(cell, decoder, value);
      return instant_of_value(value, *options_);
    }
    return decode_instant(cell, decoder.oid, *options_);
  }

 private:
  static constexpr std::size_t kHeaderSize = 19;

  void need(std::size_t bytes) const {
    if (at_ + bytes > message_.size)
      throw SqlError(SqlErrorKind::kConnection, "The server sent a row that ends too early", "08P01");
  }

  void parse_row(std::int16_t count) {
    if (static_cast<std::size_t>(count) != cells_.size()) {
      throw SqlError(SqlErrorKind::kConnection,
                     "The server sent a row of " + std::to_string(count) + " columns where " +
                         std::to_string(cells_.size()) + " were described",
                     "08P01");
    }
    for (PgCell& cell : cells_) {
      need(4);
      cell.size = read_int32(message_.data + at_);
      at_ += 4;
      cell.data = message_.data + at_;
      if (cell.size > 0) {
        need(static_cast<std::size_t>(cell.size));
        at_ += static_cast<std::size_t>(cell.size);
      }
    }
  }

  PgSession& session_;
  std::vector<ResultColumn> columns_;
  std::vector<std::uint32_t> oids_;
  std::vector<PgCell> cells_;
  std::vector<PgDecoder> decoders_;
  const ReadOptions* options_ = nullptr;
  PgSession::Message message_;
  std::size_t at_ = 0;
  bool header_seen_ = false;
  bool done_ = false;
};

/// A query as it can stand inside COPY ( ... ): no semicolon, and a line end in case it ends in a comment.
std::string as_subquery(std::string sql) {
  while (!sql.empty() && (sql.back() == ';' || static_cast<unsigned char>(sql.back()) <= ' ')) sql.pop_back();
  return sql + "\n";
}

/// One row per relation with the type names of JDBC.
constexpr const char* kTypeOfRelation =
    "CASE WHEN n.nspname ~ '^pg_temp_' THEN CASE c.relkind WHEN 'r' THEN 'TEMPORARY TABLE' WHEN 'v' THEN 'TEMPORARY "
    "VIEW' "
    "WHEN 'i' THEN 'TEMPORARY INDEX' WHEN 'S' THEN 'TEMPORARY SEQUENCE' END "
    "WHEN n.nspname = 'information_schema' OR n.nspname ~ '^pg_' THEN CASE c.relkind WHEN 'r' THEN 'SYSTEM TABLE' "
    "WHEN 'v' THEN 'SYSTEM VIEW' WHEN 'i' THEN 'SYSTEM INDEX' END "
    "ELSE CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' "
    "WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'PARTITIONED "
    "INDEX' "
    "WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' END END";

}  // namespace

PgConnection::PgConnection(const ConnectionSettings& settings, Interrupt& interrupt, Logger& log) {
  const PgTarget target = parse_pg_url(settings);
  for (const std::string& name : target.unknown) {
    log.warn("connection.url: the parameter \"" + name + "\" is not known for PostgreSQL and has no effect");
  }
  session_ = std::make_unique<PgSession>(target, settings.login_timeout, interrupt);
  writer_ = std::make_unique<PgWriter>(*session_);
}

PgConnection::~PgConnection() = default;

void PgConnection::begin() {
  if (!session_->in_transaction()) session_->execute("BEGIN");
}

void PgConnection::execute(const std::string& sql) { session_->execute(sql); }

std::vector<TableColumn> PgConnection::prepare(const std::string& sql) {
  const PgResult description = session_->describe(as_subquery(sql));
  std::vector<TableColumn> columns(static_cast<std::size_t>(PQnfields(description.get())));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].name = PQfname(description.get(), static_cast<int>(i));
    columns[i].is_instant = PQftype(description.get(), static_cast<int>(i)) == kTimestamptzOid;
  }
  return columns;
}

void PgConnection::commit() {
  if (session_->in_transaction()) session_->execute("COMMIT");
}

void PgConnection::rollback() {
  if (session_->usable() && session_->in_transaction()) session_->execute("ROLLBACK");
}

bool PgConnection::is_valid() {
  if (!session_->usable()) return false;
  try {
    session_->execute("");
    return session_->usable();
  } catch (const SqlError&) {
    return false;
  }
}

std::unique_ptr<ResultSet> PgConnection::query(const std::string& sql) {
  begin();
  std::string text = as_subquery(sql);
  const PgResult description = session_->describe(text);
  std::vector<ResultColumn> columns = result_columns(description.get());
  std::vector<std::uint32_t> oids;
  std::string cast;
  bool any_cast = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    oids.push_back(PQftype(description.get(), static_cast<int>(i)));
    const std::string name = IdentifierRules{}.quote(columns[i].label);
    cast += i > 0 ? ", " : "";
    if (!text_for_unsupported_ || columns[i].type != JdbcType::kOther) {
      cast += name;
      continue;
    }
    any_cast = true;
    // format() prints as psql does; the cast of an inet to text would add the length of a whole address, "/32".
    cast += "CASE WHEN " + name + " IS DISTINCT FROM NULL THEN format('%s', " + name + ") END AS " + name;
    columns[i].type = JdbcType::kVarchar;
    oids.back() = kTextOid;
  }
  // The rows keep the order of the inner query: nothing outside it reorders them.
  if (any_cast) text = "SELECT " + cast + " FROM (" + text + ") AS q";
  session_->start_copy("COPY (" + text + ") TO STDOUT (FORMAT BINARY)");
  return std::make_unique<PgResultSet>(*session_, std::move(columns), std::move(oids));
}

void PgConnection::look_up_types(const PGresult* description) {
  std::string unknown;
  for (int i = 0; i < PQnfields(description); ++i) {
    const std::uint32_t oid = PQftype(description, i);
    if (types_.count(oid) == 0) unknown += (unknown.empty() ? "" : ",") + std::to_string(oid);
  }
  if (unknown.empty()) return;
  const PgResult found =
      session_->query("SELECT oid, typname, typtype FROM pg_catalog.pg_type WHERE oid IN (" + unknown + ")", {});
  for (int row = 0; row < PQntuples(found.get()); ++row) {
    types_[static_cast<std::uint32_t>(std::stoul(field(found, row, 0)))] = {field(found, row, 1),
                                                                            field(found, row, 2)[0]};
  }
}

std::vector<ResultColumn> PgConnection::result_columns(const PGresult* description) {
  look_up_types(description);
  const int count = PQnfields(description);
  std::vector<ResultColumn> columns(static_cast<std::size_t>(count));
  std::string base_columns;
  for (int i = 0; i < count; ++i) {
    ResultColumn& column = columns[static_cast<std::size_t>(i)];
    const std::uint32_t oid = PQftype(description, i);
    column.label = PQfname(description, i);
    column.type_name = types_[oid].name;
    describe_type(oid, PQfmod(description, i), types_[oid].type_class, column);
    if (PQftable(description, i) == 0) continue;
    column.table = std::to_string(PQftable(description, i));
    base_columns += (base_columns.empty() ? "(" : ",(") + std::to_string(i) + "," + column.table + "::oid," +
                    std::to_string(PQftablecol(description, i)) + "::int2)";
  }
  if (base_columns.empty()) return columns;
  const PgResult rows =
      session_->query("SELECT v.i, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) FROM (VALUES " + base_columns +
                          ") v(i, r, n) JOIN pg_catalog.pg_attribute a ON a.attrelid = v.r AND a.attnum = v.n "
                          "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid",
                      {});
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    columns[std::stoul(field(rows, row, 0))].nullable =
        field(rows, row, 1) == "t" ? Nullability::kNo : Nullability::kYes;
  }
  return columns;
}

std::vector<TableInfo> PgConnection::tables(const TableFilter& filter) {
  std::string sql = std::string("SELECT * FROM (SELECT ") + kTypeOfRelation +
                    " AS type, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                    "ON n.oid = c.relnamespace) t WHERE type = ANY ($1::text[])";
  std::string types = "{";
  for (const std::string& type : filter.types) {
    std::string upper = type;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    types += (types.size() > 1 ? ",\"" : "\"") + upper + "\"";
  }
  std::vector<std::optional<std::string>> parameters{types + "}"};
  if (filter.schema_pattern) {
    sql += " AND nspname LIKE $2";
    parameters.push_back(filter.schema_pattern);
  }
  const PgResult rows = session_->query(sql + " ORDER BY type, nspname, relname", parameters);
  std::vector<TableInfo> tables;
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    tables.push_back({{std::nullopt, field(rows, row, 1), field(rows, row, 2)}, field(rows, row, 0)});
  }
  return tables;
}

std::optional<TableInfo> PgConnection::find_table(const TableId& table, const std::vector<std::string>&) {
  std::string sql =
      std::string("SELECT ") + kTypeOfRelation +
      ", n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.relkind IN ('r','p','v','m','f') AND c.relname = $1 AND ";
  std::vector<std::optional<std::string>> parameters{table.table};
  if (table.schema) {
    sql += "n.nspname = $2";
    parameters.push_back(table.schema);
  } else {
    sql += "pg_catalog.pg_table_is_visible(c.oid)";
  }
  const PgResult rows = session_->query(sql, parameters);
  if (PQntuples(rows.get()) == 0) return std::nullopt;
  return TableInfo{{std::nullopt, field(rows, 0, 1), field(rows, 0, 2)}, field(rows, 0, 0)};
}

std::vector<TableColumn> PgConnection::columns(const TableId& table) {
  std::string sql =
      "SELECT a.attname, t.typname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull), "
      "a.attidentity <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') LIKE '%nextval(%', "
      "coalesce(a.attnum = ANY (x.indkey), false), a.atttypid = 1184 OR t.typbasetype = 1184, a.attidentity "
      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
      "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "
      "LEFT JOIN pg_catalog.pg_index x ON x.indrelid = c.oid AND x.indisprimary "
      "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r','p','v','m','f') AND c.relname = $1 AND ";
  std::vector<std::optional<std::string>> parameters{table.table};
  if (table.schema) {
    sql += "n.nspname = $2";
    parameters.push_back(table.schema);
  } else {
    sql += "pg_catalog.pg_table_is_visible(c.oid)";
  }
  const PgResult rows = session_->query(sql + " ORDER BY a.attnum", parameters);
  std::vector<TableColumn> columns;
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    TableColumn column;
    column.name = field(rows, row, 0);
    column.type_name = field(rows, row, 1);
    column.nullable = field(rows, row, 2) == "t" ? Nullability::kNo : Nullability::kYes;
    column.auto_increment = field(rows, row, 3) == "t";
    column.primary_key = field(rows, row, 4) == "t";
    column.is_instant = field(rows, row, 5) == "t";
    columns.push_back(std::move(column));
  }
  return columns;
}

Instant PgConnection::current_time() {
  begin();
  const PgResult row = session_->query("SELECT floor(extract(epoch from current_timestamp) * 1000000)::bigint", {});
  return Instant::of_micros(std::stoll(field(row, 0, 0)));
}

IdMark PgConnection::mark_ids(const std::string& table, const std::string& column) {
  const PgResult row = session_->query(
      "SELECT max(" + column + ")::text, txid_snapshot_xmax(txid_current_snapshot()) FROM " + table, {});
  return {field(row, 0, 0), std::stoull(field(row, 0, 1))};
}

std::uint64_t PgConnection::oldest_transaction() {
  return std::stoull(field(session_->query("SELECT txid_snapshot_xmin(txid_current_snapshot())", {}), 0, 0));
}

bool PgConnection::set_isolation(const std::string& mode) {
  static const std::set<std::string> kModes{"READ_UNCOMMITTED", "READ_COMMITTED", "REPEATABLE_READ", "SERIALIZABLE"};
  if (kModes.count(mode) == 0) return false;
  std::string words = mode;
  std::replace(words.begin(), words.end(), '_', ' ');
  session_->execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL " + words);
  return true;
}

std::string PgConnection::database_name() { return PQdb(session_->raw()); }

std::string PgConnection::timestamp_literal(const TimestampBound& bound, const ReadOptions& options) {
  // Without a type of its own and with the zone's offset: a timestamp column takes the wall clock part, a timestamptz
  // column the instant.
  std::string text =
      format_wall(to_wall(bound.instant, *options.zone, options.calendar), ' ', bound.instant.nanos == 0 ? 0 : 9, true);
  const std::int64_t offset = options.zone->offset_at(bound.instant.seconds);
  std::array<char, 24> zone{};
  const auto magnitude = static_cast<int>(std::abs(offset));
  std::snprintf(zone.data(), zone.size(), "%c%02d:%02d:%02d", offset < 0 ? '-' : '+', magnitude / 3600,
                magnitude / 60 % 60, magnitude % 60);
  const std::size_t era = text.find(" BC");
  text.insert(era == std::string::npos ? text.size() : era, zone.data());
  return "'" + text + "'";
}

}  // namespace millrace::jdbc::postgresql
