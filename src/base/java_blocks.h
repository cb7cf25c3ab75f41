#pragma once

#include <optional>
#include <string_view>

#include "base/java_char_set.h"

namespace millrace {

/// The block that \p{InGreek} names by "Greek"; nullopt when there is none.
std::optional<CharSet> java_block(std::string_view name);

}  // namespace millrace
