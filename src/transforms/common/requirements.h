#pragma once

#include <string>
#include <string_view>

#include "millrace/record.h"
#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace::transforms {

// DataError in the words of Kafka Connect's Requirements class when `value` is of another kind.

/// "Only Map objects supported in absence of schema for [purpose], found: java.lang.String"
void require_map(const Value& value, std::string_view purpose);
void require_map_or_null(const Value& value, std::string_view purpose);

/// "Only Struct objects supported for [purpose], found: null"
void require_struct(const Value& value, std::string_view purpose);
void require_struct_or_null(const Value& value, std::string_view purpose);

/// "Schema required for [purpose]"
void require_schema(const SchemaPtr& schema, std::string_view purpose);

/// `require_struct`, and the struct's own schema is `schema`, so that a plan made for `schema` fits it.
void require_struct_of(const Value& value, const SchemaPtr& schema, std::string_view purpose);

/// "class java.lang.String": Java's `value.getClass()`.
std::string java_class_text(const Value& value);

}  // namespace millrace::transforms
