#pragma once

#include <string>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "kafka/wire/messages.h"

namespace millrace::kafka {

/// What the parts of GroupCoordinator (finding, joining, heartbeats) say in the same words.

inline base::Log& group_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.distributed.WorkerCoordinator");
  return log;
}

inline Error failure(Errc code, std::string text, bool retriable = false) {
  return Error{code, std::move(text), retriable, {}, {}, 0};
}

/// The member joins again at once.
inline Error join_again(wire::Code code) { return failure(Errc::kConflict, wire::describe(code), true); }

}  // namespace millrace::kafka
