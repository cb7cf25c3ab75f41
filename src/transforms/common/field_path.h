#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/schema.h"

namespace millrace::transforms {

/// One field of a key or value: a name (V1), or steps from the outermost struct or map inwards (V2).
class FieldPath {
 public:
  /// V1: the whole text is one name.
  static FieldPath whole(std::string name);

  /// V2: steps with dots between them; a step in backticks may hold dots. ConfigError "Incomplete backtick pair in
  /// path: ...".
  static FieldPath parse(std::string_view path);

  const std::vector<std::string>& steps() const noexcept { return steps_; }

  /// The field in the schema, or nullptr. DataError when a step goes into a schema that is no struct.
  const Field* find(const Schema& schema) const;

  /// The value in a struct; null where a struct on the way is null or has no such field.
  Value value(const Struct& from, bool replace_null_with_default) const;

  /// The value in a map; null where something on the way is absent or null. DataError where it is no map.
  Value value(const Map& from) const;

 private:
  explicit FieldPath(std::vector<std::string> steps) : steps_(std::move(steps)) {}
  std::vector<std::string> steps_;
};

}  // namespace millrace::transforms
