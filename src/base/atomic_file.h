#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::base {

/// Replaces `path` by `content`, all or nothing: temporary file beside it, fsync, rename, fsync of the directory.
/// A symbolic link is followed. kIo: "offsets file /x: write failed: No space left on device", `what` being "offsets file";
/// the old content is whole then.
Result<void> replace_file(const std::string& path, std::string_view content, std::string_view what);

/// The whole file. kNotFound when there is none; kIo otherwise.
Result<std::string> read_file(const std::string& path, std::string_view what);

}  // namespace millrace::base
