#include "connectors/cassandra/sink/cql_text.h"

#include <cctype>

#include "connectors/cassandra/common/connection_config.h"

namespace millrace::cassandra {

namespace {

/// Where a statement's table stands: after FROM, UPDATE or INTO.
struct TablePlace {
  std::size_t begin = std::string::npos;
  std::size_t end = 0;
  bool has_keyspace = false;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The end of the word or quoted part that begins at `at`.
std::size_t end_of_part(const std::string& cql, std::size_t at) {
  const char c = cql[at];
  if (c == '\'' || c == '"') {
    const auto close = cql.find(c, at + 1);
    return close == std::string::npos ? cql.size() : close + 1;
  }
  std::size_t end = at + 1;
  while (is_word(c) && end < cql.size() && is_word(cql[end])) ++end;
  return end;
}

TablePlace find_table_name(const std::string& cql) {
  TablePlace out;
  bool wanted = false;
  for (std::size_t at = 0; at < cql.size();) {
    const auto end = end_of_part(cql, at);
    if (wanted && (is_word(cql[at]) || cql[at] == '"')) {
      out.begin = at;
      out.end = end;
      const auto dot = cql.find_first_not_of(" \t\r\n", end);
      if (dot == std::string::npos || cql[dot] != '.') return out;
      const auto table = cql.find_first_not_of(" \t\r\n", dot + 1);
      if (table == std::string::npos) return out;
      out.has_keyspace = true;
      out.begin = table;
      out.end = end_of_part(cql, table);
      return out;
    }
    if (is_word(cql[at])) {
      const auto word = upper_case(cql.substr(at, end - at));
      wanted = word == "FROM" || word == "UPDATE" || word == "INTO";
    }
    at = end;
  }
  return out;
}

}  // namespace

std::vector<std::string> split_statements(const std::string& cql) {
  std::vector<std::string> out;
  std::string part;
  const auto finish = [&] {
    if (auto text = trimmed(part); !text.empty()) out.push_back(std::move(text));
    part.clear();
  };
  for (std::size_t at = 0; at < cql.size();) {
    const auto end = end_of_part(cql, at);
    if (cql[at] == ';')
      finish();
    else
      part.append(cql, at, end - at);
    at = end;
  }
  finish();
  return out;
}

std::string table_named_in(const std::string& cql) {
  const auto place = find_table_name(cql);
  if (place.begin == std::string::npos) return {};
  const auto name = cql.substr(place.begin, place.end - place.begin);
  return name.front() == '"' ? name.substr(1, name.size() - 2) : lower_case(name);
}

std::string in_keyspace(const std::string& cql, const std::string& keyspace) {
  const auto place = find_table_name(cql);
  if (place.begin == std::string::npos || place.has_keyspace) return cql;
  return cql.substr(0, place.begin) + cql::quoted_name(keyspace) + "." + cql.substr(place.begin);
}

}  // namespace millrace::cassandra
