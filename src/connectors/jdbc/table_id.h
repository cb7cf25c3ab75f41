#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::jdbc {

enum class QuoteMethod : unsigned char { kAlways, kNever };

/// How a database writes names.
struct IdentifierRules {
  std::string open_quote = "\"";
  std::string close_quote = "\"";
  std::string separator = ".";

  std::string quote(std::string_view name) const;
  std::string quote(std::string_view name, QuoteMethod method) const {
    return method == QuoteMethod::kAlways ? quote(name) : std::string(name);
  }
  /// Splits "a"."b".c at separators outside quotes. Throws ConnectError "Failure parsing fully qualified identifier; ...".
  std::vector<std::string> parse(std::string_view text) const;
};

/// A table's full name. Parts that the database does not have are absent.
struct TableId {
  std::optional<std::string> catalog;
  std::optional<std::string> schema;
  std::string table;

  auto operator<=>(const TableId&) const = default;
  /// "public.acc": names in offsets and filters.
  std::string full_name(const IdentifierRules& rules) const;
  /// `"public"."acc"`.
  std::string quoted(const IdentifierRules& rules, QuoteMethod method) const;
};

}  // namespace millrace::jdbc
