#include "connectors/jdbc/dialects/postgresql/pg_write.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "connectors/jdbc/database.h"

namespace millrace::jdbc::postgresql {
namespace {

constexpr std::size_t kCopyBufferBytes = 16 * 1024;  // the server reads one while the next is made
constexpr std::size_t kRowsPerRoundTrip = 1000;
constexpr std::array<std::size_t, 2> kRowsPerStatement{10, 100};
constexpr std::size_t kMostParameters = 65'535;
constexpr std::size_t kStatementsPerFlush = 50;
constexpr std::chrono::seconds kPatience{5};
constexpr const char* kCardinalityViolation = "21000";
constexpr std::string_view kHex = "0123456789abcdef";

void append_copy_escaped(std::string& out, std::string_view text) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char* escape = c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : nullptr;
    if (escape == nullptr) continue;
    out.append(text, start, i - start);
    out += escape;
    start = i + 1;
  }
  out.append(text, start, text.size() - start);
}

void append_hex(std::string& out, const Bytes& bytes) {
  for (const std::uint8_t byte : bytes) {
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
}

void append_copy_cell(std::string& out, const Value* value, const SinkColumn& column, const WriteOptions& options) {
  if (value == nullptr || value->is_null()) {
    out += "\\N";
  } else if (column.type == WriteType::kString && value->kind() == ValueKind::kString) {
    append_copy_escaped(out, value->as_string());
  } else if (column.type == WriteType::kBytes && value->kind() == ValueKind::kBytes) {
    out += "\\\\x";
    append_hex(out, value->as_bytes());
  } else if (column.type == WriteType::kBoolean && value->kind() == ValueKind::kBool) {
    out += value->as_bool() ? "true" : "false";
  } else if (column.type == WriteType::kArray || column.type == WriteType::kJson) {
    std::string text;
    append_value_text(text, *value, column, options, true);
    append_copy_escaped(out, text);
  } else {
    append_value_text(out, *value, column, options, true);
  }
}

/// The line that "COPY t, line 3, column c: ..." names, counted from 0.
std::optional<std::size_t> row_of(const PGresult* result) {
  const char* context = PQresultErrorField(result, PG_DIAG_CONTEXT);
  if (context == nullptr) return std::nullopt;
  const std::string text = context;
  const std::size_t at = text.find(", line ");
  if (text.compare(0, 5, "COPY ") != 0 || at == std::string::npos) return std::nullopt;
  const unsigned long line = std::strtoul(text.c_str() + at + 7, nullptr, 10);
  if (line == 0) return std::nullopt;
  return line - 1;
}

std::string column_list(const WriteBatch& batch, const IdentifierRules& rules) {
  std::string text;
  for (const SinkColumn* column : batch.columns)
    text += (text.empty() ? "" : ",") + rules.quote(column->name, batch.options->quote);
  return text;
}

bool has_fraction(const SinkColumn& column) {
  return column.type == WriteType::kDecimal || column.type == WriteType::kFloat32 || column.type == WriteType::kFloat64;
}

}  // namespace

const PgWriter::ColumnTraits& PgWriter::TableTraits::of(const SinkColumn& column) const {
  static const ColumnTraits kUnknown;
  const auto at = columns.find(column.name);
  return at == columns.end() ? kUnknown : at->second;
}

/// The texts of one batch's statements, for one row or many.
class PgWriter::Statements {
 public:
  Statements(const WriteBatch& batch, const TableTraits& traits)
      : batch_(batch), traits_(traits), table_(batch.table.quoted(rules_, batch.options->quote)) {}

  /// Precondition: for more than one row, not an insert, and `has_telling_keys` for an update.
  std::string text(std::size_t rows) const {
    const std::size_t width = batch_.columns.size();
    switch (batch_.kind) {
      case WriteKind::kDelete:
        if (rows == 1) return "DELETE FROM " + table_ + " WHERE " + keys_equal_marks();
        return "DELETE FROM " + table_ + " WHERE (" + column_list(batch_, rules_) + ") IN (" + marks(rows) + ")";
      case WriteKind::kUpdate: return rows == 1 ? update() : update_from_values(rows);
      case WriteKind::kInsert:
      case WriteKind::kUpsert: break;
    }
    const std::string insert = "INSERT INTO " + table_ + " (" + column_list(batch_, rules_) + ") VALUES " + marks(rows);
    if (batch_.kind == WriteKind::kInsert) return insert;
    std::string conflict;
    std::string sets;
    for (std::size_t i = 0; i < width; ++i) {
      if (i < batch_.key_count) {
        conflict += (conflict.empty() ? "" : ",") + name(i);
      } else {
        sets += (sets.empty() ? "" : ",") + name(i) + "=EXCLUDED." + name(i);
      }
    }
    return insert + " ON CONFLICT (" + conflict + ") DO " + (sets.empty() ? "NOTHING" : "UPDATE SET " + sets);
  }

  /// Whether keys with different texts are different keys: else an UPDATE of two of them could write either.
  bool has_telling_keys() const {
    for (std::size_t i = 0; i < batch_.key_count; ++i) {
      const SinkColumn& column = *batch_.columns[i];
      const ColumnTraits& traits = traits_.of(column);
      const bool telling = (traits.integer && column.type == WriteType::kInteger) ||
                           (traits.plain_text && column.type == WriteType::kString);
      if (!telling) return false;
    }
    return batch_.key_count > 0;
  }

 private:
  std::string name(std::size_t i) const { return rules_.quote(batch_.columns[i]->name, batch_.options->quote); }

  /// The type of a value that its column takes after a conversion only: 1.5 goes into an integer as 2.
  std::string cast(std::size_t i) const {
    const SinkColumn& column = *batch_.columns[i];
    if (!has_fraction(column) || !traits_.of(column).integer) return "";
    return column.type == WriteType::kDecimal ? "::numeric" : "::float8";
  }
  std::string mark(std::size_t number, std::size_t i) const { return "$" + std::to_string(number) + cast(i); }

  /// "($1,$2),($3,$4)"
  std::string marks(std::size_t rows) const {
    std::string text;
    std::size_t number = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      text += row > 0 ? ",(" : "(";
      for (std::size_t i = 0; i < batch_.columns.size(); ++i) text += (i > 0 ? "," : "") + mark(++number, i);
      text += ')';
    }
    return text;
  }

  std::string keys_equal_marks() const {
    std::string keys;
    for (std::size_t i = 0; i < batch_.key_count; ++i)
      keys += (keys.empty() ? "" : " AND ") + name(i) + " = " + mark(i + 1, i);
    return keys;
  }

  std::string update() const {
    std::string sets;
    for (std::size_t i = batch_.key_count; i < batch_.columns.size(); ++i)
      sets += (sets.empty() ? "" : ", ") + name(i) + " = " + mark(i + 1, i);
    return "UPDATE " + table_ + " SET " + sets + (batch_.key_count == 0 ? "" : " WHERE " + keys_equal_marks());
  }

  std::string update_from_values(std::size_t rows) const {
    std::string sets;
    std::string where;
    std::string names;
    for (std::size_t i = 0; i < batch_.columns.size(); ++i) {
      const std::string value = "c" + std::to_string(i);
      names += (i > 0 ? "," : "") + value;
      if (i < batch_.key_count) {
        where += (where.empty() ? "target." : " AND target.") + name(i) + " = v." + value;
      } else {
        sets += (sets.empty() ? "" : ", ") + name(i) + " = v." + value;
      }
    }
    std::string values;
    std::size_t number = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      values += row > 0 ? ",(" : "(";
      for (std::size_t i = 0; i < batch_.columns.size(); ++i) {
        // A value in a list has a type before it meets its column.
        const std::string type = cast(i);
        values += (i > 0 ? ",$" : "$") + std::to_string(++number) +
                  (type.empty() ? "::" + traits_.of(*batch_.columns[i]).type : type);
      }
      values += ')';
    }
    return "UPDATE " + table_ + " AS target SET " + sets + " FROM (VALUES " + values + ") AS v(" + names + ") WHERE " +
           where;
  }

  const WriteBatch& batch_;
  const TableTraits& traits_;
  IdentifierRules rules_;
  std::string table_;
};

const PgWriter::TableTraits& PgWriter::traits_of(const TableId& table) {
  const auto known = traits_.find(table);
  if (known != traits_.end()) return known->second;
  TableTraits traits;
  const std::string where = table.schema ? " AND n.nspname = $2" : " AND pg_catalog.pg_table_is_visible(c.oid)";
  std::vector<std::optional<std::string>> parameters{table.table};
  if (table.schema) parameters.push_back(table.schema);
  const PgResult rows = session_.query(
      "SELECT c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity, a.attname, "
      "a.attidentity = 'a' OR a.attgenerated <> '', coalesce(nullif(t.typbasetype, 0), t.oid) IN (20, 21, 23), "
      "pg_catalog.format_type(a.atttypid, -1), t.oid IN (25, 1043) AND coalesce((SELECT to_jsonb(l) ->> "
      "'collisdeterministic' FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation), 'true') = 'true' "
      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
      "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
      "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1" +
          where,
      parameters);
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    const auto is_true = [&](int column) { return std::string_view(PQgetvalue(rows.get(), row, column)) == "t"; };
    traits.copy = is_true(0);
    traits.columns[PQgetvalue(rows.get(), row, 1)] = {PQgetvalue(rows.get(), row, 4), is_true(2), is_true(3),
                                                      is_true(5)};
  }
  return traits_.emplace(table, std::move(traits)).first->second;
}

void PgWriter::write(const WriteBatch& batch, AfterWrite after) {
  const bool nothing =
      batch.rows() == 0 || (batch.kind == WriteKind::kUpdate && batch.key_count == batch.columns.size());
  if (nothing) {
    if (after != AfterWrite::kStayOpen && session_.in_transaction()) session_.execute("COMMIT");
    return;
  }
  const TableTraits& traits = traits_of(batch.table);
  const bool copies = batch.kind == WriteKind::kInsert && traits.copy &&
                      std::all_of(batch.columns.begin(), batch.columns.end(), [&](const SinkColumn* column) {
                        const ColumnTraits& of_column = traits.of(*column);
                        return !of_column.generated_always && !(of_column.integer && has_fraction(*column));
                      });
  try {
    if (copies) {
      copy(batch, after);
    } else {
      pipeline(batch, traits, after);
    }
  } catch (const SqlError&) {
    traits_.erase(batch.table);  // it may be another table by now
    throw;
  }
}

void PgWriter::copy(const WriteBatch& batch, AfterWrite after) {
  const IdentifierRules rules;
  const bool in_transaction = session_.in_transaction();
  std::string sql =
      "COPY " + batch.table.quoted(rules, batch.options->quote) + " (" + column_list(batch, rules) + ") FROM STDIN";
  if (after == AfterWrite::kStayOpen) {
    if (!in_transaction) sql = "BEGIN; " + sql;
  } else if (in_transaction) {
    sql += "; COMMIT";
  }  // else the statement is a transaction of its own
  session_.send_copy(sql);
  std::string buffer;
  buffer.reserve(kCopyBufferBytes + 4096);
  PGconn* connection = session_.raw();
  // The server opens the table while the first rows are put into text here.
  bool open = false;
  const auto await_open = [&] {
    if (!open) session_.await_copy();
    open = true;
  };
  const auto send = [&] {
    await_open();
    int sent = 0;
    while ((sent = PQputCopyData(connection, buffer.data(), static_cast<int>(buffer.size()))) == 0) session_.flush();
    if (sent < 0) session_.fail();
    buffer.clear();
  };
  const auto end = [&](const char* error) {
    await_open();
    // From here on the rows may be committed: better to know it than to write them again after a restart.
    std::optional<PgSession::Patience> patience;
    if (error == nullptr && after != AfterWrite::kStayOpen) patience.emplace(session_, kPatience);
    int done = 0;
    while ((done = PQputCopyEnd(connection, error)) == 0) session_.flush();
    if (done < 0) session_.fail();
    if (error == nullptr && after == AfterWrite::kCommitUnanswered) {
      session_.flush();
      unfinished_ = batch.table;
      return;
    }
    try {
      take_copy_answer();
    } catch (const SqlError& refused) {
      // Of one that was given up nothing but the end of the connection matters.
      if (error == nullptr || refused.kind() == SqlErrorKind::kConnection) throw;
    }
  };
  const std::size_t width = batch.columns.size();
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    try {
      for (std::size_t i = 0; i < width; ++i) {
        if (i > 0) buffer += '\t';
        append_copy_cell(buffer, batch.cell(row, i), *batch.columns[i], *batch.options);
      }
    } catch (const ConnectError&) {
      end("a value does not fit");
      throw;
    }
    buffer += '\n';
    if (buffer.size() >= kCopyBufferBytes) send();
  }
  if (!buffer.empty()) send();
  end(nullptr);
}

void PgWriter::take_copy_answer() {
  std::optional<RowError> row_error;
  std::optional<SqlError> other;
  while (const PgResult result = session_.next_result()) {
    try {
      PgSession::check(result.get(), session_.raw());
    } catch (const SqlError& refused) {
      const auto row = row_of(result.get());
      if (row) row_error.emplace(refused, *row);
      other.emplace(refused);
    }
    if (PQstatus(session_.raw()) != CONNECTION_OK) session_.fail();
  }
  if (row_error) throw *row_error;
  if (other) throw *other;
}

void PgWriter::finish() {
  if (!unfinished_) return;
  const TableId table = *std::exchange(unfinished_, std::nullopt);
  try {
    const PgSession::Patience patience(session_, kPatience);
    take_copy_answer();
  } catch (const SqlError&) {
    traits_.erase(table);
    throw;
  }
}

std::string PgWriter::prepared(const std::string& sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  const std::string name = "millrace_" + std::to_string(statements_.size());
  if (PQsendPrepare(session_.raw(), name.c_str(), sql.c_str(), 0, nullptr) == 0) session_.fail();
  while (const PgResult result = session_.next_result()) PgSession::check(result.get(), session_.raw());
  statements_.emplace(sql, name);
  return name;
}

/// Turns rows into statements of many or one rows and sends them down the pipeline, in order. An upsert or update never
/// holds two rows of one key: ON CONFLICT refuses to touch a row twice, UPDATE would take any of them.
class PgWriter::Grouper {
 public:
  Grouper(PgWriter& writer, const WriteBatch& batch, const std::map<std::size_t, std::string>& statements)
      : writer_(writer),
        batch_(batch),
        statements_(statements),
        width_(batch.columns.size()),
        keeps_keys_apart_(batch.kind != WriteKind::kDelete && statements.size() > 1) {
    const std::size_t most = statements.rbegin()->first;
    texts_.resize(most * width_);
    values_.resize(most * width_);
  }

  /// Throws ConnectError when a value does not fit; the rows before it are still there to be sent.
  void add(std::size_t row) {
    if (waiting_ == 0) first_ = row;
    convert(row, waiting_);
    if (keeps_keys_apart_ && !keys_.insert(key_of(waiting_)).second) {
      // The new row starts the next statements.
      const std::size_t from = waiting_ * width_;
      send();
      for (std::size_t i = 0; i < width_; ++i) {
        std::swap(texts_[i], texts_[from + i]);
        values_[i] = values_[from + i] == nullptr ? nullptr : texts_[i].c_str();
      }
      first_ = row;
      keys_.insert(key_of(0));
    }
    if (++waiting_ == statements_.rbegin()->first) send();
  }

  void send() {
    std::size_t done = 0;
    while (done < waiting_) {
      const auto statement = std::prev(statements_.upper_bound(waiting_ - done));
      const std::size_t rows = statement->first;
      if (PQsendQueryPrepared(writer_.session_.raw(), statement->second.c_str(), static_cast<int>(rows * width_),
                              values_.data() + done * width_, nullptr, nullptr, 0) == 0)
        writer_.session_.fail();
      sent_.push_back({first_ + done, rows});
      if (sent_.size() % kStatementsPerFlush == 0) writer_.session_.flush();
      done += rows;
    }
    waiting_ = 0;
    keys_.clear();
  }

  struct Sent {
    std::size_t first_row;
    std::size_t rows;
  };
  const std::vector<Sent>& sent() const { return sent_; }

 private:
  void convert(std::size_t row, std::size_t slot) {
    for (std::size_t i = 0; i < width_; ++i) {
      const Value* value = batch_.cell(row, i);
      const SinkColumn& column = *batch_.columns[i];
      std::string& text = texts_[slot * width_ + i];
      values_[slot * width_ + i] = nullptr;
      if (value == nullptr || value->is_null()) continue;
      text.clear();
      if (column.type == WriteType::kBytes && value->kind() == ValueKind::kBytes) {
        text = "\\x";
        append_hex(text, value->as_bytes());
      } else {
        if (column.type == WriteType::kBoolean && value->kind() == ValueKind::kBool) {
          text = value->as_bool() ? "true" : "false";
        } else {
          append_value_text(text, *value, column, *batch_.options, true);
        }
        if (text.find('\0') != std::string::npos) {
          throw RowError(
              SqlError(SqlErrorKind::kData,
                       "ERROR:  invalid byte sequence for encoding \"UTF8\": 0x00 (column \"" + column.name + "\")",
                       "22021"),
              row);
        }
      }
      values_[slot * width_ + i] = text.c_str();
    }
  }

  std::string key_of(std::size_t slot) const {
    std::string key;
    for (std::size_t i = 0; i < batch_.key_count; ++i) {
      const char* value = values_[slot * width_ + i];
      key += value == nullptr ? "n" : "v" + texts_[slot * width_ + i];
      key += '\0';
    }
    return key;
  }

  PgWriter& writer_;
  const WriteBatch& batch_;
  const std::map<std::size_t, std::string>& statements_;  ///< rows → prepared statement
  std::size_t width_;
  bool keeps_keys_apart_;
  std::vector<std::string> texts_;
  std::vector<const char*> values_;
  std::unordered_set<std::string> keys_;
  std::size_t first_ = 0;    ///< the row in slot 0
  std::size_t waiting_ = 0;  ///< rows converted and not sent
  std::vector<Sent> sent_;
};

void PgWriter::pipeline(const WriteBatch& batch, const TableTraits& traits, AfterWrite after) {
  const Statements texts(batch, traits);
  std::map<std::size_t, std::string> statements{{1, prepared(texts.text(1))}};
  const bool many = batch.kind == WriteKind::kDelete ||
                    (batch.kind == WriteKind::kUpdate && texts.has_telling_keys()) ||
                    (batch.kind == WriteKind::kUpsert && one_row_each_.count(batch.table) == 0);
  if (many) {
    for (const std::size_t rows : kRowsPerStatement) {
      if (rows <= batch.rows() && rows * batch.columns.size() <= kMostParameters)
        statements[rows] = prepared(texts.text(rows));
    }
  }
  for (std::size_t begin = 0; begin < batch.rows(); begin += kRowsPerRoundTrip) {
    const std::size_t end = std::min(begin + kRowsPerRoundTrip, batch.rows());
    run_chunk(batch, statements, begin, end, end == batch.rows() ? after : AfterWrite::kStayOpen);
  }
}

void PgWriter::run_chunk(const WriteBatch& batch, const std::map<std::size_t, std::string>& statements,
                         std::size_t begin, std::size_t end, AfterWrite after) {
  PGconn* connection = session_.raw();
  if (PQenterPipelineMode(connection) == 0) session_.fail();
  const bool begins = !session_.in_transaction();
  if (begins && PQsendQueryParams(connection, "BEGIN", 0, nullptr, nullptr, nullptr, nullptr, 0) == 0) session_.fail();
  std::exception_ptr unfit;
  Grouper grouper(*this, batch, statements);
  for (std::size_t row = begin; row < end && !unfit; ++row) {
    try {
      grouper.add(row);
    } catch (const Interrupted&) {
      throw;
    } catch (const SqlError& error) {
      if (error.kind() == SqlErrorKind::kConnection) throw;
      unfit = std::current_exception();
    } catch (const ConnectError&) {
      unfit = std::current_exception();
    }
  }
  grouper.send();
  const bool commits = after != AfterWrite::kStayOpen && !unfit;
  if (commits && PQsendQueryParams(connection, "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, 0) == 0)
    session_.fail();
  std::optional<PgSession::Patience> patience;
  if (commits) patience.emplace(session_, kPatience);
  if (PQpipelineSync(connection) == 0) session_.fail();
  std::exception_ptr refused;
  while (const PgResult result = begins ? session_.next_result() : nullptr) PgSession::check(result.get(), connection);
  for (const Grouper::Sent& sent : grouper.sent()) {
    while (const PgResult result = session_.next_result()) {
      if (refused || PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) continue;
      try {
        PgSession::check(result.get(), connection);
      } catch (const SqlError& error) {
        refused = refusal(batch.table, error, sent.first_row, sent.rows);
      }
    }
    if (PQstatus(connection) != CONNECTION_OK) session_.fail();
  }
  while (const PgResult result = commits ? session_.next_result() : nullptr) {
    if (refused || PQresultStatus(result.get()) == PGRES_PIPELINE_ABORTED) continue;
    try {
      PgSession::check(result.get(), connection);
    } catch (const SqlError&) {
      refused = std::current_exception();  // a constraint that is checked at the end
    }
  }
  const PgResult sync = session_.next_result();
  if (!sync || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) session_.fail();
  if (PQexitPipelineMode(connection) == 0) session_.fail();
  if (refused) std::rethrow_exception(refused);
  if (unfit) std::rethrow_exception(unfit);
}

std::exception_ptr PgWriter::refusal(const TableId& table, const SqlError& error, std::size_t first_row,
                                     std::size_t rows) {
  if (error.kind() == SqlErrorKind::kConnection) return std::make_exception_ptr(error);
  if (rows == 1) return std::make_exception_ptr(RowError(error, first_row));
  if (error.sql_state() == kCardinalityViolation) {
    // Keys that differ here are equal there: citext, a collation that ignores case. Again, one row a statement.
    one_row_each_.insert(table);
    return std::make_exception_ptr(SqlError(SqlErrorKind::kTransient, error.what(), error.sql_state()));
  }
  return std::make_exception_ptr(error);
}

}  // namespace millrace::jdbc::postgresql
