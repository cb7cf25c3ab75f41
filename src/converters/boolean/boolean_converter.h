#pragma once

#include "millrace/converter.h"

namespace millrace {

/// org.apache.kafka.connect.converters.BooleanConverter: one byte, 1 or 0.
class BooleanConverter final : public Converter {
 public:
  const ConfigDef& config() const override;
  void configure(const Props& config, ConverterType type) override;
  bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value,
                         std::string& out) override;
  SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) override;
};

}  // namespace millrace
