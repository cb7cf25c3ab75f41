#include <cstdint>
#include <cstdlib>
#include <string>

#include "converters/json/json_converter.h"
#include "millrace/errors.h"

/// Whatever the bytes: a value or a ConnectError, the same again with warm caches, and what was read can be written and read
/// back to the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* enabled : {"true", "false"}) {
    JsonConverter converter;
    converter.configure({{"schemas.enable", enabled}}, ConverterType::kValue);
    try {
      const SchemaAndValue first = converter.to_connect_data("t", bytes);
      if (!(converter.to_connect_data("t", bytes) == first)) std::abort();
      std::string text;
      if (!converter.from_connect_data("t", first.schema, first.value, text)) continue;
      // Infinite numbers are written as text, so only what has a schema for it comes back; it must be JSON in any case.
      (void)converter.to_connect_data("t", text);
    } catch (const ConnectError&) {
      continue;
    }
  }
  return 0;
}
