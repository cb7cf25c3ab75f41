#include "runtime/task_runner.h"

#include "base/log.h"
#include "runtime/plugin_call.h"

namespace millrace::runtime {
namespace {

base::Log& task_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.WorkerTask");
  return log;
}

}  // namespace

void TaskRunner::report(State state, const std::string& trace) {
  if (control().cancelled()) return;
  const bool has_version = state != State::kUnassigned && state != State::kRestarting;
  parts_.listener->on_task_state(parts_.id, state, trace, has_version ? parts_.version : std::string());
}

TaskRunner::End TaskRunner::run() {
  Result<void> result;
  if (!control().stopping()) result = execute();
  const bool failed = !result.ok() && !control().stopping();
  if (!control().cancelled()) wind_up(result);
  if (failed) {
    task_log().error(
        "{} Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover until "
        "manually restarted\n{}",
        parts_.id.to_string(), trace_of(result.error()));
    report(State::kFailed, trace_of(result.error()));
  } else if (!result.ok()) {
    task_log().warn("{} failed while it was being stopped: {}", parts_.id.to_string(), result.error().text);
  }
  close();
  if (failed) return End::kFailed;
  report(State::kUnassigned);
  return End::kStopped;
}

}  // namespace millrace::runtime
