#include "connectors/file/position_offsets.h"

#include <utility>

namespace millrace::file {
namespace {
constexpr std::size_t kBlocksKept = 1024;
}  // namespace

OffsetMap PositionOffsets::next(std::int64_t position) {
  if (!block_ || taken_ == block_->size()) {
    if (block_ && used_.size() < kBlocksKept) used_.push_back(std::move(block_));
    if (!used_.empty() && used_.front().use_count() == 1) {
      block_ = std::move(used_.front());
      used_.pop_front();
    } else {
      block_ = std::make_shared<Block>();
    }
    taken_ = 0;
  }
  Map& offset = (*block_)[taken_++];
  offset.put(Value(kPosition), Value(position));
  return {block_, &offset};
}

}  // namespace millrace::file
