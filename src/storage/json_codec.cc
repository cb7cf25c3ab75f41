#include "storage/json_codec.h"

#include "millrace/errors.h"

namespace millrace::storage {

std::string JsonCodec::encode(const Value& value) const {
  const std::scoped_lock lock(mutex_);
  std::string bytes;
  converter_->from_connect_data({}, nullptr, value, bytes);
  return bytes;
}

Result<Value> JsonCodec::decode(std::string_view bytes) const {
  const std::scoped_lock lock(mutex_);
  try {
    return converter_->to_connect_data({}, bytes).value;
  } catch (const std::exception& error) {  // bytes from outside: what is wrong with them is the caller's to report
    return Error{.code = Errc::kInvalid, .text = error.what()};
  }
}

}  // namespace millrace::storage
