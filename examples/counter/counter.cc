// A source connector that counts: one record per number, and where it was after a restart.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/plugin.h"

namespace {

using namespace std::chrono_literals;

struct CounterConfig {
  std::string topic;
  std::int64_t first = 1;
  std::int64_t last = 0;

  static const millrace::ConfigTable<CounterConfig>& table();
};

const millrace::ConfigTable<CounterConfig>& CounterConfig::table() {
  using C = CounterConfig;
  using millrace::option;
  static const millrace::ConfigTable<C> kTable{
      option("topic", &C::topic).required().check(millrace::non_empty()).doc("Topic that receives the numbers."),
      option("first", &C::first).default_to(std::int64_t{1}).doc("Number to begin with."),
      option("last", &C::last).required().doc("Number to end with."),
  };
  return kTable;
}

class CounterTask : public millrace::SourceTask {
 public:
  void start(const millrace::Props& props) override {
    config_ = CounterConfig::table().parse(props);
    partition_ = std::make_shared<const millrace::Map>(millrace::Map{{"counter", config_.topic}});
    next_ = config_.first;
    const millrace::OffsetMap stored = context().offset_storage_reader().offset(*partition_);
    if (stored == nullptr) return;
    if (const millrace::Value* number = stored->find("number")) next_ = number->integer() + 1;
  }

  std::vector<millrace::SourceRecord> poll() override {
    if (next_ > config_.last) {
      context().wait_for(1s);  // ends early when the task shall stop
      return {};
    }
    std::vector<millrace::SourceRecord> records;
    for (const std::int64_t end = std::min(config_.last, next_ + 999); next_ <= end; ++next_) {
      millrace::SourceRecord record;
      record.topic = config_.topic;
      record.value_schema = millrace::Schema::int64();
      record.value = next_;
      record.source_partition = partition_;
      record.source_offset = std::make_shared<const millrace::Map>(millrace::Map{{"number", next_}});
      records.push_back(std::move(record));
    }
    return records;
  }

  void stop() override {}

 private:
  CounterConfig config_;
  millrace::OffsetMap partition_;
  std::int64_t next_ = 0;
};

class CounterConnector : public millrace::SourceConnector {
 public:
  void start(const millrace::Props& props) override { props_ = props; }
  std::vector<millrace::Props> task_configs(std::int32_t) override { return {props_}; }
  const millrace::ConfigDef& config() const override { return CounterConfig::table().definitions(); }

 private:
  millrace::Props props_;
};

}  // namespace

MILLRACE_PLUGIN(registry) {
  registry.source<CounterConnector, CounterTask>("example.CounterSourceConnector")
      .version("1.2.3")
      .config(CounterConfig::table().definitions())
      .summary("Counts from first to last.");
}
