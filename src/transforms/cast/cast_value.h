#pragma once

#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace::transforms {

/// `value` as `target`, one of the types that Cast can cast to. `schema` may be null: schemaless. Null stays null.
/// DataError in the words of Kafka Connect's Cast.
Value cast_value(const Schema* schema, const Value& value, Type target);

}  // namespace millrace::transforms
