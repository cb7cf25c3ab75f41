#pragma once

#include <cstdint>

#include "millrace/converter.h"

namespace millrace {

/// org.apache.kafka.connect.converters.{Short,Integer,Long,Float,Double}Converter: a number in its big-endian bytes.
/// `NumberT` is int16, int32, int64, float or double.
template <class NumberT>
class NumberConverter final : public Converter {
 public:
  const ConfigDef& config() const override;
  void configure(const Props& config, ConverterType type) override;
  bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value,
                         std::string& out) override;
  SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) override;
};

using ShortConverter = NumberConverter<std::int16_t>;
using IntegerConverter = NumberConverter<std::int32_t>;
using LongConverter = NumberConverter<std::int64_t>;
using FloatConverter = NumberConverter<float>;
using DoubleConverter = NumberConverter<double>;

}  // namespace millrace
