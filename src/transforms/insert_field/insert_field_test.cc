#include "transforms/insert_field/insert_field.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(InsertFieldTest, WhatTheRecordKnowsBecomesFields) {
  const auto insert = of_value<InsertField>({{"topic.field", "tp!"},
                                             {"partition.field", "p?"},
                                             {"timestamp.field", "ts"},
                                             {"static.field", "s"},
                                             {"static.value", "z"}});
  const SchemaPtr schema = struct_schema({{"a", Schema::int32()}});
  ConnectRecord record = record_of(schema, struct_value(schema, {{"a", 1}}));
  record.kafka_partition = 3;
  record.timestamp = 0;
  ASSERT_TRUE(insert->apply(record));
  EXPECT_EQ(record.value.to_string(), "Struct{a=1,tp=t,p=3,ts=Thu Jan 01 00:00:00 UTC 1970,s=z}");
  EXPECT_FALSE(record.value_schema->field("tp")->schema->is_optional());
  EXPECT_TRUE(record.value_schema->field("s")->schema->is_optional());
  EXPECT_EQ(after(*insert, record_of(nullptr, nullptr)), "null");
}

TEST(InsertFieldTest, ATopicThatIsNotKnownIsNull) {
  const auto insert = of_value<InsertField>({{"topic.field", "tp"}, {"partition.field", "p"}});
  ConnectRecord record = record_of(nullptr, Value(Map{}));
  record.topic.clear();
  ASSERT_TRUE(insert->apply(record));
  EXPECT_EQ(record.value.to_string(), "{tp=null}");
}

TEST(InsertFieldTest, OffsetsAreOfSinks) {
  const auto insert = of_value<InsertField>({{"offset.field", "o"}});
  SinkRecord sink;
  sink.value = Map{};
  sink.kafka_offset = 7;
  ASSERT_TRUE(insert->apply_to_sink(sink));
  EXPECT_EQ(sink.value.to_string(), "{o=7}");
  SourceRecord source;
  source.value = Map{};
  EXPECT_NE(refusal([&] { insert->apply_to_source(source); }).find("Only SinkRecord supported for [field insertion]"),
            std::string::npos);
  EXPECT_EQ(refusal([] { of_value<InsertField>({}); }), "No field insertion configured");
}

}  // namespace
}  // namespace millrace::transforms
