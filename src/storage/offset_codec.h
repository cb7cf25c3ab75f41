#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "millrace/record.h"

namespace millrace::storage {

/// `["connector",{partition}]` with fields in java.util.HashMap order; `["connector",null]` for a null partition.
/// kInvalid with Connect's text when a value is no primitive.
Result<std::string> encode_offset_key(std::string_view connector, const OffsetMap& partition);

/// What the keys of all partitions of `connector` begin with: `["connector",`.
std::string offset_key_prefix(std::string_view connector);

/// `{"position":17}`. Precondition: `offset` is not null (a null offset is a tombstone). kInvalid as above.
Result<std::string> encode_offset_value(const OffsetMap& offset);

struct OffsetKey {
  std::string connector;
  OffsetMap partition;  ///< null: JSON null
};
/// nullopt: not the key of a source offset.
std::optional<OffsetKey> decode_offset_key(std::string_view bytes);

/// Integers come back as int64, reals as double. JSON null is a null pointer; kInvalid: not a JSON object.
Result<OffsetMap> decode_offset_value(std::string_view bytes);

/// A text that is equal for partitions of equal content, whatever the order of their fields and the width of their
/// integers.
std::string canonical_partition(const OffsetMap& partition);

}  // namespace millrace::storage
