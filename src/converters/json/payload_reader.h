#pragma once

#include "converters/json/payload_writer.h"
#include "json/node.h"
#include "json/reader.h"
#include "millrace/schema.h"

namespace millrace::json_converter {

/// The schema that a JSON schema stands for; null for JSON null. DataError with JsonConverter's texts.
SchemaPtr schema_of(const json::Node& node, NullPolicy nulls);

/// `node` (nullptr: absent) as a value of `schema`, which may be null. The whole of JsonConverter's rules, errors
/// included.
Value value_of(const Schema* schema, const SchemaPtr& schema_ptr, const json::Node* node, NullPolicy nulls);

/// The same straight from the text, for what fits its schema. False at the first thing out of the ordinary: a wrong
/// type, a repeated member, a missing required field. Then read it again as a document and use `value_of`. `first` is
/// the value's first token, just read.
bool read_value(json::Reader& reader, json::Token first, const SchemaPtr& schema, NullPolicy nulls, Value& out);

}  // namespace millrace::json_converter
