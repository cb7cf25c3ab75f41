#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/cassandra/cql/types.h"
#include "connectors/cassandra/cql/wire.h"
#include "millrace/value.h"

namespace millrace::cassandra {

/// Appends a CQL value as CQL writes it: 'it''s', 0xff, {a:1}, NULL. For tuples and user-defined types.
void append_cql_literal(std::string& out, const cql::DataType& type, std::string_view bytes);

/// Appends a CQL value as JSON. For collections and WITHFORMAT JSON.
void append_json(std::string& out, const cql::DataType& type, std::string_view bytes);

/// How timestamps look in JSON.
enum class JsonTimestamps : std::uint8_t { kMilliseconds, kIsoText };
void append_json(std::string& out, const cql::DataType& type, std::string_view bytes, JsonTimestamps timestamps);

/// The items of a collection, tuple, user-defined type or vector: `each(index, item)`, a null item has a null data pointer.
/// For maps keys and values come in turn. Throws cql::WireError.
template <class F>
void for_each_item(const cql::DataType& type, std::string_view bytes, F&& each) {
  using cql::TypeId;
  cql::Reader in(bytes);
  switch (type.id) {
    case TypeId::kList:
    case TypeId::kSet:
    case TypeId::kMap: {
      const std::int32_t count = in.i32();
      const std::int64_t items = static_cast<std::int64_t>(count) * (type.id == TypeId::kMap ? 2 : 1);
      if (count < 0 || static_cast<std::uint64_t>(items) * 4 > in.remaining())
        throw cql::WireError("a collection declares more items than it holds");
      for (std::int64_t i = 0; i < items; ++i) {
        const auto item = in.bytes();
        each(static_cast<std::size_t>(i), item ? *item : std::string_view());
      }
      return;
    }
    case TypeId::kVector: {
      const std::size_t size = cql::fixed_size(type.params.at(0));
      for (std::int32_t i = 0; i < type.dimension; ++i) {
        each(static_cast<std::size_t>(i), in.raw(size != 0 ? size : static_cast<std::size_t>(in.unsigned_vint())));
      }
      return;
    }
    default:
      // Tuples and user-defined types: old rows may hold fewer fields than declared, the rest is null.
      for (std::size_t i = 0; i < type.params.size(); ++i) {
        if (in.empty()) {
          each(i, std::string_view());
          continue;
        }
        const auto item = in.bytes();
        each(i, item ? *item : std::string_view());
      }
  }
}

Decimal read_varint(std::string_view bytes);   ///< scale 0
Decimal read_decimal(std::string_view bytes);  ///< WireError when too short

}  // namespace millrace::cassandra
