#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::storage {

/// A java.util.HashMap<byte[], byte[]>; a null value is nullopt.
using ByteMap = std::map<std::string, std::optional<std::string>>;

/// The bytes that Java's ObjectOutputStream writes for it.
std::string write_java_map(const ByteMap& map);

/// Reads them. An early end gives an empty map, as in Java (a file that was being written when the machine stopped).
/// Any class but HashMap and byte[] is refused: kInvalid "Expected HashMap but found class x".
Result<ByteMap> read_java_map(std::string_view bytes);

}  // namespace millrace::storage
