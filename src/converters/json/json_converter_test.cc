#include "converters/json/json_converter.h"

#include <gtest/gtest.h>

#include "millrace/errors.h"

namespace millrace {
namespace {

class JsonConverterTest : public testing::Test {
 protected:
  JsonConverterTest() {
    plain_.configure({{"schemas.enable", "false"}}, ConverterType::kValue);
    enveloped_.configure({}, ConverterType::kValue);
  }

  std::string write(JsonConverter& converter, const SchemaPtr& schema, const Value& value) {
    std::string out;
    try {
      return converter.from_connect_data("t", schema, value, out) ? out : "(null bytes)";
    } catch (const ConnectError& e) {
      EXPECT_EQ(out, "");
      return e.what();
    }
  }

  JsonConverter plain_;
  JsonConverter enveloped_;
};

TEST_F(JsonConverterTest, WritesTheDocumentedStruct) {
  const auto schema = SchemaBuilder::structure()
                          .field("i", Schema::int32())
                          .field("s", SchemaBuilder(Type::kString).optional().default_value("dd").build())
                          .field("a", SchemaBuilder::array(Schema::int64()).build())
                          .field("m", SchemaBuilder::map(Schema::string(), Schema::optional_float32()).build())
                          .field("mi", SchemaBuilder::map(Schema::int32(), Schema::boolean()).build())
                          .field("d", SchemaBuilder::decimal(2).optional().build())
                          .optional()
                          .name("com.x.Rec")
                          .version(2)
                          .doc("d")
                          .parameter("p", "v")
                          .build();
  Struct value(schema);
  value.put("i", 1)
      .put("a", Array{std::int64_t{1}, std::int64_t{2}})
      .put("m", Map{{"k", 1.5F}})
      .put("mi", Map{{3, true}});
  const std::string text = write(enveloped_, schema, value);
  EXPECT_EQ(text,
            "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\",\"optional\":false,\"field\":\"i\"},{"
            "\"type\":\"string\","
            "\"optional\":true,\"default\":\"dd\",\"field\":\"s\"},{\"type\":\"array\",\"items\":{\"type\":\"int64\","
            "\"optional\":false},"
            "\"optional\":false,\"field\":\"a\"},{\"type\":\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},"
            "\"values\":{\"type\":"
            "\"float\",\"optional\":true},\"optional\":false,\"field\":\"m\"},{\"type\":\"map\",\"keys\":{\"type\":"
            "\"int32\",\"optional\":"
            "false},\"values\":{\"type\":\"boolean\",\"optional\":false},\"optional\":false,\"field\":\"mi\"},{"
            "\"type\":\"bytes\","
            "\"optional\":true,\"name\":\"org.apache.kafka.connect.data.Decimal\",\"version\":1,\"parameters\":{"
            "\"scale\":\"2\"},\"field\":"
            "\"d\"}],\"optional\":true,\"name\":\"com.x.Rec\",\"version\":2,\"doc\":\"d\",\"parameters\":{\"p\":\"v\"}}"
            ",\"payload\":{\"i\":1,"
            "\"s\":\"dd\",\"a\":[1,2],\"m\":{\"k\":1.5},\"mi\":[[3,true]],\"d\":null}}");
  const SchemaAndValue back = enveloped_.to_connect_data("t", text);
  ASSERT_TRUE(same_schema(back.schema, schema));
  EXPECT_EQ(back.value.as_struct().get("a"), value.get("a"));
  EXPECT_EQ(write(enveloped_, back.schema, back.value), text);
}

TEST_F(JsonConverterTest, RecordsOfOneSchemaShareItsPointer) {
  const std::string one = "{\"schema\":{\"type\":\"int32\",\"optional\":false},\"payload\":1}";
  const SchemaAndValue first = enveloped_.to_connect_data("t", one);
  const SchemaAndValue second = enveloped_.to_connect_data("t", one);
  EXPECT_EQ(first.schema.get(), second.schema.get());
  const SchemaAndValue spaced =
      enveloped_.to_connect_data("t", "{ \"payload\":2, \"schema\":{\"type\":\"int32\", \"optional\":false} } tail");
  EXPECT_EQ(spaced.schema.get(), first.schema.get());
  EXPECT_EQ(spaced.value, Value(2));
}

TEST_F(JsonConverterTest, TombstonesAndNulls) {
  EXPECT_EQ(write(enveloped_, nullptr, nullptr), "(null bytes)");
  EXPECT_EQ(write(plain_, nullptr, nullptr), "(null bytes)");
  EXPECT_EQ(write(plain_, Schema::optional_string(), nullptr), "null");
  EXPECT_EQ(write(plain_, Schema::string(), nullptr),
            "Conversion error: null value for field that is required and has no default value");
  EXPECT_EQ(enveloped_.to_connect_data("t", std::nullopt), SchemaAndValue());
}

TEST_F(JsonConverterTest, AFailedWriteLeavesTheBufferAsItWas) {
  const auto schema = SchemaBuilder::array(Schema::int32()).build();
  std::string out = "before";
  EXPECT_THROW(enveloped_.from_connect_data("t", schema, Array{1, "x"}, out), DataError);
  EXPECT_EQ(out, "before");
}

TEST_F(JsonConverterTest, EqualSchemasAtNewAddressesAndTinyCaches) {
  JsonConverter small;
  small.configure({{"schemas.cache.size", "1"}, {"schemas.enable", "true"}}, ConverterType::kKey);
  for (int i = 0; i < 20; ++i) {
    const auto schema = SchemaBuilder(Type::kInt32).version(i % 3).build();
    const std::string text = write(small, schema, i);
    EXPECT_EQ(text, "{\"schema\":{\"type\":\"int32\",\"optional\":false,\"version\":" + std::to_string(i % 3) +
                        "},\"payload\":" + std::to_string(i) + "}");
    const SchemaAndValue back = small.to_connect_data("t", text);
    EXPECT_TRUE(same_schema(back.schema, schema));
    EXPECT_EQ(back.value, Value(i));
  }
}

TEST_F(JsonConverterTest, RefusesABadConfiguration) {
  EXPECT_THROW(plain_.configure({{"decimal.format", "hex"}}, ConverterType::kValue), ConfigError);
  EXPECT_THROW(plain_.configure({{"schemas.enable", "maybe"}}, ConverterType::kValue), ConfigError);
}

}  // namespace
}  // namespace millrace
