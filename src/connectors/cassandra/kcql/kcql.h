#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::cassandra {

/// A KCQL text is wrong. The message shows the statement with a caret under the place.
class KcqlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One selected field: `a`, `a.b.c`, `a.*`, `*`, `f()`, each perhaps with an alias.
struct KcqlField {
  std::vector<std::string> path;  ///< empty for a bare `*`
  bool all = false;               ///< `*` or `a.*`
  bool function = false;          ///< `now()`: path holds its name
  std::string alias;              ///< empty: the last element of the path

  const std::string& name() const { return alias.empty() ? path.back() : alias; }
  bool operator==(const KcqlField&) const = default;
};

/// One parsed statement.
struct KcqlStatement {
  std::string text;
  std::string target;
  std::string source;
  std::vector<KcqlField> fields;
  std::vector<KcqlField> ignored_fields;
  std::vector<std::string> primary_keys;
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> ttl;
  std::optional<std::int64_t> limit;
  std::string format;
  bool unwrap = false;
  bool with_structure = false;
  std::string incremental_mode;
  std::vector<std::string> with_key;
  std::optional<std::string> key_delimiter;
  std::vector<std::pair<std::string, std::string>> properties;

  /// Text after the last clause that could be used: clauses out of their order vanish in the original, too.
  std::string ignored_text;
  /// Clauses of older grammars that have no effect any more.
  std::vector<std::string> obsolete_clauses;

  bool selects_all() const;
  bool operator==(const KcqlStatement&) const = default;
};

/// Statements with `;` between them; empty ones are dropped, exact duplicates collapse. Throws KcqlError.
std::vector<KcqlStatement> parse_kcql(std::string_view text);

}  // namespace millrace::cassandra
