#include "transforms/mask_field/mask_field.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "mask fields";

Value zero_of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kBool: return false;
    case ValueKind::kInt8: return std::int8_t{0};
    case ValueKind::kInt16: return std::int16_t{0};
    case ValueKind::kInt32: return std::int32_t{0};
    case ValueKind::kInt64: return std::int64_t{0};
    case ValueKind::kFloat32: return 0.0F;
    case ValueKind::kFloat64: return 0.0;
    case ValueKind::kString: return "";
    case ValueKind::kDecimal: return Decimal(0, 0);
    case ValueKind::kDate: return Date{0};
    case ValueKind::kArray: return Array();
    case ValueKind::kMap: return Map();
    default: throw DataError("Cannot mask value of type: " + java_class_text(value));
  }
}

Decimal number_in(const std::string& text, const char* to) {
  const auto number = Decimal::parse(text);
  if (!number) throw DataError("Unable to convert " + text + " (class java.lang.String) " + to);
  return *number;
}

Value replacement_for(const Value& value, const std::string& text) {
  const auto integer = [&text] { return number_in(text, "to a number").to_int64_wrapping(); };
  switch (value.kind()) {
    case ValueKind::kInt8: return static_cast<std::int8_t>(integer());
    case ValueKind::kInt16: return static_cast<std::int16_t>(integer());
    case ValueKind::kInt32: return static_cast<std::int32_t>(integer());
    case ValueKind::kInt64: return integer();
    case ValueKind::kFloat32: return static_cast<float>(number_in(text, "to a number").to_double());
    case ValueKind::kFloat64: return number_in(text, "to a number").to_double();
    case ValueKind::kString: return text;
    case ValueKind::kDecimal: return number_in(text, "to number");
    default: throw DataError("Cannot mask value of type " + java_class_text(value) + " with custom replacement.");
  }
}

}  // namespace

const ConfigTable<MaskFieldConfig>& MaskFieldConfig::table() {
  using C = MaskFieldConfig;
  static const ConfigTable<C> kTable{
      option("fields", &C::fields)
          .required()
          .check(non_empty_list())
          .importance(Importance::kHigh)
          .doc("Fields whose values are hidden."),
      option("replacement", &C::replacement)
          .check(non_empty())
          .importance(Importance::kLow)
          .doc("What numbers and strings are replaced by. Without it: zero, false, an empty string, list or map."),
      replace_null_option(&C::replace_null_with_default),
  };
  return kTable;
}

void MaskField::mask(Value& value) const {
  if (value.is_null()) return;
  value = config_.replacement ? replacement_for(value, *config_.replacement) : zero_of(value);
}

bool MaskField::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  const SchemaPtr& schema = schema_of(record);
  if (schema == nullptr) {
    require_map(value, kPurpose);
    Map& map = value.mutable_map();
    for (const std::string& name : config_.fields) {
      const Value* found = map.find(std::string_view(name));
      Value masked = found == nullptr ? Value() : *found;
      try {
        mask(masked);
      } catch (ConnectError& e) {
        e.set_place(field_place(name, masked));
        throw;
      }
      map.put(Value(name), std::move(masked));
    }
    return true;
  }
  require_struct_of(value, schema, kPurpose);
  const std::vector<bool>& masked = masked_.get(schema, [this](const SchemaPtr& s) {
    std::vector<bool> out;
    for (const Field& field : s->fields()) {
      out.push_back(std::find(config_.fields.begin(), config_.fields.end(), field.name) != config_.fields.end());
    }
    return out;
  });
  std::vector<Value>& values = value.mutable_struct().mutable_values();
  const std::vector<Field>& fields = schema->fields();
  for (std::size_t i = 0; i < values.size(); ++i) {
    fill_null(values[i], fields[i], fields[i], config_.replace_null_with_default);
    if (!masked[i]) continue;
    try {
      mask(values[i]);
    } catch (ConnectError& e) {
      e.set_place(field_place(fields[i]));
      throw;
    }
  }
  return true;
}

}  // namespace millrace::transforms
