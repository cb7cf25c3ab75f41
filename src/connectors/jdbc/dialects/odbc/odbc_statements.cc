// INSERT, UPDATE, DELETE and upserts, each product's in the words of the Java connector.

#include "connectors/jdbc/dialects/odbc/odbc_connection.h"
#include "millrace/errors.h"

namespace millrace::jdbc::odbc {
namespace {

/// The batch's columns as they stand in statements; key columns come first.
struct Names {
  std::vector<std::string> all;
  std::size_t key_count = 0;

  std::string list(const std::string& separator, const std::string& prefix = "", const std::string& suffix = "") const {
    return some(0, all.size(), separator, prefix, suffix);
  }
  std::string keys(const std::string& separator, const std::string& prefix = "", const std::string& suffix = "") const {
    return some(0, key_count, separator, prefix, suffix);
  }
  std::string values(const std::string& separator, const std::string& prefix = "",
                     const std::string& suffix = "") const {
    return some(key_count, all.size(), separator, prefix, suffix);
  }
  /// What MERGE inserts: the keys last.
  std::string values_then_keys(const std::string& separator, const std::string& prefix) const {
    return values(separator, prefix) + (key_count < all.size() && key_count > 0 ? separator : "") +
           keys(separator, prefix);
  }
  /// "l.k=r.k", for the keys or for the others.
  std::string equal(bool of_keys, const std::string& separator, const std::string& left,
                    const std::string& right) const {
    std::string text;
    for (std::size_t i = of_keys ? 0 : key_count; i < (of_keys ? key_count : all.size()); ++i)
      text += (text.empty() ? "" : separator) + left + all[i] + "=" + right + all[i];
    return text;
  }
  std::string marks(const std::string& separator) const {
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i) text += (i > 0 ? separator : "") + "?";
    return text;
  }
  bool keys_only() const { return key_count == all.size(); }

 private:
  std::string some(std::size_t from, std::size_t to, const std::string& separator, const std::string& prefix,
                   const std::string& suffix) const {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += (i > from ? separator : "") + prefix + all[i] + suffix;
    return text;
  }
};

std::string sqlserver_merge(const std::string& table, const Names& names, const char* hint, const char* end) {
  return "merge into " + table + hint + " AS target using (select " + names.list(", ", "? AS ") + ") AS incoming on (" +
         names.equal(true, " and ", "target.", "incoming.") + ")" +
         (names.keys_only() ? "" : " when matched then update set " + names.equal(false, ",", "", "incoming.")) +
         " when not matched then insert (" + names.values_then_keys(", ", "") + ") values (" +
         names.values_then_keys(",", "incoming.") + ")" + end;
}

std::string oracle_merge(const std::string& table, const Names& names) {
  return "merge into " + table + " using (select " + names.list(", ", "? ") + " FROM dual) incoming on(" +
         names.equal(true, " and ", table + ".", "incoming.") + ")" +
         (names.keys_only() ? ""
                            : " when matched then update set " + names.equal(false, ",", table + ".", "incoming.")) +
         " when not matched then insert(" + names.values_then_keys(",", table + ".") + ") values(" +
         names.values_then_keys(",", "incoming.") + ")";
}

std::string db2_merge(const std::string& table, const Names& names) {
  return "merge into " + table + " using (values(" + names.marks(", ") + ")) as DAT(" + names.list(", ") + ") on " +
         names.equal(true, " and ", table + ".", "DAT.") +
         (names.keys_only() ? "" : " when matched then update set " + names.equal(false, ",", table + ".", "DAT.")) +
         " when not matched then insert(" + names.values_then_keys(",", table + ".") + ") values(" +
         names.values_then_keys(",", "DAT.") + ")";
}

std::string upsert_statement(const WriteBatch& batch, Product product, const std::string& table, const Names& names) {
  const std::string insert = "INSERT INTO " + table + " (" + names.list(",") + ") VALUES (" + names.marks(",") + ")";
  switch (product) {
    case Product::kSqlServer:
      return sqlserver_merge(table, names, batch.options->merge_holdlock ? " with (HOLDLOCK)" : "", ";");
    case Product::kSybase: return sqlserver_merge(table, names, "", "");
    case Product::kOracle: return oracle_merge(table, names);
    case Product::kDb2: return db2_merge(table, names);
    case Product::kSapHana:
      return "UPSERT " + table + "(" + names.list(",") + ") VALUES(" + names.marks(",") + ") WITH PRIMARY KEY";
    case Product::kMysql: {
      const auto set = [&names](std::size_t i) { return names.all[i] + "=values(" + names.all[i] + ")"; };
      std::string sets;
      for (std::size_t i = names.keys_only() ? 0 : names.key_count; i < names.all.size(); ++i)
        sets += (sets.empty() ? "" : ",") + set(i);
      return insert + " on duplicate key update " + sets;
    }
    case Product::kPostgresql:
    case Product::kSqlite:
      return insert + " ON CONFLICT (" + names.keys(",") + ") DO " +
             (names.keys_only() ? "NOTHING" : "UPDATE SET " + names.equal(false, ",", "", "EXCLUDED."));
    case Product::kVertica:
    case Product::kGeneric: break;
  }
  throw ConnectError("Write to table '" + batch.table.table + "' in UPSERT mode is not supported with the " +
                     (product == Product::kVertica ? "Vertica" : "Generic") +
                     " dialect. Set insert.mode to insert or update, or name the database in dialect.name");
}

}  // namespace

std::string write_statement(const WriteBatch& batch, Product product, const IdentifierRules& rules) {
  const std::string table = batch.table.quoted(rules, batch.options->quote);
  Names names;
  names.key_count = batch.key_count;
  for (const SinkColumn* column : batch.columns) names.all.push_back(rules.quote(column->name, batch.options->quote));
  const std::string where = names.key_count == 0 ? "" : " WHERE " + names.keys(" AND ", "", " = ?");
  switch (batch.kind) {
    case WriteKind::kUpsert: return upsert_statement(batch, product, table, names);
    case WriteKind::kDelete: return "DELETE FROM " + table + where;
    case WriteKind::kUpdate: return "UPDATE " + table + " SET " + names.values(", ", "", " = ?") + where;
    case WriteKind::kInsert: break;
  }
  return "INSERT INTO " + table + "(" + names.list(",") + ") VALUES(" + names.marks(",") + ")";
}

}  // namespace millrace::jdbc::odbc
