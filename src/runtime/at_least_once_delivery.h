#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "runtime/in_flight_records.h"
#include "runtime/source_delivery.h"
#include "runtime/task_control.h"
#include "runtime/task_metrics.h"
#include "storage/connector_offsets.h"

namespace millrace::runtime {

/// Commits the acknowledged prefix of every source partition each offset.flush.interval.ms (I1), without stopping the loop:
/// the store tells when it is done. One flush at a time; one that takes longer than offset.flush.timeout.ms is given up and
/// its offsets go out with the next. Behaviour: Java's WorkerSourceTask, KAFKA-12226.
class AtLeastOnceDelivery : public SourceDelivery {
 public:
  struct Deps {
    storage::OffsetStore* store = nullptr;         ///< not null
    storage::ConnectorOffsets* offsets = nullptr;  ///< not null
    std::shared_ptr<TaskControl> control;
    TaskMetrics* metrics = nullptr;  ///< not null
    std::chrono::milliseconds flush_interval{60000};
    std::chrono::milliseconds flush_timeout{5000};
  };
  explicit AtLeastOnceDelivery(Deps deps);

  void begin_loop() override {}
  Result<void> begin_sending() override { return {}; }
  std::uint64_t submit(const SourceRecord& record, std::uint32_t bytes) override {
    return records_.submit(record.source_partition, record.source_offset, bytes);
  }
  void withdraw(std::uint64_t tag) override { records_.withdraw(tag); }
  void dropped(const SourceRecord&) override {}
  void acknowledged(std::uint64_t tag) override { records_.acknowledge(tag); }
  std::pair<OffsetMap, OffsetMap> position_of(std::uint64_t tag) const override { return records_.position_of(tag); }
  Result<void> batch_sent() override { return {}; }
  Result<void> service() override;
  base::SteadyTime next_due() const override;
  bool take_task_commit() override { return std::exchange(task_commit_due_, false); }
  bool reports_send_failures() const override { return true; }
  std::uint64_t bytes_in_flight() const override { return records_.bytes(); }
  std::size_t records_in_flight() const override { return records_.records(); }
  void paused() override;
  void commit_finally() override;

 private:
  struct Flush;
  void begin_flush();
  void end_flush();

  Deps deps_;
  InFlightRecords records_;
  std::map<std::string, OffsetMap> pending_;   // key bytes -> newest committable offset
  std::map<std::string, OffsetMap> flushing_;  // given to the store
  std::shared_ptr<Flush> flush_;               // null: none under way
  base::SteadyTime next_flush_;
  bool task_commit_due_ = false;
};

}  // namespace millrace::runtime
