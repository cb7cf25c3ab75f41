#pragma once

#include <string>

#include "connectors/cassandra/bound/mapping.h"
#include "connectors/cassandra/common/json.h"
#include "connectors/cassandra/cql/types.h"
#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace::cassandra {

/// The bytes of a Connect value for a column of that type. Numbers are checked for range and exactness, texts are parsed, times
/// follow the codec; structs, maps and arrays become collections, tuples and user-defined types, and so do texts that hold JSON. Throws DataError that
/// says what does not fit, without the column's name. Precondition: the value is not null.
std::string encode_value(const cql::DataType& type, const SchemaPtr& schema, const Value& value,
                         const TimeCodec& codec);

/// A JSON value as a schemaless Connect value: whole numbers as INT64, others exactly as decimals.
Value value_of_json(const Json& json);

/// A number as it is in a unit of time, for TTL and write time. Throws DataError unless it is a number or a text of one.
std::int64_t whole_number_of(const Value& value);

}  // namespace millrace::cassandra
