#pragma once

#include <string>
#include <vector>

namespace millrace::cassandra {

// What a CQL statement that users write says, without parsing it all.

/// Statements with `;` between them, outside of quotes.
std::vector<std::string> split_statements(const std::string& cql);
/// The table that a DELETE, UPDATE or INSERT names, as the server spells it and without its keyspace; "" when there is none.
std::string table_named_in(const std::string& cql);
/// The statement with its table in that keyspace, unless it names one itself.
std::string in_keyspace(const std::string& cql, const std::string& keyspace);

}  // namespace millrace::cassandra
