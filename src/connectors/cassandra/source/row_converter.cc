#include "connectors/cassandra/source/row_converter.h"

#include <algorithm>
#include <bit>

#include "connectors/cassandra/common/json.h"
#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/source/render.h"
#include "millrace/base64.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

using cql::DataType;
using cql::TypeId;

/// Empty values of types that have no empty form count as null.
bool counts_as_null(const DataType& type, std::string_view bytes) {
  return bytes.data() == nullptr ||
         (bytes.empty() && !type.is_text() && type.id != TypeId::kBlob && type.id != TypeId::kCustom);
}

}  // namespace

RowConverter::RowConverter(RecordShape shape, TypeSettings types)
    : shape_(std::move(shape)),
      types_(types),
      decimal_(types.decimal_as_text ? Schema::optional_string()
                                     : SchemaBuilder::decimal(types.decimal_scale).optional().build()) {}

void RowConverter::use(const std::shared_ptr<const cql::Columns>& columns) {
  if (columns == columns_) return;
  if (columns_ && columns && *columns == *columns_) {
    columns_ = columns;
    return;
  }
  columns_ = columns;
  plans_.clear();
  key_plans_.clear();
  SchemaBuilder builder = SchemaBuilder::structure();
  if (!shape_.schema_name.empty()) builder.name(shape_.schema_name);
  for (std::size_t i = 0; i < columns->size(); ++i) {
    const auto& column = (*columns)[i];
    if (std::find_if(shape_.with_key.begin(), shape_.with_key.end(), [&](const std::string& key) {
          return lower_case(key) == column.name || key == column.name;
        }) != shape_.with_key.end()) {
      key_plans_.push_back({i, column, nullptr});
    }
    if (shape_.ignored.contains(column.name)) continue;
    ColumnPlan plan{i, column, schema_of(column.type)};
    builder.field(column.name, plan.schema);
    plans_.push_back(std::move(plan));
  }
  // Keys are joined in the order of WITHKEY.
  std::sort(key_plans_.begin(), key_plans_.end(), [&](const ColumnPlan& a, const ColumnPlan& b) {
    const auto place = [&](const ColumnPlan& plan) {
      return std::find_if(shape_.with_key.begin(), shape_.with_key.end(), [&](const std::string& key) {
        return lower_case(key) == plan.column.name || key == plan.column.name;
      });
    };
    return place(a) < place(b);
  });
  schema_ = builder.build();
}

SchemaPtr RowConverter::schema_of(const DataType& type) const {
  static const SchemaPtr kInteger = SchemaBuilder::decimal(0).optional().build();
  static const SchemaPtr kTimestamp = SchemaBuilder::timestamp().optional().build();
  static const SchemaPtr kDate = SchemaBuilder::date().optional().build();
  switch (type.id) {
    case TypeId::kBoolean: return Schema::optional_boolean();
    case TypeId::kTinyint: return Schema::optional_int8();
    case TypeId::kSmallint: return Schema::optional_int16();
    case TypeId::kInt: return Schema::optional_int32();
    case TypeId::kBigint:
    case TypeId::kCounter:
    case TypeId::kTime: return Schema::optional_int64();
    case TypeId::kVarint:
      return types_.varint == VarintHandling::kLong     ? Schema::optional_int64()
             : types_.varint == VarintHandling::kString ? Schema::optional_string()
                                                        : kInteger;
    case TypeId::kFloat: return Schema::optional_float32();
    case TypeId::kDouble: return Schema::optional_float64();
    case TypeId::kDecimal: return decimal_;
    case TypeId::kTimestamp: return kTimestamp;
    case TypeId::kDate: return kDate;
    case TypeId::kBlob:
    case TypeId::kCustom: return Schema::optional_bytes();
    case TypeId::kList:
    case TypeId::kSet:
    case TypeId::kVector:
      if (types_.collections_to_json) return Schema::optional_string();
      return SchemaBuilder::array(schema_of(type.params.at(0))).optional().build();
    case TypeId::kMap:
      if (types_.collections_to_json) return Schema::optional_string();
      return SchemaBuilder::map(schema_of(type.params.at(0)), schema_of(type.params.at(1))).optional().build();
    default: return Schema::optional_string();
  }
}

Value RowConverter::null_of(const DataType& type) const {
  // A null collection and an empty one are the same to Cassandra.
  if (type.is_collection()) {
    const bool map = type.id == TypeId::kMap;
    if (types_.collections_to_json) return Value(map ? "{}" : "[]");
    return map ? Value(Map{}) : Value(Array{});
  }
  if (!types_.null_as_zero) return {};
  switch (type.id) {
    case TypeId::kBoolean: return Value(false);
    case TypeId::kTinyint: return Value(std::int8_t{0});
    case TypeId::kSmallint: return Value(std::int16_t{0});
    case TypeId::kInt: return Value(std::int32_t{0});
    case TypeId::kBigint:
    case TypeId::kCounter:
    case TypeId::kTime: return Value(std::int64_t{0});
    case TypeId::kFloat: return Value(0.0F);
    case TypeId::kDouble: return Value(0.0);
    default: return {};
  }
}

Value RowConverter::value_of(const DataType& type, std::string_view bytes) const {
  if (counts_as_null(type, bytes)) return null_of(type);
  switch (type.id) {
    case TypeId::kAscii:
    case TypeId::kVarchar: return Value(std::string(bytes));
    case TypeId::kUuid:
    case TypeId::kTimeuuid:
      if (bytes.size() != 16) throw cql::WireError("a uuid of " + std::to_string(bytes.size()) + " bytes");
      return Value(cql::uuid_text(bytes));
    case TypeId::kInet: {
      const auto text = types_.java_inet ? cql::java_inet_text(bytes) : cql::inet_text(bytes);
      if (!text) throw cql::WireError("an address of " + std::to_string(bytes.size()) + " bytes");
      return Value(types_.java_inet ? "/" + *text : *text);
    }
    case TypeId::kBoolean: return Value(bytes[0] != 0);
    case TypeId::kTinyint: return Value(static_cast<std::int8_t>(cql::decode_i64(bytes)));
    case TypeId::kSmallint: return Value(static_cast<std::int16_t>(cql::decode_i64(bytes)));
    case TypeId::kInt: return Value(static_cast<std::int32_t>(cql::decode_i64(bytes)));
    case TypeId::kBigint:
    case TypeId::kCounter:
    case TypeId::kTime: return Value(cql::decode_i64(bytes));
    case TypeId::kVarint: {
      if (types_.varint == VarintHandling::kString) return Value(read_varint(bytes).unscaled_text());
      if (types_.varint == VarintHandling::kDecimal) return Value(read_varint(bytes));
      const auto number = read_varint(bytes).to_int64_exact();
      if (!number) {
        throw DataError("value " + read_varint(bytes).unscaled_text() +
                        " does not fit 64 bits: set connect.cassandra.varint.handling=string or decimal");
      }
      return Value(*number);
    }
    case TypeId::kFloat: return Value(std::bit_cast<float>(static_cast<std::int32_t>(cql::decode_i64(bytes))));
    case TypeId::kDouble: return Value(std::bit_cast<double>(cql::decode_i64(bytes)));
    case TypeId::kDecimal: {
      const auto value = read_decimal(bytes);
      constexpr std::int32_t kSaneScale = 100000;
      if (value.scale() > kSaneScale || value.scale() < -kSaneScale)
        throw DataError("a decimal of scale " + std::to_string(value.scale()));
      if (types_.decimal_as_text) return Value(value.to_string());
      return Value(value.with_scale_half_up(types_.decimal_scale));
    }
    case TypeId::kTimestamp: return Value(Date{cql::decode_i64(bytes)});
    case TypeId::kDate: return Value(Date{((cql::decode_i64(bytes) & 0xFFFFFFFF) - 0x80000000LL) * 86400000});
    case TypeId::kBlob:
    case TypeId::kCustom: return Value(Bytes(bytes.begin(), bytes.end()));
    case TypeId::kDuration: return Value(cql::duration_text(cql::read_duration(bytes)));
    case TypeId::kTuple:
    case TypeId::kUdt: {
      std::string text;
      append_cql_literal(text, type, bytes);
      return Value(std::move(text));
    }
    default: break;
  }
  if (types_.collections_to_json) {
    std::string text;
    append_json(text, type, bytes);
    return Value(std::move(text));
  }
  if (type.id == TypeId::kMap) {
    Map map;
    Value key;
    for_each_item(type, bytes, [&](std::size_t i, std::string_view item) {
      if (i % 2 == 0) {
        key = value_of(type.params[0], item);
      } else {
        map.append(std::move(key), value_of(type.params[1], item));
      }
    });
    return Value(std::move(map));
  }
  Array array;
  for_each_item(type, bytes,
                [&](std::size_t, std::string_view item) { array.push_back(value_of(type.params.at(0), item)); });
  return Value(std::move(array));
}

Value RowConverter::cell_value(const ColumnPlan& plan, const cql::Cell& cell) const {
  const auto fail = [&plan](const std::exception& error) {
    return DataError("Column " + plan.column.name + " (" + plan.column.type.cql() + ") of table " +
                     plan.column.keyspace + "." + plan.column.table + " cannot be converted: " + error.what());
  };
  try {
    return value_of(plan.column.type, cell.is_null() ? std::string_view() : cell.bytes());
  } catch (const cql::WireError& error) {
    throw fail(error);
  } catch (const DataError& error) {
    throw fail(error);
  }
}

std::string RowConverter::text_of(const ColumnPlan& plan, const cql::Cell& cell) const {
  const Value value = cell_value(plan, cell);
  if (value.kind() == ValueKind::kBytes) return base64_encode(value.as_bytes());
  return value.to_string();
}

SourceRecord RowConverter::convert(const std::vector<cql::Cell>& cells) const {
  SourceRecord record;
  record.topic = shape_.topic;
  if (!shape_.unwrap) {
    std::vector<Value> values;
    values.reserve(plans_.size());
    for (const auto& plan : plans_) values.push_back(cell_value(plan, cells[plan.cell]));
    record.value_schema = schema_;
    record.value = Value(std::make_shared<const Struct>(schema_, std::move(values)));
    return record;
  }
  std::string text;
  if (shape_.json) {
    text.push_back('{');
    for (const auto& plan : plans_) {
      if (text.size() > 1) text.push_back(',');
      append_json_string(text, plan.column.name);
      text.push_back(':');
      const auto& cell = cells[plan.cell];
      try {
        append_json(text, plan.column.type, cell.is_null() ? std::string_view() : cell.bytes(),
                    JsonTimestamps::kIsoText);
      } catch (const cql::WireError& error) {
        throw DataError("Column " + plan.column.name + " of table " + plan.column.keyspace + "." + plan.column.table +
                        " cannot be converted: " + error.what());
      }
    }
    text.push_back('}');
    if (!key_plans_.empty()) {
      std::string key;
      for (const auto& plan : key_plans_)
        key += (&plan == &key_plans_.front() ? "" : shape_.key_delimiter) + text_of(plan, cells[plan.cell]);
      record.key_schema = Schema::string();
      record.key = Value(std::move(key));
    }
  } else {
    for (const auto& plan : plans_) text += (&plan == &plans_.front() ? "" : ",") + text_of(plan, cells[plan.cell]);
  }
  record.value_schema = Schema::string();
  record.value = Value(std::move(text));
  return record;
}

}  // namespace millrace::cassandra
