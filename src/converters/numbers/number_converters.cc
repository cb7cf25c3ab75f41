#include "converters/numbers/number_converters.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace millrace {

namespace {

class SerializationError final : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "org.apache.kafka.common.errors.SerializationException"; }
};

class ClassCastError final : public ConnectError {
 public:
  using ConnectError::ConnectError;
  const char* java_class() const noexcept override { return "java.lang.ClassCastException"; }
};

/// What differs from one to the other.
struct Traits {
  const char* word;          // "integer"
  const char* java_class;    // "java.lang.Integer"
  const char* deserializer;  // as its error text names it
  ValueKind kind;
  const SchemaPtr& (*schema)();
};

template <class NumberT>
const Traits& traits() {
  if constexpr (std::is_same_v<NumberT, std::int16_t>) {
    static constexpr Traits kTraits{"short", "java.lang.Short", "ShortDeserializer", ValueKind::kInt16,
                                    &Schema::optional_int16};
    return kTraits;
  } else if constexpr (std::is_same_v<NumberT, std::int32_t>) {
    static constexpr Traits kTraits{"integer", "java.lang.Integer", "IntegerDeserializer", ValueKind::kInt32,
                                    &Schema::optional_int32};
    return kTraits;
  } else if constexpr (std::is_same_v<NumberT, std::int64_t>) {
    static constexpr Traits kTraits{"long", "java.lang.Long", "LongDeserializer", ValueKind::kInt64,
                                    &Schema::optional_int64};
    return kTraits;
  } else if constexpr (std::is_same_v<NumberT, float>) {
    static constexpr Traits kTraits{"float", "java.lang.Float", "Deserializer", ValueKind::kFloat32,
                                    &Schema::optional_float32};
    return kTraits;
  } else {
    static constexpr Traits kTraits{"double", "java.lang.Double", "Deserializer", ValueKind::kFloat64,
                                    &Schema::optional_float64};
    return kTraits;
  }
}

template <class NumberT>
NumberT number_of(const Value& value) {
  if constexpr (std::is_same_v<NumberT, std::int16_t>) return value.as_int16();
  if constexpr (std::is_same_v<NumberT, std::int32_t>) return value.as_int32();
  if constexpr (std::is_same_v<NumberT, std::int64_t>) return value.as_int64();
  if constexpr (std::is_same_v<NumberT, float>) return value.as_float32();
  if constexpr (std::is_same_v<NumberT, double>) return value.as_float64();
}

const ConfigDef& definition() {
  static const ConfigDef kDefinition = [] {
    ConfigDef def;
    def.define(converter_type_key());
    return def;
  }();
  return kDefinition;
}

}  // namespace

template <class NumberT>
const ConfigDef& NumberConverter<NumberT>::config() const {
  return definition();
}

template <class NumberT>
void NumberConverter<NumberT>::configure(const Props&, ConverterType) {}

template <class NumberT>
bool NumberConverter<NumberT>::from_connect_data(std::string_view, const SchemaPtr&, const Value& value,
                                                 std::string& out) {
  if (value.is_null()) return false;
  if (value.kind() != traits<NumberT>().kind) {
    throw DataError(
        std::string("Failed to serialize to ") + traits<NumberT>().word + " (was class " + value.java_class() + "): ",
        ClassCastError(std::string("class ") + value.java_class() + " cannot be cast to class " +
                       traits<NumberT>().java_class));
  }
  NumberT number = number_of<NumberT>(value);
  if constexpr (std::is_same_v<NumberT, double>) {
    // Double.doubleToLongBits knows one NaN only; the float serializer keeps them apart.
    if (std::isnan(number)) number = std::numeric_limits<double>::quiet_NaN();
  }
  const auto bytes = std::bit_cast<std::array<char, sizeof(NumberT)>>(number);
  static_assert(std::endian::native == std::endian::little);
  out.append(bytes.rbegin(), bytes.rend());
  return true;
}

template <class NumberT>
SchemaAndValue NumberConverter<NumberT>::to_connect_data(std::string_view, std::optional<BytesView> bytes) {
  const Traits& t = traits<NumberT>();
  if (!bytes) return {t.schema(), nullptr};
  if (bytes->size() != sizeof(NumberT)) {
    throw DataError(std::string("Failed to deserialize ") + t.word + ": ",
                    SerializationError(std::string("Size of data received by ") + t.deserializer + " is not " +
                                       std::to_string(sizeof(NumberT))));
  }
  std::array<char, sizeof(NumberT)> raw{};
  for (std::size_t i = 0; i < raw.size(); ++i) raw[raw.size() - 1 - i] = (*bytes)[i];
  return {t.schema(), std::bit_cast<NumberT>(raw)};
}

template class NumberConverter<std::int16_t>;
template class NumberConverter<std::int32_t>;
template class NumberConverter<std::int64_t>;
template class NumberConverter<float>;
template class NumberConverter<double>;

namespace {

template <class ConverterT>
void add(PluginRegistry& plugins, const char* class_name, const char* summary) {
  plugins.converter<ConverterT>(class_name).config(definition()).summary(summary);
  plugins.header_converter<AsHeaderConverter<ConverterT>>(class_name).config(definition()).summary(summary);
}

}  // namespace

void register_number_converters(PluginRegistry& plugins) {
  add<ShortConverter>(plugins, "org.apache.kafka.connect.converters.ShortConverter", "INT16 as two bytes, big-endian.");
  add<IntegerConverter>(plugins, "org.apache.kafka.connect.converters.IntegerConverter",
                        "INT32 as four bytes, big-endian.");
  add<LongConverter>(plugins, "org.apache.kafka.connect.converters.LongConverter", "INT64 as eight bytes, big-endian.");
  add<FloatConverter>(plugins, "org.apache.kafka.connect.converters.FloatConverter",
                      "FLOAT32 as four bytes, IEEE 754.");
  add<DoubleConverter>(plugins, "org.apache.kafka.connect.converters.DoubleConverter",
                       "FLOAT64 as eight bytes, IEEE 754.");
}

}  // namespace millrace
