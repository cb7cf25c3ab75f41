#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kafka/consumer.h"
#include "millrace/regex.h"
#include "runtime/task_runner.h"

namespace millrace::runtime {

/// The loop of a sink task: fetch, convert, transform, put; commit what pre_commit allows (I2). Behaviour: Java's
/// WorkerSinkTask.
///
/// Differs: a batch that the task asked to retry without saying when comes again after a second, not with the next commit.
/// Records of revoked partitions leave a waiting batch by their original topic and partition.
class SinkTaskRunner : public TaskRunner,
                       private kafka::RebalanceListener,
                       private SinkTaskContext,
                       private ErrantRecordReporter {
 public:
  struct Parts {
    std::unique_ptr<SinkTask> task;
    std::unique_ptr<kafka::Consumer> consumer;
    std::vector<std::string> topics;      ///< either these
    std::optional<Regex> topics_regex;    ///< or this
    bool reports_errant_records = false;  ///< a dead letter queue or the error log is on
    bool bisects_put = false;             ///< errors.put.bisect.enable, and errors are tolerated
  };
  SinkTaskRunner(TaskParts common, Parts parts);
  ~SinkTaskRunner() override;

 private:
  using Partitions = std::vector<TopicPartition>;
  enum class Closing : bool { kNo, kYes };

  // TaskRunner
  Result<void> execute() override;
  void wind_up(const Result<void>& result) override;
  void close() override;

  // kafka::RebalanceListener
  void on_assigned(const Partitions& partitions) override;
  void on_revoked(const Partitions& partitions) override;
  void on_lost(const Partitions& partitions) override;

  // SinkTaskContext
  const Props& configs() const override { return parts_.task_config; }
  void offset(const TopicPartition& partition, std::int64_t offset) override { rewinds_[partition] = offset; }
  void timeout(std::chrono::milliseconds time) override { retry_timeout_ = time; }
  std::set<TopicPartition> assignment() const override;
  void pause(const Partitions& partitions) override;
  void resume(const Partitions& partitions) override;
  void request_commit() override { commit_requested_ = true; }
  ErrantRecordReporter* errant_record_reporter() override { return sink_.reports_errant_records ? this : nullptr; }
  std::stop_token stop_token() const override { return parts_.control->stop_token(); }

  // ErrantRecordReporter. Runs on: the task's thread.
  std::shared_future<void> report(const SinkRecord& record, const std::exception& error) override;

  Result<void> iterate();
  Result<void> poll(std::chrono::milliseconds timeout);
  Result<void> rewind();
  Result<void> convert(const kafka::RecordBatch& records);
  Result<Kept> convert_one(const kafka::InRecord& in, SinkRecord& out);
  SinkRecord& next_slot();
  Result<void> deliver();
  std::optional<PluginFailure> put(const std::vector<SinkRecord>& records);
  std::optional<PluginFailure> put_in_halves(PluginFailure refusal);
  ErrorPolicy::Outcome report_failed(const SinkRecord& record, const PluginFailure& failure,
                                     std::vector<std::shared_future<void>>& stored);
  void follow_target_state();

  void commit(Closing closing, const Partitions& partitions);
  SinkOffsets committable(const SinkOffsets& returned, const SinkOffsets& current);
  void commit_done(std::uint64_t sequence, const SinkOffsets& offsets, base::SteadyTime started,
                   const Result<void>& result, Closing closing);
  void rewind_to_committed(const Partitions& partitions);
  bool await_reports(const Partitions& partitions);
  void forget(const Partitions& partitions);
  void remember_failure(Error error);
  Partitions assigned() const;
  void pause_all();
  void resume_all();

  Parts sink_;
  TopicReporter topic_reporter_;
  bool new_topic_ = false;  ///< to be reported with its first record that is converted
  bool started_ = false;
  bool closed_ = false;

  // The batch in hand: slots are reused, so a record of a steady stream allocates nothing for its names.
  std::vector<SinkRecord> batch_;
  std::size_t batch_size_ = 0;  // while filling; batch_ is cut to it
  bool undelivered_ = false;
  std::deque<std::unique_ptr<kafka::RecordBatch>> retained_;  // newest last; older ones only for errant reports

  SinkOffsets current_offsets_;  // put
  SinkOffsets origin_offsets_;   // read, not yet put
  SinkOffsets last_committed_;
  std::map<TopicPartition, std::int64_t> rewinds_;
  std::set<TopicPartition> paused_by_task_;
  std::vector<std::pair<TopicPartition, std::shared_future<void>>> reports_;
  std::optional<Error> failure_;  // of a rebalance callback or an errant report; the loop fails with it
  bool paused_for_redelivery_ = false;
  bool needs_headers_ = true;
  bool paused_ = false;  // the connector's target state
  bool committing_ = false;
  bool commit_requested_ = false;
  std::uint64_t commit_sequence_ = 0;
  base::SteadyTime commit_started_;
  base::SteadyTime next_commit_;
  std::optional<std::chrono::milliseconds> retry_timeout_;
};

}  // namespace millrace::runtime
