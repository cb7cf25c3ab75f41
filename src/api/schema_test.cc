#include "millrace/schema.h"

#include <gtest/gtest.h>

#include "millrace/errors.h"
#include "millrace/record.h"

namespace millrace {
namespace {

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const ConnectError& e) {
    return e.trace();
  }
  return "no error";
}

std::string data_error(const std::string& message) {
  return "org.apache.kafka.connect.errors.DataException: " + message;
}
std::string builder_error(const std::string& message) {
  return "org.apache.kafka.connect.errors.SchemaBuilderException: " + message;
}

TEST(SchemaTest, ValidationErrorsNameTheFieldAndTheClass) {
  EXPECT_EQ(error_of([] { Schema::int32()->validate(nullptr); }),
            data_error("Invalid value: null used for required value, schema type: INT32"));
  EXPECT_EQ(error_of([] { Schema::int64()->validate(std::int32_t{1}); }),
            data_error("Invalid Java object for schema with type INT64: class java.lang.Integer for value"));
  const auto named = SchemaBuilder(Type::kInt32).name("n").build();
  EXPECT_EQ(
      error_of([&] { named->validate("x", "field: \"f\""); }),
      data_error("Invalid Java object for schema \"n\" with type INT32: class java.lang.String for field: \"f\""));
  const auto list = SchemaBuilder::array(Schema::int32()).build();
  const auto record = SchemaBuilder::structure().field("a", list).field("b", Schema::string()).build();
  Struct value(record);
  EXPECT_EQ(
      error_of([&] {
        value.put("a", Array{1, "x"});
      }),
      data_error(
          "Invalid Java object for schema with type INT32: class java.lang.String for element of array field: \"a\""));
  EXPECT_EQ(error_of([&] { value.put("b", nullptr); }),
            data_error("Invalid value: null used for required field: \"b\", schema type: STRING"));
  EXPECT_EQ(error_of([&] { value.put("c", 1); }), data_error("c is not a valid field name"));
  EXPECT_EQ(error_of([&] { record->validate(value); }),
            data_error("Invalid value: null used for required field: \"a\", schema type: ARRAY"));
  EXPECT_EQ(error_of([] { Struct wrong(Schema::int32()); }), data_error("Not a struct schema: Schema{INT32}"));
  EXPECT_EQ(error_of([&] { SchemaBuilder::structure().build()->validate(value); }),
            data_error("Struct schemas do not match."));
}

TEST(SchemaTest, LogicalTypesExpectTheirOwnClass) {
  const auto decimal = SchemaBuilder::decimal(2).build();
  decimal->validate(Decimal(100, 2));
  EXPECT_EQ(error_of([&] { decimal->validate(Bytes{1}); }),
            data_error("Invalid Java object for schema \"org.apache.kafka.connect.data.Decimal\" with type BYTES: "
                       "class [B for value"));
  EXPECT_EQ(from_logical(*decimal, Decimal(1000, 2)), Value(Bytes{0x03, 0xE8}));
  EXPECT_EQ(to_logical(*decimal, Bytes{0x03, 0xE8}), Value(Decimal(1000, 2)));
  EXPECT_EQ(
      error_of([&] { from_logical(*decimal, Decimal(1, 1)); }),
      data_error(
          "Decimal value has mismatching scale for given Decimal schema. Schema has scale 2, value has scale 1."));
  EXPECT_EQ(from_logical(*SchemaBuilder::date().build(), Date{864'000'000}), Value(std::int32_t{10}));
  EXPECT_EQ(error_of([] { from_logical(*SchemaBuilder::date().build(), Date{1}); }),
            data_error("Kafka Connect Date type should not have any time fields set to non-zero values."));
  EXPECT_EQ(error_of([] { to_logical(*SchemaBuilder::time().build(), std::int32_t{-1}); }),
            data_error("Time values must use number of milliseconds greater than 0 and less than 86400000"));
  EXPECT_EQ(error_of([] { decimal_scale(*Schema::bytes()); }),
            data_error("Invalid Decimal schema: scale parameter not found."));
  EXPECT_EQ(
      error_of([] { decimal_scale(*SchemaBuilder(Type::kBytes).parameter("scale", "x").build()); }),
      data_error(
          "Invalid scale parameter found in Decimal schema: \nCaused by: java.lang.NumberFormatException: For input "
          "string: \"x\""));
}

TEST(SchemaBuilderTest, EachAttributeOnce) {
  EXPECT_EQ(error_of([] { SchemaBuilder(Type::kInt8).optional().required(); }),
            builder_error("Invalid SchemaBuilder call: optional has already been set."));
  EXPECT_EQ(error_of([] { SchemaBuilder(Type::kInt8).name("a").name("a").name("b"); }),
            builder_error("Invalid SchemaBuilder call: name has already been set."));
  EXPECT_EQ(
      error_of([] { SchemaBuilder(Type::kInt8).default_value("x"); }),
      builder_error("Invalid default value\nCaused by: " +
                    data_error("Invalid Java object for schema with type INT8: class java.lang.String for value")));
  EXPECT_EQ(error_of([] { SchemaBuilder(Type::kInt32).field("a", Schema::int8()); }),
            builder_error("Cannot create fields on type INT32"));
  EXPECT_EQ(error_of([] { SchemaBuilder::structure().field("a", Schema::int8()).field("a", Schema::int8()); }),
            builder_error("Cannot create field because of field name duplication a"));
  EXPECT_EQ(error_of([] { SchemaBuilder::map(nullptr, Schema::int8()); }), builder_error("keySchema cannot be null."));
}

TEST(SchemaTest, EqualityLooksAtEveryAttribute) {
  const auto make = [](const char* doc) {
    return SchemaBuilder::structure().name("x").doc(doc).field("a", Schema::int8()).parameter("p", "1").build();
  };
  EXPECT_TRUE(same_schema(make("d"), make("d")));
  EXPECT_FALSE(same_schema(make("d"), make("e")));
  EXPECT_FALSE(same_schema(SchemaBuilder(Type::kInt8).default_value(std::int8_t{1}).build(), Schema::int8()));
  EXPECT_FALSE(same_schema(nullptr, Schema::int8()));
  EXPECT_TRUE(same_schema(nullptr, nullptr));
  EXPECT_EQ(make("d")->to_string(), "Schema{x:STRUCT}");
  EXPECT_EQ(error_of([] { (void)Schema::int8()->fields(); }), data_error("Cannot list fields on non-struct type"));
}

TEST(StructTest, GetGivesTheDefaultAndTextLeavesNullsOut) {
  const auto schema = SchemaBuilder::structure()
                          .field("a", Schema::int32())
                          .field("b", SchemaBuilder(Type::kString).optional().default_value("D").build())
                          .build();
  Struct value(schema);
  value.put("a", 1);
  EXPECT_EQ(value.get("b"), Value("D"));
  EXPECT_TRUE(value.get_without_default("b").is_null());
  EXPECT_EQ(value.to_string(), "Struct{a=1}");
  value.put("b", "x");
  EXPECT_EQ(value.to_string(), "Struct{a=1,b=x}");
}

TEST(ProjectorTest, PromotesNumbersAndFillsMissingFields) {
  const auto source = SchemaBuilder::structure().field("a", Schema::int8()).build();
  const auto target = SchemaBuilder::structure()
                          .field("a", Schema::float64())
                          .field("b", Schema::optional_string())
                          .field("c", SchemaBuilder(Type::kInt32).default_value(7).build())
                          .build();
  Struct value(source);
  value.put("a", std::int8_t{5});
  EXPECT_EQ(project(source, value, target).to_string(), "Struct{a=5.0,c=7}");
  EXPECT_EQ(error_of([] { project(Schema::int64(), std::int64_t{1}, Schema::int32()); }),
            "org.apache.kafka.connect.errors.SchemaProjectorException: Schema type mismatch. source type: INT64 and "
            "target type: INT32");
  EXPECT_EQ(
      error_of([&] { project(target, Struct(target), SchemaBuilder::structure().field("z", Schema::int8()).build()); }),
      "org.apache.kafka.connect.errors.SchemaProjectorException: Required field `z` is missing from source schema: "
      "Schema{STRUCT}");
  EXPECT_EQ(error_of([] { project(Schema::optional_int8(), nullptr, Schema::int8()); }),
            "org.apache.kafka.connect.errors.SchemaProjectorException: Writer schema is optional, however, target "
            "schema does not "
            "provide a default value.");
}

TEST(RecordTest, TextIsJavas) {
  SinkRecord record;
  record.topic = "t";
  record.kafka_partition = 0;
  record.value = 5;
  record.value_schema = Schema::int32();
  record.original_topic = "o";
  record.headers.add("h", "v", Schema::string());
  EXPECT_EQ(record.to_string(),
            "SinkRecord{kafkaOffset=0, timestampType=NoTimestampType, originalTopic=o, originalKafkaPartition=0, "
            "originalKafkaOffset=0} ConnectRecord{topic='t', kafkaPartition=0, key=null, keySchema=null, value=5, "
            "valueSchema=Schema{INT32}, timestamp=null, headers=ConnectHeaders(headers=[ConnectHeader(key=h, value=v, "
            "schema=Schema{STRING})])}");
  EXPECT_EQ(error_of([&] { record.headers.add("x", "v", Schema::int32()); }),
            data_error("The value v is not compatible with the schema Schema{INT32}"));
  EXPECT_EQ(error_of([&] { record.headers.add("x", nullptr, Schema::string()); }),
            data_error("A null value requires an optional schema but was Schema{STRING}"));
  EXPECT_TRUE(record.headers.remove("h"));
  EXPECT_EQ(record.headers.to_string(), "ConnectHeaders(headers=)");
}

}  // namespace
}  // namespace millrace
