#include "connectors/cassandra/sink/value_json.h"

#include <gtest/gtest.h>

#include "millrace/errors.h"

namespace millrace::cassandra {
namespace {

Json parsed(std::string_view text) {
  std::string error;
  auto value = parse_json(text, error);
  EXPECT_TRUE(value.has_value()) << text << ": " << error;
  return value.value_or(Json{});
}

std::string projected(const std::string& select, std::string_view text) {
  return project(parse_kcql("INSERT INTO t SELECT " + select).at(0), parsed(text), MissingField::kIsLeftOut).dump();
}

TEST(Json, RoundTrips) {
  for (const char* text : {"null", "true", "[1,-2.50e+3,\"a\"]", R"({"a":{"b":[{}]},"c":""})", "\"\\\"\\\\\\n\\u0001\"",
                           "123456789012345678901234567890"}) {
    EXPECT_EQ(parsed(text).dump(), text);
  }
  EXPECT_EQ(parsed("\"\\u00e9\\uD83D\\uDE00\"").text, "é😀");
  EXPECT_EQ(parsed(R"({"a":1,"a":2})").dump(), R"({"a":2})");
}

TEST(Json, WhatIsWrongSaysWhere) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "01x", "1.", "\"abc", "\"\\ud800\"", "nul", "{} x", "'a'"}) {
    std::string error;
    EXPECT_EQ(parse_json(text, error), std::nullopt) << text;
    EXPECT_NE(error.find("at byte"), std::string::npos);
  }
  std::string error;
  EXPECT_EQ(parse_json(std::string(100000, '['), error), std::nullopt);
}

TEST(Projection, FieldsPathsAndNames) {
  const char* value = R"({"id":1,"name":"n","inner":{"x":2,"deep":{"y":3}},"gone":4})";
  EXPECT_EQ(projected("* FROM s", value), parsed(value).dump());
  EXPECT_EQ(projected("* FROM s IGNORE gone, inner.x", value), R"({"id":1,"name":"n","inner":{"deep":{"y":3}}})");
  EXPECT_EQ(projected("id, name AS label, inner.x, inner.deep.* FROM s", value), R"({"id":1,"label":"n","x":2,"y":3})");
  EXPECT_EQ(projected("id, inner.x FROM s WITHSTRUCTURE", value), R"({"id":1,"inner":{"x":2}})");
  EXPECT_EQ(projected("missing, id FROM s", value), R"({"id":1})");
  EXPECT_THROW(project(parse_kcql("INSERT INTO t SELECT missing FROM s").at(0), parsed(value), MissingField::kFails),
               DataError);
}

TEST(ValueJson, OnlyObjectsAreTaken) {
  EXPECT_THROW(value_as_json(nullptr, Value("[1]")), DataError);
  EXPECT_THROW(value_as_json(nullptr, Value("nope")), DataError);
  EXPECT_THROW(value_as_json(nullptr, Value(std::int32_t{1})), DataError);
  EXPECT_EQ(value_as_json(nullptr, Value(Map{{Value("a"), Value(Bytes{1, 254})}})).dump(), R"({"a":"0x01fe"})");
}

}  // namespace
}  // namespace millrace::cassandra
