#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millrace/errors.h"
#include "millrace/text.h"
#include "millrace/values.h"

/// Whatever the text: a value that has a text of its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  const std::string text = to_utf8({reinterpret_cast<const char*>(data), size});
  try {
    const SchemaAndValue parsed = values::parse_string(text);
    if (values::convert_to_string(parsed.value).has_value() == parsed.value.is_null()) std::abort();
  } catch (const ConnectError&) {
    return 0;
  }
  return 0;
}
