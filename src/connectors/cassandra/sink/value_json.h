#pragma once

#include "connectors/cassandra/common/json.h"
#include "connectors/cassandra/kcql/kcql.h"
#include "millrace/record.h"
#include "millrace/schema.h"

namespace millrace::cassandra {

/// A record's value as the JSON object that `INSERT ... JSON` takes. Structs by their fields; texts and bytes are parsed; dates,
/// times, decimals and bytes become the texts Cassandra reads. Throws DataError.
Json value_as_json(const SchemaPtr& schema, const Value& value);

/// Any value (of a key, say) as JSON.
Json any_as_json(const SchemaPtr& schema, const Value& value);

/// What a selected field that the value doesn't have means: JSON without schema leaves out what is null, a Struct does not.
enum class MissingField : std::uint8_t { kFails, kIsLeftOut };

/// The selected fields: `*`, names, paths, `a.*`, aliases, IGNORE. Flat unless WITHSTRUCTURE. Throws DataError.
Json project(const KcqlStatement& statement, Json value, MissingField missing);

}  // namespace millrace::cassandra
