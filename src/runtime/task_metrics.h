#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace millrace::runtime {

/// A number that one thread writes and any reads.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  void set_max(std::uint64_t n) noexcept { set(std::max(n, get())); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// The figures of one task since its start. Written by the task's thread, per batch.
struct TaskMetrics {
  // connector-task-metrics
  Counter batches, batch_records, batch_size_max;
  Counter offset_commits, offset_commit_failures, offset_commit_ms_total, offset_commit_ms_max;
  Counter paused_ms, running_ms;
  Counter restarts;  // by errors.task.restart.max
  // source-task-metrics
  Counter records_polled, records_written, poll_ms_total, poll_ms_max, records_active, records_active_max,
      bytes_in_flight;
  // sink-task-metrics
  Counter records_read, records_sent, put_ms_total, put_ms_max, partitions, commit_sequence, commits_skipped;
  // task-error-metrics
  Counter record_failures, record_errors, records_skipped, retries, errors_logged;
  Counter dead_letter_requests, dead_letter_failures, last_error_ms;
};

}  // namespace millrace::runtime
