#include "connectors/cassandra/cql/types.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "connectors/cassandra/cql/wire.h"

namespace millrace::cassandra::cql {

namespace {

constexpr int kMaxDepth = 64;

struct Named {
  TypeId id;
  const char* cql;
  const char* java;
};

constexpr std::array kScalars{
    Named{TypeId::kAscii, "ascii", "AsciiType"},
    Named{TypeId::kBigint, "bigint", "LongType"},
    Named{TypeId::kBlob, "blob", "BytesType"},
    Named{TypeId::kBoolean, "boolean", "BooleanType"},
    Named{TypeId::kCounter, "counter", "CounterColumnType"},
    Named{TypeId::kDecimal, "decimal", "DecimalType"},
    Named{TypeId::kDouble, "double", "DoubleType"},
    Named{TypeId::kFloat, "float", "FloatType"},
    Named{TypeId::kInt, "int", "Int32Type"},
    Named{TypeId::kTimestamp, "timestamp", "TimestampType"},
    Named{TypeId::kTimestamp, "timestamp", "DateType"},
    Named{TypeId::kUuid, "uuid", "UUIDType"},
    Named{TypeId::kVarchar, "text", "UTF8Type"},
    Named{TypeId::kVarint, "varint", "IntegerType"},
    Named{TypeId::kTimeuuid, "timeuuid", "TimeUUIDType"},
    Named{TypeId::kInet, "inet", "InetAddressType"},
    Named{TypeId::kDate, "date", "SimpleDateType"},
    Named{TypeId::kTime, "time", "TimeType"},
    Named{TypeId::kSmallint, "smallint", "ShortType"},
    Named{TypeId::kTinyint, "tinyint", "ByteType"},
    Named{TypeId::kDuration, "duration", "DurationType"},
};

/// Recursive descent over "Class(arg, arg)" texts.
class ClassNameParser {
 public:
  explicit ClassNameParser(std::string_view text) : text_(text) {}

  std::optional<DataType> parse() {
    auto type = type_at(0);
    skip_blanks();
    return pos_ == text_.size() ? std::move(type) : std::nullopt;
  }

 private:
  void skip_blanks() {
    while (pos_ < text_.size() && text_[pos_] == ' ') ++pos_;
  }
  bool accept(char c) {
    skip_blanks();
    if (pos_ >= text_.size() || text_[pos_] != c) return false;
    ++pos_;
    return true;
  }
  std::string_view word() {
    skip_blanks();
    const auto end = text_.find_first_of("(),: ", pos_);
    const auto found = text_.substr(pos_, end == std::string_view::npos ? end : end - pos_);
    pos_ += found.size();
    return found;
  }
  static std::string_view simple(std::string_view name) {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
  }
  static std::optional<std::string> unhex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      unsigned value = 0;
      const auto* end = hex.data() + i + 2;
      if (std::from_chars(hex.data() + i, end, value, 16).ptr != end) return std::nullopt;
      out.push_back(static_cast<char>(value));
    }
    return out;
  }

  bool types_until_closed(DataType& into, int depth) {
    do {
      auto inner = type_at(depth + 1);
      if (!inner) return false;
      into.params.push_back(std::move(*inner));
    } while (accept(','));
    return accept(')');
  }

  std::optional<DataType> type_at(int depth) {
    if (depth > kMaxDepth) return std::nullopt;
    const auto name = simple(word());
    for (const auto& scalar : kScalars) {
      if (name == scalar.java) return DataType(scalar.id);
    }
    if (!accept('(')) return std::nullopt;
    if (name == "FrozenType" || name == "ReversedType") {
      auto inner = type_at(depth + 1);
      if (!inner || !accept(')')) return std::nullopt;
      return inner;
    }
    if (name == "VectorType") {
      auto element = type_at(depth + 1);
      if (!element || !accept(',')) return std::nullopt;
      const auto number = word();
      DataType vector(TypeId::kVector);
      if (std::from_chars(number.data(), number.data() + number.size(), vector.dimension).ec != std::errc{})
        return std::nullopt;
      vector.params.push_back(std::move(*element));
      if (vector.dimension <= 0 || !accept(')')) return std::nullopt;
      return vector;
    }
    if (name == "UserType") {
      DataType udt(TypeId::kUdt);
      udt.keyspace = std::string(word());
      if (!accept(',')) return std::nullopt;
      auto type_name = unhex(word());
      if (!type_name) return std::nullopt;
      udt.name = std::move(*type_name);
      while (accept(',')) {
        auto field = unhex(word());
        if (!field || !accept(':')) return std::nullopt;
        auto type = type_at(depth + 1);
        if (!type) return std::nullopt;
        udt.field_names.push_back(std::move(*field));
        udt.params.push_back(std::move(*type));
      }
      if (!accept(')')) return std::nullopt;
      return udt;
    }
    std::optional<TypeId> id;
    std::size_t wanted = 1;
    if (name == "ListType") id = TypeId::kList;
    if (name == "SetType") id = TypeId::kSet;
    if (name == "TupleType") {
      id = TypeId::kTuple;
      wanted = 0;
    }
    if (name == "MapType") {
      id = TypeId::kMap;
      wanted = 2;
    }
    if (!id) return std::nullopt;
    DataType type(*id);
    if (!types_until_closed(type, depth) || (wanted != 0 && type.params.size() != wanted)) return std::nullopt;
    return type;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
};

}  // namespace

std::string DataType::cql() const {
  const auto joined = [this](const char* word) {
    std::string out = std::string(word) + "<";
    for (std::size_t i = 0; i < params.size(); ++i) out += (i == 0 ? "" : ", ") + params[i].cql();
    return out;
  };
  switch (id) {
    case TypeId::kCustom: return "'" + name + "'";
    case TypeId::kList: return joined("list") + ">";
    case TypeId::kSet: return joined("set") + ">";
    case TypeId::kMap: return joined("map") + ">";
    case TypeId::kTuple: return joined("tuple") + ">";
    case TypeId::kVector: return joined("vector") + ", " + std::to_string(dimension) + ">";
    case TypeId::kUdt: return keyspace.empty() ? name : keyspace + "." + name;
    default: break;
  }
  for (const auto& scalar : kScalars) {
    if (scalar.id == id) return scalar.cql;
  }
  return "type " + std::to_string(static_cast<int>(id));
}

std::size_t fixed_size(const DataType& type) noexcept {
  switch (type.id) {
    case TypeId::kBoolean: return 1;
    case TypeId::kInt:
    case TypeId::kFloat: return 4;
    case TypeId::kBigint:
    case TypeId::kDouble:
    case TypeId::kTimestamp: return 8;
    case TypeId::kUuid:
    case TypeId::kTimeuuid: return 16;
    case TypeId::kVector: return static_cast<std::size_t>(type.dimension) * fixed_size(type.params.at(0));
    default: return 0;  // the server treats tinyint, smallint, date and time as variable, too
  }
}

DataType read_type(Reader& reader, int depth) {
  if (depth > kMaxDepth) throw WireError("a type is nested deeper than " + std::to_string(kMaxDepth));
  const std::uint16_t id = reader.u16();
  DataType type(static_cast<TypeId>(id));
  switch (type.id) {
    case TypeId::kCustom: return parse_class_name(reader.string());
    case TypeId::kList:
    case TypeId::kSet: type.params.push_back(read_type(reader, depth + 1)); return type;
    case TypeId::kMap:
      type.params.push_back(read_type(reader, depth + 1));
      type.params.push_back(read_type(reader, depth + 1));
      return type;
    case TypeId::kUdt: {
      type.keyspace = std::string(reader.string());
      type.name = std::string(reader.string());
      const std::uint16_t count = reader.u16();
      for (std::uint16_t i = 0; i < count; ++i) {
        type.field_names.emplace_back(reader.string());
        type.params.push_back(read_type(reader, depth + 1));
      }
      return type;
    }
    case TypeId::kTuple: {
      const std::uint16_t count = reader.u16();
      for (std::uint16_t i = 0; i < count; ++i) type.params.push_back(read_type(reader, depth + 1));
      return type;
    }
    default: break;
  }
  for (const auto& scalar : kScalars) {
    if (scalar.id == type.id) return type;
  }
  if (id == 0x0A) return DataType(TypeId::kVarchar);
  throw WireError("unknown type id " + std::to_string(id));
}

DataType parse_class_name(std::string_view class_name) {
  if (auto parsed = ClassNameParser(class_name).parse()) return std::move(*parsed);
  DataType custom(TypeId::kCustom);
  custom.name = std::string(class_name);
  return custom;
}

}  // namespace millrace::cassandra::cql
