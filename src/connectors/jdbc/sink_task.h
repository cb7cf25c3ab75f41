#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "connectors/jdbc/connection_keeper.h"
#include "connectors/jdbc/sink_config.h"
#include "connectors/jdbc/sink_writer.h"
#include "millrace/connector.h"

namespace millrace::jdbc {

/// io.confluent.connect.jdbc.sink.JdbcSinkTask: one `put` is one transaction.
///
/// A large batch may be left with the database unanswered while the next one is fetched and converted. Its answer is taken by
/// the next `put`, which comes within kIdlePut, or by `pre_commit`: no offset is committed before (I2). When the answer is a
/// refusal nothing of the batch is in the table; the partitions are rewound to where it began, and the records come again and are
/// written one batch at a time until that place is passed, with what is said below about each kind of refusal.
///
/// A lost connection is tried again without end, a deadlock without being counted, any other refusal `max.retries` times.
/// A refused *value* is not tried again: with an error reporter the one bad record is found and reported and the others are
/// written; without, the task fails and names it.
class JdbcSinkTask final : public SinkTask {
 public:
  JdbcSinkTask();
  ~JdbcSinkTask() override;
  void start(const Props& config) override;
  void put(const std::vector<SinkRecord>& records) override;
  bool reads_headers() const override { return false; }
  std::size_t preferred_put_records() const override {
    return static_cast<std::size_t>(std::max(config_.batch_size, 0));
  }
  SinkOffsets pre_commit(const SinkOffsets& offsets) override;
  void close(const std::vector<TopicPartition>& partitions) override;
  void stop() override;

 private:
  using Pointers = std::vector<const SinkRecord*>;

  /// The first offset and the one behind the last, of one partition in one batch.
  struct Span {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  using Spans = std::map<TopicPartition, Span>;
  /// Rewinds are asked for in `pre_commit`, behind the offsets that come before them: the worker takes a place that it was
  /// rewound to for committed.
  struct Rewound {
    std::int64_t offset = 0;
    enum class Asked : std::uint8_t { kNo, kOnce, kTwice } asked = Asked::kNo;
  };

  SinkWriter& writer();
  static Spans spans_of(const std::vector<SinkRecord>& records);
  /// Takes the answer to an unanswered batch. After a refusal its records are taken back.
  void settle();
  /// Has these records come again.
  void take_back(const Spans& spans);
  /// Whether these records may be written: false before a rewind was asked for, and for what was fetched before it took
  /// place; those are taken back.
  bool follows_rewinds(const Spans& spans);
  /// What `careful_` waits for may be done.
  void passed(const Spans& spans);
  void write_all(const Pointers& records, AfterWrite after, WriteFailure& failure);
  void give_up_transaction() noexcept;
  [[noreturn]] void retry(const SqlError& error, std::size_t count, std::chrono::milliseconds wait);
  void refuse(const Pointers& records, const WriteFailure& failure, const ConnectError& error);
  void write_isolated(const Pointers& records);
  bool reports_unfit_records() const;
  std::optional<std::size_t> locate(const Pointers& records, std::string& words, std::string& table);
  std::string describe(const SinkRecord& record, const std::string& table, const std::string& words) const;
  std::string words_of(const std::exception& error) const;

  Logger& log_;
  Interrupt interrupt_;
  std::string connector_;
  SinkConfig config_;
  const Dialect* dialect_ = nullptr;
  std::int32_t remaining_retries_ = 0;
  std::chrono::milliseconds reconnect_wait_{250};
  std::unique_ptr<ConnectionKeeper> keeper_;
  Spans unanswered_;                                ///< of the batch that is left with the database
  std::map<TopicPartition, Rewound> rewound_;       ///< nothing from there on is written
  std::map<TopicPartition, std::int64_t> careful_;  ///< until these offsets are passed, every answer is waited for
  std::unique_ptr<SinkWriter> writer_;              ///< lives as long as the connection it writes through
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace millrace::jdbc
