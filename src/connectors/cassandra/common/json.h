#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::cassandra {

/// A JSON value as a tree. Numbers keep their text, so nothing is rounded; members keep their order.
struct Json {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool truth = false;
  std::string text;  ///< of numbers and strings
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;

  static Json of_bool(bool v);
  static Json of_number(std::string text);
  static Json of_string(std::string text);
  static Json array() {
    Json j;
    j.kind = Kind::kArray;
    return j;
  }
  static Json object() {
    Json j;
    j.kind = Kind::kObject;
    return j;
  }

  bool is_null() const noexcept { return kind == Kind::kNull; }
  const Json* member(std::string_view name) const;
  /// Sets a member; one of that name is replaced.
  void set(std::string name, Json value);
  bool erase(std::string_view name);

  void append_to(std::string& out) const;
  std::string dump() const;
  bool operator==(const Json&) const = default;
};

/// nullopt when the text is not one JSON value; `error` says where.
std::optional<Json> parse_json(std::string_view text, std::string& error);

/// A JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace millrace::cassandra
