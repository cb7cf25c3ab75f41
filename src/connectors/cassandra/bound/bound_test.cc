#include <gtest/gtest.h>

#include "connectors/cassandra/bound/bound_settings.h"
#include "connectors/cassandra/bound/bound_sink_connector.h"
#include "connectors/cassandra/bound/encode.h"
#include "connectors/cassandra/source/render.h"
#include "millrace/errors.h"

namespace millrace::cassandra {
namespace {

using cql::DataType;
using cql::TypeId;

Props base(const std::string& kcql, const Props& more = {}) {
  Props out{{"name", "check"}, {"topics", "t"}, {"connect.cassandra.kcql", kcql}};
  for (const auto& [key, value] : more) out[key] = value;
  return out;
}

template <class F>
std::string error_of(F&& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

BoundStatement statement(const std::string& kcql) {
  std::vector<std::string> warnings;
  return bound_statements(kcql, warnings).at(0);
}

TEST(BoundKcql, ColumnsFromKeyValueAndHeaders) {
  const auto st = statement(
      "INSERT INTO ks.orders SELECT _key.id AS pk, name, a.b, _value AS raw, _header.h, `now()` as created, "
      "`_key.'odd name'` as 'Odd Column', _value.lives AS message_internal_ttl, at as __timestamp FROM t "
      "PROPERTIES('ttlTimeUnit'='MINUTES', 'consistencyLevel'='QUORUM', 'nullToUnset'='false')");
  EXPECT_EQ(st.keyspace, "ks");
  EXPECT_EQ(st.table, "orders");
  ASSERT_EQ(st.columns.size(), 7U);
  const char* wanted[][2] = {
      {"_key.id", "pk"},    {"_value.name", "name"},        {"_value.a.b", "b"}, {"_value", "raw"}, {"_header.h", "h"},
      {"now()", "created"}, {"_key.odd name", "Odd Column"}};
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(st.columns[i].source.text(), wanted[i][0]);
    EXPECT_EQ(st.columns[i].column, wanted[i][1]);
  }
  EXPECT_EQ(st.ttl->text(), "_value.lives");
  EXPECT_EQ(st.write_time->text(), "_value.at");
  EXPECT_EQ(st.ttl_unit, TimeUnit::kMinutes);
  EXPECT_EQ(st.consistency, cql::Consistency::kQuorum);
  EXPECT_FALSE(st.null_to_unset);
  EXPECT_EQ(statement("INSERT INTO ks.t SELECT a FROM t PROPERTIES('ttl'='1000000','ttlTimeUnit'='MILLISECONDS')")
                .fixed_ttl_seconds,
            1000);
}

TEST(BoundKcql, WhatIsWrongSaysSo) {
  const auto error = [](const std::string& kcql) { return error_of([&] { statement(kcql); }); };
  EXPECT_EQ(error("INSERT INTO t SELECT a FROM t"), "KCQL target must be in the form namespace.table, got: t");
  EXPECT_NE(error("INSERT INTO ks.1t SELECT a FROM t").find("\"1t\" is no name"), std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT _header AS h FROM t").find("_header without a name"), std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT _value FROM t").find("add AS <column>"), std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT a, b AS a FROM t").find("Field a has already been defined"),
            std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT later() AS x FROM t").find("the only function is now()"), std::string::npos);
  EXPECT_NE(
      error("INSERT INTO ks.t SELECT a FROM t PROPERTIES('tll'='1')").find("property tll=1: there is no such property"),
      std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT a FROM t PROPERTIES('ttl'='soon')").find("property ttl=soon"),
            std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT a FROM t PROPERTIES('codec.timeZone'='Moon')").find("no such time zone"),
            std::string::npos);
  EXPECT_NE(
      error("INSERT INTO ks.t SELECT a FROM t PROPERTIES('codec.date'='yyyy-bb')").find("letter b is not supported"),
      std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT a FROM t PROPERTIES('query'='UPDATE x')").find("needs deletesEnabled=false"),
            std::string::npos);
  EXPECT_NE(error("INSERT INTO ks.t SELECT a FRM t").find("^"), std::string::npos);
}

TEST(BoundKcql, CodecsHoldForTheWholeTopic) {
  std::vector<std::string> warnings;
  const auto all = bound_statements(
      "INSERT INTO ks.a SELECT x FROM t; INSERT INTO ks.b SELECT x FROM t PROPERTIES('codec.unit'='SECONDS'); "
      "INSERT INTO ks.c SELECT x FROM u",
      warnings);
  EXPECT_EQ(all[0].codec->unit, TimeUnit::kSeconds);
  EXPECT_EQ(all[1].codec->unit, TimeUnit::kSeconds);
  EXPECT_EQ(all[2].codec->unit, TimeUnit::kMilliseconds);
}

TEST(BoundSettings, LoginsTlsAndDriverOptions) {
  const std::string kcql = "INSERT INTO ks.t SELECT a FROM t";
  auto settings = bound_sink_settings(
      base(kcql, {{"connect.cassandra.auth.username", "u"}, {"connect.cassandra.auth.password", "p"}}));
  EXPECT_EQ(settings.session.user, "u");
  EXPECT_FALSE(settings.session.tls.has_value());
  settings = bound_sink_settings(base(kcql, {{"connect.cassandra.ssl.enabled", "true"},
                                             {"connect.cassandra.driver.basic.request.timeout", "3 seconds"},
                                             {"connect.cassandra.driver.basic.request.consistency", "ALL"},
                                             {"connect.cassandra.driver.advanced.unheard-of", "1"}}));
  EXPECT_TRUE(settings.session.tls->verify_hostname);
  EXPECT_EQ(settings.session.request_timeout.count(), 3000);
  EXPECT_EQ(settings.statements[0].consistency, cql::Consistency::kAll);
  EXPECT_EQ(settings.warnings.size(), 1U);
  const auto error = [&](const Props& more) { return error_of([&] { bound_sink_settings(base(kcql, more)); }); };
  EXPECT_NE(error({{"connect.cassandra.auth.password", "p"}}).find("without connect.cassandra.auth.username"),
            std::string::npos);
  EXPECT_NE(error({{"connect.cassandra.auth.provider", "gssapi"}}).find("Kerberos is not offered"), std::string::npos);
  EXPECT_NE(error({{"connect.cassandra.contact.points", " , "}}).find("contact.points must be set"), std::string::npos);
  EXPECT_NE(error({{"topics", "t,u"}}).find("Topic u of `topics` has no statement"), std::string::npos);
  EXPECT_NE(error({{"connect.cassandra.driver.basic.request.timeout", "soon"}}).find("write a duration"),
            std::string::npos);
}

TEST(BoundSettings, ValidationShowsTheErrorAtItsOption) {
  const auto errors = [](const Props& props, const std::string& key) {
    for (const auto& value : BoundSinkConnector().validate(props)) {
      if (value.name == key) return value.errors.size();
    }
    return std::size_t{99};
  };
  EXPECT_EQ(errors(base("INSERT INTO t SELECT a FROM t"), "connect.cassandra.kcql"), 1U);
  EXPECT_EQ(errors(base("INSERT INTO k.t SELECT a FROM t", {{"connect.cassandra.auth.password", "p"}}),
                   "connect.cassandra.auth.password"),
            1U);
  EXPECT_EQ(errors(base("INSERT INTO k.t SELECT a FROM t", {{"connect.cassandra.max.batch.size", "0"}}),
                   "connect.cassandra.max.batch.size"),
            1U);
  EXPECT_EQ(errors(base("INSERT INTO k.t SELECT a FROM t"), "connect.cassandra.kcql"), 0U);
}

// --- values

std::string encoded(const DataType& type, const Value& value, const TimeCodec& codec = {},
                    const SchemaPtr& schema = nullptr) {
  const auto bytes = encode_value(type, schema, value, codec);
  std::string out;
  append_cql_literal(out, type, bytes);
  return out;
}

TEST(Encode, Numbers) {
  EXPECT_EQ(encoded(DataType(TypeId::kInt), Value(std::int64_t{-7})), "-7");
  EXPECT_EQ(encoded(DataType(TypeId::kInt), Value(" 12 ")), "12");
  EXPECT_EQ(encoded(DataType(TypeId::kInt), Value(2.0)), "2");
  EXPECT_EQ(encoded(DataType(TypeId::kBigint), Value(Date{5})), "5");
  EXPECT_EQ(encoded(DataType(TypeId::kDouble), Value(0.1F)), "0.10000000149011612");
  EXPECT_EQ(encoded(DataType(TypeId::kFloat), Value("1.5")), "1.5");
  EXPECT_EQ(encoded(DataType(TypeId::kDouble), Value("NaN")), "NaN");
  EXPECT_EQ(encoded(DataType(TypeId::kDecimal), Value(0.1)), "0.1");
  EXPECT_EQ(encoded(DataType(TypeId::kDecimal), Value("123456789.123456789")), "123456789.123456789");
  EXPECT_EQ(encoded(DataType(TypeId::kVarint), Value("123456789012345678901234567890")),
            "123456789012345678901234567890");
  EXPECT_EQ(encoded(DataType(TypeId::kBoolean), Value("Yes")), "true");
  EXPECT_EQ(encoded(DataType(TypeId::kBoolean), Value(std::int32_t{0})), "false");
  const auto wrong = [](TypeId type, const Value& value) {
    return error_of([&] { encode_value(DataType(type), nullptr, value, {}); });
  };
  EXPECT_EQ(wrong(TypeId::kTinyint, Value(std::int32_t{200})),
            "value 200 (java.lang.Integer) does not fit tinyint: out of range");
  EXPECT_EQ(wrong(TypeId::kInt, Value("x")), "value x (java.lang.String) does not fit int: not a number");
  EXPECT_EQ(wrong(TypeId::kInt, Value(1.5)), "value 1.5 (java.lang.Double) does not fit int: not a whole number");
  EXPECT_NE(wrong(TypeId::kFloat, Value(1e300)).find("out of range"), std::string::npos);
  EXPECT_NE(wrong(TypeId::kBoolean, Value("maybe")).find("use true or false"), std::string::npos);
  EXPECT_NE(wrong(TypeId::kVarint, Value("1.5")).find("not a whole number"), std::string::npos);
}

TEST(Encode, TimesFollowTheCodec) {
  TimeCodec codec;
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value("2018-03-09T16:12:32.584Z")), "1520611952584");
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value("2018-03-09 16:12:32.584+0100")), "1520608352584");
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value("2018-03-09 16:12")), "1520611920000");
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value("2018-03-09")), "1520553600000");
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value(Date{7})), "7");
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value(std::int64_t{1520611952584})), "1520611952584");
  EXPECT_EQ(encoded(DataType(TypeId::kDate), Value("2018-03-09")), "'2018-03-09'");
  EXPECT_EQ(encoded(DataType(TypeId::kDate), Value(Date{-1})), "'1969-12-31'");
  EXPECT_EQ(encoded(DataType(TypeId::kTime), Value("16:12:32.5")), "'16:12:32.500000000'");
  codec.unit = TimeUnit::kSeconds;
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value(std::int32_t{1520611952}), codec), "1520611952000");
  EXPECT_EQ(encoded(DataType(TypeId::kTime), Value(std::int32_t{90}), codec), "'00:01:30.000000000'");
  EXPECT_EQ(encoded(DataType(TypeId::kBigint), Value(Date{1520611952584}), codec), "1520611952");
  codec.zone = ZoneRules::find("Europe/Paris");
  codec.date = DatePattern("cccc, d MMMM uuuu", "fr_FR");
  codec.timestamp = DatePattern("d/M/uuuu[ h:mm a]", "en_US");
  EXPECT_EQ(encoded(DataType(TypeId::kDate), Value("vendredi, 9 mars 2018"), codec), "'2018-03-09'");
  EXPECT_EQ(encoded(DataType(TypeId::kTimestamp), Value("9/7/2018 4:05 pm"), codec), "1531145100000");
  const auto wrong = [&](TypeId type, const char* value) {
    return error_of([&] { encode_value(DataType(type), nullptr, Value(value), codec); });
  };
  EXPECT_NE(wrong(TypeId::kDate, "lundi, 9 mars 2018").find("it does not read as cccc, d MMMM uuuu"),
            std::string::npos);
  EXPECT_NE(wrong(TypeId::kTimestamp, "31/2/2018").find("does not read"), std::string::npos);
  EXPECT_NE(wrong(TypeId::kTime, "25:00").find("does not read"), std::string::npos);
}

TEST(Encode, NestedValues) {
  DataType list(TypeId::kList, {DataType(TypeId::kInt)});
  DataType map(TypeId::kMap, {DataType(TypeId::kVarchar), DataType(TypeId::kInt)});
  DataType tuple(TypeId::kTuple, {DataType(TypeId::kVarchar), DataType(TypeId::kInt)});
  DataType udt(TypeId::kUdt, {DataType(TypeId::kVarchar), DataType(TypeId::kInt)});
  udt.field_names = {"street", "zip"};
  DataType vector(TypeId::kVector, {DataType(TypeId::kFloat)});
  vector.dimension = 2;
  EXPECT_EQ(encoded(list, Value("[1, 2]")), "[1,2]");
  EXPECT_EQ(encoded(list, Value(Array{Value(std::int8_t{3}), Value("4")})), "[3,4]");
  EXPECT_EQ(encoded(map, Value(Map{{Value("k"), Value(std::int32_t{1})}})), "{'k':1}");
  EXPECT_EQ(encoded(tuple, Value(Array{Value(), Value(std::int32_t{1})})), "(NULL,1)");
  EXPECT_EQ(encoded(vector, Value("[1.5,-2]")), "[1.5,-2.0]");
  EXPECT_EQ(encoded(udt, Value(R"({"zip":9,"street":"main"})")), "{street:'main',zip:9}");
  EXPECT_EQ(encoded(udt, Value(Array{Value("main"), Value(std::int32_t{9})})), "{street:'main',zip:9}");
  const auto schema =
      SchemaBuilder::structure().field("street", Schema::string()).field("zip", Schema::optional_int32()).build();
  EXPECT_EQ(encoded(udt, Value(Struct(schema, {Value("main"), Value()})), {}, schema), "{street:'main',zip:NULL}");
  EXPECT_EQ(encoded(DataType(TypeId::kVarchar), Value(Map{{Value("k"), Value(std::int32_t{1})}})), "'{\"k\":1}'");
  EXPECT_EQ(encoded(DataType(TypeId::kBlob), Value("AP8=")), "0x00ff");
  EXPECT_EQ(encoded(DataType(TypeId::kBlob), Value("0x00FF")), "0x00ff");
  EXPECT_EQ(encoded(DataType(TypeId::kDuration), Value("1y2mo3d4h")), "1y2mo3d4h");
  EXPECT_EQ(encoded(DataType(TypeId::kDuration), Value("-P1M2DT3S")), "-1mo2d3s");
  const auto wrong = [](const DataType& type, const Value& value) {
    return error_of([&] { encode_value(type, nullptr, value, {}); });
  };
  EXPECT_NE(wrong(udt, Value(R"({"zip":9})")).find("it has 1 fields, the type has 2"), std::string::npos);
  EXPECT_NE(wrong(udt, Value(R"({"zip":9,"road":1})")).find("it has no field street"), std::string::npos);
  EXPECT_NE(wrong(vector, Value("[1]")).find("it has 1 elements"), std::string::npos);
  EXPECT_NE(wrong(list, Value("[1,null]")).find("holds no null"), std::string::npos);
  EXPECT_NE(wrong(list, Value("nope")).find("not JSON"), std::string::npos);
  EXPECT_NE(wrong(DataType(TypeId::kBlob), Value("0xF")).find("even number"), std::string::npos);
  for (const char* text : {"", "1", "1x", "P", "PT", "1mo-2d", "99999999999999999999d"})
    EXPECT_NE(wrong(DataType(TypeId::kDuration), Value(text)), "no error") << text;
}

TEST(DatePatterns, PredefinedOnes) {
  const auto parse = [](const char* pattern, const char* text) { return DatePattern(pattern, "en_US").parse(text); };
  EXPECT_EQ(parse("ISO_LOCAL_DATE_TIME", "2018-03-09T16:12")->nanos_of_day, 58320000000000);
  EXPECT_EQ(parse("ISO_ZONED_DATE_TIME", "2018-03-09T16:12:32.5+01:00[Europe/Paris]")->offset_seconds, 3600);
  EXPECT_EQ(parse("RFC_1123_DATE_TIME", "Fri, 9 Mar 2018 16:12:32 GMT")->epoch_days, 17599);
  EXPECT_EQ(parse("BASIC_ISO_DATE", "20180309")->epoch_days, 17599);
  EXPECT_EQ(parse("ISO_ORDINAL_DATE", "2018-068")->epoch_days, 17599);
  EXPECT_EQ(parse("yyMMddHHmm", "1803091612")->epoch_days, 17599);
  EXPECT_EQ(parse("HH'h'mm", "16h12")->nanos_of_day, 58320000000000);
  EXPECT_EQ(parse("ISO_LOCAL_DATE", "2018-3-9"), std::nullopt);
  EXPECT_EQ(parse("ISO_LOCAL_DATE", "2018-02-29"), std::nullopt);
  EXPECT_EQ(parse("ISO_LOCAL_DATE", "2018-03-09x"), std::nullopt);
  EXPECT_EQ(DatePattern("d MMMM uuuu", "de_DE").parse("1 märz 2018")->epoch_days, 17591);
  for (const char* pattern : {"'open", "[open", "closed]", "QQ"})
    EXPECT_THROW(DatePattern(pattern, "en"), ConfigError) << pattern;
  EXPECT_THROW(DatePattern("MMMM", "tlh"), ConfigError);
  EXPECT_EQ(DatePattern("MM/dd/uuuu", "tlh").parse("03/09/2018")->epoch_days, 17599);
}

}  // namespace
}  // namespace millrace::cassandra
