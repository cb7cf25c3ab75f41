#pragma once

#include "millrace/converter.h"

namespace millrace {

/// org.apache.kafka.connect.converters.ByteArrayConverter: bytes as they are.
class ByteArrayConverter final : public Converter {
 public:
  const ConfigDef& config() const override;
  void configure(const Props& config, ConverterType type) override;
  bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value,
                         std::string& out) override;
  SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) override;
};

}  // namespace millrace
