#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "millrace/errors.h"
#include "millrace/transform.h"
#include "transforms/common/part.h"

namespace millrace::transforms {

/// A transform of values, configured.
template <class T>
std::unique_ptr<Transformation> of_value(const Props& config = {}) {
  std::unique_ptr<Transformation> made;
  if constexpr (std::is_constructible_v<T, Part>) {
    made = std::make_unique<T>(Part::kValue);
  } else {
    made = std::make_unique<T>();
  }
  made->configure(config);
  return made;
}

inline SchemaPtr struct_schema(std::initializer_list<std::pair<const char*, SchemaPtr>> fields) {
  SchemaBuilder builder = SchemaBuilder::structure();
  for (const auto& [name, schema] : fields) builder.field(name, schema);
  return builder.build();
}

inline Value struct_value(const SchemaPtr& schema, std::initializer_list<std::pair<const char*, Value>> values) {
  Struct made(schema);
  for (const auto& [name, value] : values) made.put(name, value);
  return Value(std::move(made));
}

inline ConnectRecord record_of(SchemaPtr schema, Value value) {
  ConnectRecord record;
  record.topic = "t";
  record.value_schema = std::move(schema);
  record.value = std::move(value);
  return record;
}

/// The record's value after the transform, as Java prints it.
inline std::string after(Transformation& transform, ConnectRecord record) {
  return transform.apply(record) ? record.value.to_string() : "dropped";
}

/// What the transform says of the record, or the configuration of it.
template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const ConnectError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace millrace::transforms
