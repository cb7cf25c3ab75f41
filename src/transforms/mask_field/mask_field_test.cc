#include "transforms/mask_field/mask_field.h"

#include <gtest/gtest.h>

#include "transforms/common/transform_fixture_test.h"

namespace millrace::transforms {
namespace {

TEST(MaskFieldTest, FieldsBecomeZeroOrTheReplacement) {
  const SchemaPtr schema = struct_schema({{"n", Schema::int32()}, {"s", Schema::string()}, {"k", Schema::string()}});
  const Value value = struct_value(schema, {{"n", 300}, {"s", "secret"}, {"k", "kept"}});
  EXPECT_EQ(after(*of_value<MaskField>({{"fields", "n,s"}}), record_of(schema, value)), "Struct{n=0,s=,k=kept}");
  EXPECT_EQ(after(*of_value<MaskField>({{"fields", "n,s"}, {"replacement", "7"}}), record_of(schema, value)),
            "Struct{n=7,s=7,k=kept}");
  ConnectRecord bytes = record_of(nullptr, Map{{"b", Bytes{1}}});
  EXPECT_NE(refusal([&] {
              of_value<MaskField>({{"fields", "b"}})->apply(bytes);
            }).find("Cannot mask value of type"),
            std::string::npos);
}

}  // namespace
}  // namespace millrace::transforms
