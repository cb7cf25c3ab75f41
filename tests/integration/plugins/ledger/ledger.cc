// A source connector for tests that defines its own transactions: groups of numbers, each with a draft that is withdrawn.
//
// Group g is the numbers 10g..10g+9. It comes twice: first negated and ended by an abort, then as it is and ended by a
// commit. `boundary=record` ends both with their last record, `boundary=batch` with the batch that poll returns.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/plugin.h"

namespace {

constexpr std::int64_t kGroup = 10;

struct LedgerConfig {
  std::string topic;
  std::string boundary;

  static const millrace::ConfigTable<LedgerConfig>& table() {
    using C = LedgerConfig;
    using millrace::option;
    static const millrace::ConfigTable<C> kTable{
        option("topic", &C::topic).required().check(millrace::non_empty()).doc("Topic that receives the numbers."),
        option("boundary", &C::boundary).default_to(std::string("record")).doc("record or batch."),
    };
    return kTable;
  }
};

class LedgerTask : public millrace::SourceTask {
 public:
  void start(const millrace::Props& props) override {
    config_ = LedgerConfig::table().parse(props);
    partition_ = std::make_shared<const millrace::Map>(millrace::Map{{"ledger", config_.topic}});
    if (const millrace::OffsetMap stored = context().offset_storage_reader().offset(*partition_)) {
      if (const millrace::Value* number = stored->find("next")) next_ = number->integer();
    }
  }

  std::vector<millrace::SourceRecord> poll() override {
    context().wait_for(std::chrono::milliseconds(5));
    std::vector<millrace::SourceRecord> records;
    if (config_.boundary == "record") {
      add(records, next_, next_ + kGroup, Ending::kAbort);
      add(records, next_, next_ + kGroup, Ending::kCommit);
      context().transaction_context()->abort_transaction(records[kGroup - 1]);
      context().transaction_context()->commit_transaction(records.back());
      next_ += kGroup;
      return records;
    }
    // One half of a group at a time: a transaction goes on over several batches.
    const std::int64_t first = next_ + (second_half_ ? kGroup / 2 : 0);
    add(records, first, first + kGroup / 2, drafted_ ? Ending::kCommit : Ending::kAbort);
    if (second_half_ && !drafted_) context().transaction_context()->abort_transaction();
    if (second_half_ && drafted_) {
      context().transaction_context()->commit_transaction();
      next_ += kGroup;
    }
    if (second_half_) drafted_ = !drafted_;
    second_half_ = !second_half_;
    return records;
  }

  void stop() override {}

 private:
  enum class Ending : std::uint8_t { kAbort, kCommit };

  /// Records that share an offset, as those of one batch may.
  void add(std::vector<millrace::SourceRecord>& records, std::int64_t first, std::int64_t end, Ending ending) const {
    // A draft moves nothing: whoever starts after it writes the group anew.
    const std::int64_t next = ending == Ending::kAbort ? next_ : next_ + kGroup;
    const auto offset = std::make_shared<const millrace::Map>(millrace::Map{{"next", next}});
    for (std::int64_t number = first; number < end; ++number) {
      records.push_back(record_of(number, ending));
      records.back().source_offset = offset;
    }
  }

  millrace::SourceRecord record_of(std::int64_t number, Ending ending) const {
    millrace::SourceRecord record;
    record.topic = config_.topic;
    record.key_schema = millrace::Schema::int64();
    record.key = number;
    record.value_schema = millrace::Schema::int64();
    record.value = ending == Ending::kAbort ? -number - 1 : number;
    record.source_partition = partition_;
    return record;
  }

  LedgerConfig config_;
  millrace::OffsetMap partition_;
  std::int64_t next_ = 0;
  bool drafted_ = false;
  bool second_half_ = false;
};

class LedgerConnector : public millrace::SourceConnector {
 public:
  void start(const millrace::Props& props) override { props_ = props; }
  std::vector<millrace::Props> task_configs(std::int32_t) override { return {props_}; }
  const millrace::ConfigDef& config() const override { return LedgerConfig::table().definitions(); }
  millrace::ExactlyOnceSupport exactly_once_support(const millrace::Props&) const override {
    return millrace::ExactlyOnceSupport::kSupported;
  }
  millrace::ConnectorTransactionBoundaries can_define_transaction_boundaries(const millrace::Props&) const override {
    return millrace::ConnectorTransactionBoundaries::kSupported;
  }

 private:
  millrace::Props props_;
};

}  // namespace

MILLRACE_PLUGIN(registry) {
  registry.source<LedgerConnector, LedgerTask>("tests.LedgerSourceConnector")
      .version("1.0")
      .config(LedgerConfig::table().definitions())
      .summary("Numbers in transactions of its own.");
}
