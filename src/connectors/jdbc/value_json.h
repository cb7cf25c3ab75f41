#pragma once

#include <string>

#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace::jdbc {

/// Appends `value` as JSON. Structs and maps are objects, a map's keys their text; bytes are base64, Decimals numbers,
/// dates and times as ISO 8601 writes them in UTC ("2016-08-03", "07:26:07.516", "2016-08-03T07:26:07.516Z"); NaN and
/// infinities, which JSON does not have, are strings. `schema` tells dates from times.
void append_json(std::string& out, const Value& value, const Schema& schema);

}  // namespace millrace::jdbc
