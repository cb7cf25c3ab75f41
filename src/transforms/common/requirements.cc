#include "transforms/common/requirements.h"

#include <string>

#include "millrace/errors.h"

namespace millrace::transforms {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view purpose, const Value& found) {
  throw DataError("Only " + std::string(what) + " for [" + std::string(purpose) + "], found: " + found.java_class());
}

}  // namespace

void require_map(const Value& value, std::string_view purpose) {
  if (value.kind() != ValueKind::kMap) refuse("Map objects supported in absence of schema", purpose, value);
}

void require_map_or_null(const Value& value, std::string_view purpose) {
  if (!value.is_null()) require_map(value, purpose);
}

void require_struct(const Value& value, std::string_view purpose) {
  if (value.kind() != ValueKind::kStruct) refuse("Struct objects supported", purpose, value);
}

void require_struct_or_null(const Value& value, std::string_view purpose) {
  if (!value.is_null()) require_struct(value, purpose);
}

void require_schema(const SchemaPtr& schema, std::string_view purpose) {
  if (schema == nullptr) throw DataError("Schema required for [" + std::string(purpose) + "]");
}

void require_struct_of(const Value& value, const SchemaPtr& schema, std::string_view purpose) {
  require_struct(value, purpose);
  if (!same_schema(value.as_struct().schema(), schema)) throw DataError("Mismatching schema.");
}

std::string java_class_text(const Value& value) { return std::string("class ") + value.java_class(); }

}  // namespace millrace::transforms
