#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "millrace/record.h"

namespace millrace::file {

inline constexpr std::string_view kPosition = "position";

/// Makes the offsets {"position": n} of lines that follow each other, 64 to an allocation. A block is used again when all of its
/// offsets are given up, so a busy file allocates none. Threads: one, on which the offsets are given up, too.
class PositionOffsets {
 public:
  OffsetMap next(std::int64_t position);
  /// Frees the blocks that wait to be used again.
  void shrink() { used_.clear(); }

 private:
  using Block = std::array<Map, 64>;

  std::shared_ptr<Block> block_;
  std::size_t taken_ = 0;                    ///< of block_
  std::deque<std::shared_ptr<Block>> used_;  ///< full ones, oldest first
};

}  // namespace millrace::file
