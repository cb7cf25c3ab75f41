// A connector of each kind that writes down what the worker calls, one line a call, in the file of the option "calls".

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace {

using namespace std::chrono_literals;

/// Appends whole lines; connector and tasks are on threads of their own.
class Calls {
 public:
  void open(const millrace::Props& props) { path_ = props.at("calls"); }
  void operator()(const std::string& line) const {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::ofstream(path_, std::ios::app) << line << '\n';
  }

 private:
  std::string path_;
};

struct Config {
  std::string calls;
  std::string topic;

  static const millrace::ConfigTable<Config>& table() {
    static const millrace::ConfigTable<Config> kTable{
        millrace::option("calls", &Config::calls).required().doc("File to write to."),
        millrace::option("topic", &Config::topic).default_to("").doc("Topic of the source."),
    };
    return kTable;
  }
};

millrace::OffsetMap map_of(const char* key, std::int64_t number) {
  return std::make_shared<const millrace::Map>(millrace::Map{{key, number}});
}

std::string text(const millrace::OffsetMap& map) { return map == nullptr ? "null" : millrace::Value(map).to_string(); }

class HooksSourceTask : public millrace::SourceTask {
 public:
  void start(const millrace::Props& props) override {
    calls_.open(props);
    config_ = Config::table().parse(props);
    partition_ = map_of("p", 1);
    const millrace::OffsetMap stored = context().offset_storage_reader().offset(*partition_);
    if (stored != nullptr) next_ = stored->find("n")->integer() + 1;
    calls_("source.start from " + text(stored));
    calls_("source.transactions " + std::string(context().transaction_context() == nullptr ? "none" : "own"));
  }

  std::vector<millrace::SourceRecord> poll() override {
    if (next_ == 2 && !retried_) {
      retried_ = true;
      throw millrace::RetriableError("not now");
    }
    if (next_ > 3) {
      context().wait_for(100ms);
      return {};
    }
    millrace::SourceRecord record;
    record.topic = config_.topic;
    record.value_schema = millrace::Schema::string();
    record.value = "v" + std::to_string(next_);
    record.headers.add("n", next_, millrace::Schema::int64());
    record.source_partition = partition_;
    record.source_offset = map_of("n", next_++);
    return {record};
  }

  void commit() override { calls_("source.commit"); }
  bool wants_commit_record() const override { return true; }
  void commit_record(const millrace::SourceRecord& record, const millrace::RecordMetadata* metadata) override {
    calls_("source.commit_record " + text(record.source_offset) + " " +
           (metadata == nullptr ? "filtered" : metadata->topic + "@" + std::to_string(metadata->offset)));
  }
  void stop() override { calls_("source.stop"); }

 private:
  Calls calls_;
  Config config_;
  millrace::OffsetMap partition_;
  std::int64_t next_ = 1;
  bool retried_ = false;
};

class HooksSource : public millrace::SourceConnector {
 public:
  void start(const millrace::Props& props) override {
    calls_.open(props);
    props_ = props;
    calls_("connector.start");
  }
  void stop() override { calls_("connector.stop"); }
  std::vector<millrace::Props> task_configs(std::int32_t max_tasks) override {
    calls_("connector.task_configs " + std::to_string(max_tasks));
    return {props_};
  }
  const millrace::ConfigDef& config() const override { return Config::table().definitions(); }
  bool alter_offsets(const millrace::Props& props,
                     const std::vector<std::pair<millrace::OffsetMap, millrace::OffsetMap>>& offsets) override {
    calls_.open(props);
    for (const auto& [partition, offset] : offsets) {
      calls_("connector.alter_offsets " + text(partition) + " " + text(offset));
      if (offset != nullptr && offset->find("n") == nullptr) throw millrace::ConnectError("an offset needs n");
    }
    return true;
  }

 private:
  Calls calls_;
  millrace::Props props_;
};

class HooksSinkTask : public millrace::SinkTask {
 public:
  void start(const millrace::Props& props) override { calls_.open(props); }
  void open(const std::vector<millrace::TopicPartition>& partitions) override {
    for (const auto& partition : partitions) calls_("sink.open " + partition.to_string());
  }
  void close(const std::vector<millrace::TopicPartition>& partitions) override {
    for (const auto& partition : partitions) calls_("sink.close " + partition.to_string());
  }

  /// The values say what to do.
  void put(const std::vector<millrace::SinkRecord>& records) override {
    for (const millrace::SinkRecord& record : records) {
      const millrace::TopicPartition from{record.original_topic, record.original_kafka_partition};
      const std::string value = record.value.to_string();
      const bool again = !seen_.insert(value).second;
      calls_("sink.put " + value + (again ? " again" : ""));
      if (value == "bad") {
        context().errant_record_reporter()->report(record, millrace::DataError("bad record"));
      } else if (value == "retry" && !again) {
        context().timeout(50ms);
        throw millrace::RetriableError("not now");
      } else if (value == "rewind" && !again) {
        context().offset(from, record.original_kafka_offset);
        return;
      } else if (value == "pause") {
        context().pause({from});
        context().timeout(50ms);  // a put without records comes soon
        paused_ = from;
      } else if (value == "commit") {
        context().request_commit();
      }
    }
    if (records.empty() && paused_) {
      calls_("sink.resume");
      context().resume({*paused_});
      paused_.reset();
    }
  }

  void flush(const millrace::SinkOffsets& offsets) override {
    for (const auto& [partition, offset] : offsets)
      calls_("sink.flush " + partition.to_string() + "=" + std::to_string(offset));
  }
  millrace::SinkOffsets pre_commit(const millrace::SinkOffsets& offsets) override {
    calls_("sink.pre_commit");
    return SinkTask::pre_commit(offsets);
  }
  void stop() override { calls_("sink.stop"); }

 private:
  Calls calls_;
  std::set<std::string> seen_;
  std::optional<millrace::TopicPartition> paused_;
};

class HooksSink : public millrace::SinkConnector {
 public:
  void start(const millrace::Props& props) override { props_ = props; }
  std::vector<millrace::Props> task_configs(std::int32_t) override { return {props_}; }
  const millrace::ConfigDef& config() const override { return Config::table().definitions(); }
  bool alter_offsets(const millrace::Props& props,
                     const std::map<millrace::TopicPartition, std::optional<std::int64_t>>& offsets) override {
    Calls calls;
    calls.open(props);
    for (const auto& [partition, offset] : offsets)
      calls("connector.alter_offsets " + partition.to_string() + "=" + (offset ? std::to_string(*offset) : "null"));
    return true;
  }

 private:
  millrace::Props props_;
};

}  // namespace

MILLRACE_PLUGIN(registry) {
  registry.source<HooksSource, HooksSourceTask>("test.HooksSourceConnector").config(Config::table().definitions());
  registry.sink<HooksSink, HooksSinkTask>("test.HooksSinkConnector").config(Config::table().definitions());
}
