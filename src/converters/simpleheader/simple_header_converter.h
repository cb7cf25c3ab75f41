#pragma once

#include "millrace/converter.h"

namespace millrace {

/// org.apache.kafka.connect.storage.SimpleHeaderConverter: values as text; reading guesses the type from the text. The
/// worker's default header converter.
class SimpleHeaderConverter final : public HeaderConverter {
 public:
  const ConfigDef& config() const override;
  void configure(const Props& config) override;
  bool from_connect_header(std::string_view topic, std::string_view key, const SchemaPtr& schema, const Value& value,
                           std::string& out) override;
  SchemaAndValue to_connect_header(std::string_view topic, std::string_view key,
                                   std::optional<BytesView> bytes) override;
};

}  // namespace millrace
