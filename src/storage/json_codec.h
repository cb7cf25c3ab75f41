#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "millrace/converter.h"

namespace millrace::storage {

/// Makes the internal converter: JsonConverter with schemas.enable=false. Handed in by the program, because stores know
/// no converter.
using InternalConverterFactory = std::function<std::unique_ptr<Converter>()>;

/// Values of the internal topics as compact JSON and back. Thread-safe.
class JsonCodec {
 public:
  explicit JsonCodec(const InternalConverterFactory& make) : converter_(make()) {}

  std::string encode(const Value& value) const;
  /// An Error when `bytes` are no JSON.
  Result<Value> decode(std::string_view bytes) const;

 private:
  mutable std::mutex mutex_;  // a converter serves one thread at a time
  std::unique_ptr<Converter> converter_;
};

}  // namespace millrace::storage
