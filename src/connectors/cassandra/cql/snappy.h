#pragma once

#include <string>
#include <string_view>

namespace millrace::cassandra::cql {

// The Snappy block format, as v4 frames may use it.

std::string snappy_compress(std::string_view plain);
/// WireError when the block is broken or declares more than 256 MiB.
std::string snappy_decompress(std::string_view block);

}  // namespace millrace::cassandra::cql
