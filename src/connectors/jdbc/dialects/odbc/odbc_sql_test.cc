// SQL for products that no test server can be had of, against the Java connector's words.

#include <gtest/gtest.h>

#include "connectors/jdbc/dialects/odbc/odbc_connection.h"
#include "millrace/errors.h"

namespace millrace::jdbc::odbc {
namespace {

SinkColumn column(const std::string& name, const SchemaPtr& schema, bool is_key = false) {
  SinkColumn made;
  made.name = name;
  made.schema = schema;
  made.type = write_type_of(*schema, false);
  made.is_key = is_key;
  return made;
}

const SinkColumn kKey = column("k", Schema::int32(), true);
const SinkColumn kName = column("a", Schema::optional_string());

std::string statement(Product product, WriteKind kind, bool keys_only = false, bool holdlock = true) {
  WriteOptions options;
  options.merge_holdlock = holdlock;
  WriteBatch batch;
  batch.kind = kind;
  batch.table = {std::nullopt, "s", "t"};
  batch.columns = {&kKey};
  if (!keys_only) batch.columns.push_back(&kName);
  batch.key_count = 1;
  batch.options = &options;
  return write_statement(batch, product, IdentifierRules{});
}

TEST(OdbcStatements, PlainOnesAreTheSameEverywhere) {
  for (const Product product : {Product::kGeneric, Product::kSqlServer, Product::kOracle, Product::kDb2}) {
    EXPECT_EQ(statement(product, WriteKind::kInsert), R"(INSERT INTO "s"."t"("k","a") VALUES(?,?))");
    EXPECT_EQ(statement(product, WriteKind::kUpdate), R"(UPDATE "s"."t" SET "a" = ? WHERE "k" = ?)");
    EXPECT_EQ(statement(product, WriteKind::kDelete, true), R"(DELETE FROM "s"."t" WHERE "k" = ?)");
  }
}

TEST(OdbcStatements, UpsertsAreEachProductsOwn) {
  const auto upsert = [](Product product) { return statement(product, WriteKind::kUpsert); };
  EXPECT_EQ(upsert(Product::kSqlServer),
            R"(merge into "s"."t" with (HOLDLOCK) AS target using (select ? AS "k", ? AS "a") AS incoming on )"
            R"((target."k"=incoming."k") when matched then update set "a"=incoming."a" when not matched then )"
            R"(insert ("a", "k") values (incoming."a",incoming."k");)");
  EXPECT_EQ(statement(Product::kSqlServer, WriteKind::kUpsert, true, false),
            R"(merge into "s"."t" AS target using (select ? AS "k") AS incoming on (target."k"=incoming."k") )"
            R"(when not matched then insert ("k") values (incoming."k");)");
  EXPECT_EQ(upsert(Product::kSybase),
            R"(merge into "s"."t" AS target using (select ? AS "k", ? AS "a") AS incoming on )"
            R"((target."k"=incoming."k") when matched then update set "a"=incoming."a" when not matched then )"
            R"(insert ("a", "k") values (incoming."a",incoming."k"))");
  EXPECT_EQ(upsert(Product::kOracle),
            R"(merge into "s"."t" using (select ? "k", ? "a" FROM dual) incoming on("s"."t"."k"=incoming."k") )"
            R"(when matched then update set "s"."t"."a"=incoming."a" when not matched then )"
            R"(insert("s"."t"."a","s"."t"."k") values(incoming."a",incoming."k"))");
  EXPECT_EQ(upsert(Product::kDb2), R"(merge into "s"."t" using (values(?, ?)) as DAT("k", "a") on "s"."t"."k"=DAT."k" )"
                                   R"(when matched then update set "s"."t"."a"=DAT."a" when not matched then )"
                                   R"(insert("s"."t"."a","s"."t"."k") values(DAT."a",DAT."k"))");
  EXPECT_EQ(upsert(Product::kSapHana), R"(UPSERT "s"."t"("k","a") VALUES(?,?) WITH PRIMARY KEY)");
  EXPECT_EQ(upsert(Product::kPostgresql),
            R"(INSERT INTO "s"."t" ("k","a") VALUES (?,?) ON CONFLICT ("k") DO UPDATE SET "a"=EXCLUDED."a")");
  EXPECT_EQ(statement(Product::kPostgresql, WriteKind::kUpsert, true),
            R"(INSERT INTO "s"."t" ("k") VALUES (?) ON CONFLICT ("k") DO NOTHING)");
  EXPECT_THROW(upsert(Product::kVertica), ConnectError);
  EXPECT_THROW(upsert(Product::kGeneric), ConnectError);
}

TEST(OdbcDdl, TablesAreCreatedAndExtended) {
  const SinkColumn number = column("n", Schema::optional_int64());
  const TableId table{std::nullopt, std::nullopt, "t"};
  const auto create = [&](Product product) { return OdbcDialect(product).create_table(table, {&kKey, &kName}, {}); };
  const auto alter = [&](Product product) { return OdbcDialect(product).alter_table(table, {&kName, &number}, {}); };
  using Statements = std::vector<std::string>;
  EXPECT_EQ(create(Product::kSqlServer),
            "CREATE TABLE \"t\" (\n\"k\" int NOT NULL,\n\"a\" varchar(max) NULL,\nPRIMARY KEY(\"k\"))");
  EXPECT_EQ(alter(Product::kSqlServer),
            Statements{"ALTER TABLE \"t\" ADD\n\"a\" varchar(max) NULL,\n\"n\" bigint NULL"});
  EXPECT_EQ(create(Product::kOracle),
            "CREATE TABLE \"t\" (\n\"k\" NUMBER(10,0) NOT NULL,\n\"a\" VARCHAR2(4000) NULL,\nPRIMARY KEY(\"k\"))");
  EXPECT_EQ(alter(Product::kOracle),
            Statements{"ALTER TABLE \"t\" ADD(\n\"a\" VARCHAR2(4000) NULL,\n\"n\" NUMBER(19,0) NULL)"});
  EXPECT_EQ(create(Product::kSapHana),
            "CREATE COLUMN TABLE \"t\" (\n\"k\" INTEGER NOT NULL,\n\"a\" VARCHAR(1000) NULL,\nPRIMARY KEY(\"k\"))");
  EXPECT_EQ(alter(Product::kVertica),
            (Statements{"ALTER TABLE \"t\" ADD \"a\" VARCHAR(1024) NULL", "ALTER TABLE \"t\" ADD \"n\" INT NULL"}));
}

TEST(OdbcDdl, ColumnTypes) {
  const std::vector<SchemaPtr> schemas{Schema::int8(),
                                       Schema::int16(),
                                       Schema::int32(),
                                       Schema::int64(),
                                       Schema::float32(),
                                       Schema::float64(),
                                       Schema::boolean(),
                                       Schema::optional_boolean(),
                                       Schema::string(),
                                       Schema::bytes(),
                                       SchemaBuilder::decimal(2).build(),
                                       SchemaBuilder::date().build(),
                                       SchemaBuilder::time().build(),
                                       SchemaBuilder::timestamp().build()};
  const auto types = [&](Product product) {
    std::string text;
    for (const SchemaPtr& schema : schemas)
      text += (text.empty() ? "" : " ") + OdbcDialect(product).column_type(column("c", schema));
    return text + " | " + OdbcDialect(product).column_type(column("c", Schema::string(), true));
  };
  EXPECT_EQ(
      types(Product::kSqlServer),
      "tinyint smallint int bigint real float bit bit varchar(max) varbinary(max) decimal(38,2) date time datetime2 "
      "| varchar(900)");
  EXPECT_EQ(types(Product::kSybase),
            "smallint smallint int bigint real float bit tinyint text image decimal(38,2) date time datetime "
            "| varchar(512)");
  EXPECT_EQ(types(Product::kOracle),
            "NUMBER(3,0) NUMBER(5,0) NUMBER(10,0) NUMBER(19,0) BINARY_FLOAT BINARY_DOUBLE NUMBER(1,0) NUMBER(1,0) "
            "VARCHAR2(4000) BLOB NUMBER(*,2) DATE DATE TIMESTAMP | VARCHAR2(4000)");
  EXPECT_EQ(
      types(Product::kDb2),
      "SMALLINT SMALLINT INTEGER BIGINT FLOAT DOUBLE SMALLINT SMALLINT VARCHAR(32672) BLOB(64000) DECIMAL(31,2) DATE "
      "TIME TIMESTAMP | VARCHAR(32672)");
  EXPECT_EQ(
      types(Product::kSapHana),
      "TINYINT SMALLINT INTEGER BIGINT REAL DOUBLE BOOLEAN BOOLEAN VARCHAR(1000) BLOB DECIMAL DATE DATE TIMESTAMP "
      "| VARCHAR(1000)");
  EXPECT_EQ(
      types(Product::kVertica),
      "INT INT INT INT FLOAT FLOAT BOOLEAN BOOLEAN VARCHAR(1024) VARBINARY(1024) DECIMAL(18,2) DATE TIME TIMESTAMP "
      "| VARCHAR(1024)");
  SinkColumn micros = column("c", Schema::int64());
  micros.type = WriteType::kEpoch;
  EXPECT_EQ(OdbcDialect(Product::kOracle).column_type(micros), "TIMESTAMP(6)");
  micros.epoch_is_nanos = true;
  EXPECT_EQ(OdbcDialect(Product::kOracle).column_type(micros), "TIMESTAMP(9)");
}

TEST(OdbcNames, FollowTheProduct) {
  const OdbcDialect sql_server(Product::kSqlServer);
  EXPECT_EQ(sql_server.table_id({"t"}, QuoteMethod::kAlways), (TableId{std::nullopt, "dbo", "t"}));
  EXPECT_EQ(sql_server.table_id({"db", "t"}, QuoteMethod::kAlways), (TableId{"db", "dbo", "t"}));
  EXPECT_EQ(sql_server.table_id({"db", "s", "t"}, QuoteMethod::kAlways), (TableId{"db", "s", "t"}));
  const OdbcDialect oracle(Product::kOracle);
  EXPECT_EQ(oracle.table_id({"s", "t"}, QuoteMethod::kNever), (TableId{std::nullopt, "s", "T"}));
  EXPECT_EQ(oracle.table_id({"s", "t"}, QuoteMethod::kAlways), (TableId{std::nullopt, "s", "t"}));
  EXPECT_EQ(find_dialect("Db2DatabaseDialect", "odbc:DSN=x").name(), "Db2DatabaseDialect");
  EXPECT_EQ(find_dialect("", "odbc:DSN=x").name(), "GenericDatabaseDialect");
}

}  // namespace
}  // namespace millrace::jdbc::odbc
