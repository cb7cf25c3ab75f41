#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "json/writer.h"

namespace millrace::json {

/// The digits of a number as they stand in the text: nothing is lost, `1.50` stays `1.50`.
struct Number {
  std::string text;
  bool real = false;  ///< written with a point or an exponent
  bool operator==(const Number&) const = default;
};

/// A JSON document, or a part of one. Objects keep the order of their members; a repeated name keeps its first place
/// and its last value.
class Node {
 public:
  using Array = std::vector<Node>;
  using Member = std::pair<std::string, Node>;
  using Object = std::vector<Member>;
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Node() noexcept = default;  // null
  Node(std::nullptr_t) noexcept {}
  Node(bool value) : v_(value) {}
  Node(int value) : v_(Number{std::to_string(value)}) {}
  Node(std::int64_t value) : v_(Number{std::to_string(value)}) {}
  Node(std::uint64_t value) : v_(Number{std::to_string(value)}) {}
  Node(Number value) : v_(std::move(value)) {}
  Node(std::string value) : v_(std::move(value)) {}
  Node(std::string_view value) : v_(std::string(value)) {}
  Node(const char* value) : v_(std::string(value)) {}
  Node(const std::optional<std::string>& value) {
    if (value) v_ = *value;
  }
  static Node array(Array items = {}) {
    Node node;
    node.v_ = std::move(items);
    return node;
  }
  static Node object(Object members = {}) {
    Node node;
    node.v_ = std::move(members);
    return node;
  }

  Kind kind() const noexcept { return static_cast<Kind>(v_.index()); }
  bool is_null() const noexcept { return kind() == Kind::kNull; }
  bool is_bool() const noexcept { return kind() == Kind::kBool; }
  bool is_number() const noexcept { return kind() == Kind::kNumber; }
  bool is_integer() const noexcept { return is_number() && !number().real; }
  bool is_string() const noexcept { return kind() == Kind::kString; }
  bool is_array() const noexcept { return kind() == Kind::kArray; }
  bool is_object() const noexcept { return kind() == Kind::kObject; }

  // Precondition: the kind fits; std::bad_variant_access otherwise.
  bool boolean() const { return std::get<bool>(v_); }
  const Number& number() const { return std::get<Number>(v_); }
  const std::string& string() const { return std::get<std::string>(v_); }
  const Array& items() const { return std::get<Array>(v_); }
  Array& items() { return std::get<Array>(v_); }
  const Object& members() const { return std::get<Object>(v_); }
  Object& members() { return std::get<Object>(v_); }

  /// The value of a whole number within 64 bits.
  std::optional<std::int64_t> integer() const;
  /// Any number.
  double real() const;

  /// The member, or nullptr; nullptr too when this is no object.
  const Node* find(std::string_view name) const;
  Node* find(std::string_view name);
  /// Sets a member, in place when it exists. Precondition: an object.
  Node& set(std::string name, Node value);
  /// Appends. Precondition: an array.
  Node& push_back(Node value);

  /// Compact text.
  std::string dump(Escape escape = Escape::kRawUtf8) const;
  void append_to(std::string& out, Escape escape = Escape::kRawUtf8) const;

  /// Members are compared in whatever order.
  bool operator==(const Node& other) const;

 private:
  std::variant<std::monostate, bool, Number, std::string, Array, Object> v_;
};

class Reader;

/// The first value of `text`. With kRefuse only blanks may follow it. Throws ParseError; nullopt when there is nothing
/// but blanks.
enum class Trailing : std::uint8_t { kIgnore, kRefuse };
std::optional<Node> parse(std::string_view text, Trailing trailing = Trailing::kRefuse);

/// The value that follows in `reader`; nullopt at the end.
std::optional<Node> read_node(Reader& reader);

}  // namespace millrace::json
