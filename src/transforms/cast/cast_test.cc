#include "transforms/cast/cast.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(CastTest, FieldsGetTheirTypesAndOthersStay) {
  const auto cast = of_value<Cast>({{"spec", "n:int8, s:float64"}});
  const SchemaPtr schema =
      struct_schema({{"n", Schema::int32()}, {"s", Schema::optional_string()}, {"b", Schema::boolean()}});
  ConnectRecord record = record_of(schema, struct_value(schema, {{"n", 300}, {"s", " 12 "}, {"b", true}}));
  ASSERT_TRUE(cast->apply(record));
  EXPECT_EQ(record.value.to_string(), "Struct{n=44,s=12.0,b=true}");
  EXPECT_EQ(record.value_schema->fields()[0].schema->type(), Type::kInt8);
  EXPECT_TRUE(record.value_schema->fields()[1].schema->is_optional());
  EXPECT_EQ(record.value_schema->fields()[2].schema, Schema::boolean());
}

TEST(CastTest, WholeValuesAndMapsWithoutSchema) {
  EXPECT_EQ(after(*of_value<Cast>({{"spec", "boolean"}}), record_of(Schema::float64(), 0.9)), "false");
  EXPECT_EQ(after(*of_value<Cast>({{"spec", "x:string,y:int8"}}), record_of(nullptr, Map{{"x", 1.5}})),
            "{x=1.5, y=null}");
  EXPECT_EQ(after(*of_value<Cast>({{"spec", "int8"}}), record_of(Schema::optional_int32(), nullptr)), "null");
}

TEST(CastTest, WhatCannotBeCastIsSaid) {
  const auto cast = of_value<Cast>({{"spec", "int32"}});
  ConnectRecord record = record_of(Schema::string(), "abc");
  EXPECT_EQ(refusal([&] { cast->apply(record); }), "Value (abc) was out of range for requested data type");
  EXPECT_NE(refusal([] {
              of_value<Cast>({{"spec", "a:bytes"}});
            }).find("does not support casting to BYTES"),
            std::string::npos);
  EXPECT_NE(refusal([] { of_value<Cast>({{"spec", ""}}); }), "accepted");
}

}  // namespace
}  // namespace millrace::transforms
