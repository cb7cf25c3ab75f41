#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millrace/decimal.h"

/// What parses prints to a text that parses to the same; bytes and digits agree.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  if (size > 400) return 0;
  const auto decimal = Decimal::parse({reinterpret_cast<const char*>(data), size});
  if (decimal) {
    const auto again = Decimal::parse(decimal->to_string());
    // Only a scale at the edge of its range may not be written as an exponent and read back.
    if (again && !(*again == *decimal)) std::abort();
    if (Decimal::from_unscaled_bytes(decimal->unscaled_bytes(), decimal->scale()) != decimal) std::abort();
    if (decimal->compare(*decimal) != 0) std::abort();
    (void)decimal->to_double();
    (void)decimal->to_int64_wrapping();
    (void)decimal->to_int64_exact();
  }
  const auto number = Decimal::from_unscaled_bytes(Bytes(data, data + size), 2);
  if (number && Decimal::parse(number->to_string()) != number) std::abort();
  return 0;
}
