#pragma once

#include <memory>
#include <string>

#include "converters/string/system_charset.h"
#include "millrace/converter.h"

namespace millrace {

/// org.apache.kafka.connect.storage.StringConverter: a value's Java text, whatever its schema.
class StringConverter final : public Converter {
 public:
  const ConfigDef& config() const override;
  void configure(const Props& config, ConverterType type) override;
  bool from_connect_data(std::string_view topic, const SchemaPtr& schema, const Value& value,
                         std::string& out) override;
  SchemaAndValue to_connect_data(std::string_view topic, std::optional<BytesView> bytes) override;

 private:
  enum class Charset : std::uint8_t { kUtf8, kLatin1, kAscii, kUtf16, kUtf16Be, kUtf16Le, kSystem };
  static Charset charset_of(std::string_view name);
  void encode(std::string_view text, std::string& out) const;
  void decode(std::string_view bytes, std::string& out) const;

  Charset charset_ = Charset::kUtf8;
  std::string encoding_ = "UTF-8";
  std::unique_ptr<SystemCharset> system_;  ///< of kSystem
};

}  // namespace millrace
