#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cassandra::cql {

class Reader;

/// The wire's type ids, and kVector, which travels as a custom class.
enum class TypeId : std::uint16_t {
  kCustom = 0x00,
  kAscii = 0x01,
  kBigint = 0x02,
  kBlob = 0x03,
  kBoolean = 0x04,
  kCounter = 0x05,
  kDecimal = 0x06,
  kDouble = 0x07,
  kFloat = 0x08,
  kInt = 0x09,
  kTimestamp = 0x0B,
  kUuid = 0x0C,
  kVarchar = 0x0D,
  kVarint = 0x0E,
  kTimeuuid = 0x0F,
  kInet = 0x10,
  kDate = 0x11,
  kTime = 0x12,
  kSmallint = 0x13,
  kTinyint = 0x14,
  kDuration = 0x15,
  kList = 0x20,
  kMap = 0x21,
  kSet = 0x22,
  kUdt = 0x30,
  kTuple = 0x31,
  kVector = 0x7001,
};

/// A CQL type: a tree.
struct DataType {
  TypeId id = TypeId::kCustom;
  std::string name;                      ///< UDT: its name; custom: the Java class
  std::string keyspace;                  ///< UDT only
  std::vector<DataType> params;          ///< element, key and value, fields, items
  std::vector<std::string> field_names;  ///< UDT only, as many as params
  std::int32_t dimension = 0;            ///< vector only

  DataType() = default;
  explicit DataType(TypeId type, std::vector<DataType> parameters = {}) : id(type), params(std::move(parameters)) {}

  bool is_text() const noexcept { return id == TypeId::kAscii || id == TypeId::kVarchar; }
  bool is_collection() const noexcept { return id == TypeId::kList || id == TypeId::kSet || id == TypeId::kMap; }
  bool operator==(const DataType&) const = default;

  /// As CQL writes it: "map<text, frozen<list<int>>>" without the frozen, "vector<float, 3>".
  std::string cql() const;
};

/// The number of bytes of every value of that type inside a vector, or 0 when its values carry their own length.
std::size_t fixed_size(const DataType& type) noexcept;

/// One [option] of result metadata. Throws WireError; types nested deeper than 64 are refused.
DataType read_type(Reader& reader, int depth = 0);

/// "org.apache.cassandra.db.marshal.ListType(Int32Type)" and its kin. A class nobody knows is kCustom.
DataType parse_class_name(std::string_view class_name);

}  // namespace millrace::cassandra::cql
