// A sink connector that keeps a journal: one line "topic-partition offset text" for each record, each exactly once.
//
//   connector.class=com.example.JournalSinkConnector
//   topics=orders
//   file=/var/lib/journal/orders
//
// The file is the only truth: on start the task reads in it how far each partition came and goes on from there, whatever
// offsets the group has committed. Beside it a predicate and a converter of one's own.

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace {

struct JournalConfig {
  std::string file;

  static const millrace::ConfigTable<JournalConfig>& table() {
    using C = JournalConfig;
    static const millrace::ConfigTable<C> kTable{
        millrace::option("file", &C::file)
            .required()
            .check(millrace::non_empty())
            .importance(millrace::Importance::kHigh)
            .doc("File to append to."),
    };
    return kTable;
  }
};

class JournalTask : public millrace::SinkTask {
 public:
  void start(const millrace::Props& props) override {
    path_ = JournalConfig::table().parse(props).file;
    read_journal();
    file_.open(path_, std::ios::app);
    if (!file_) throw millrace::ConnectError("cannot open " + path_ + ": " + std::strerror(errno));
  }

  void open(const std::vector<millrace::TopicPartition>& partitions) override {
    for (const millrace::TopicPartition& partition : partitions) {
      const auto known = next_.find(partition.to_string());
      if (known != next_.end()) context().offset(partition, known->second);
    }
  }

  void put(const std::vector<millrace::SinkRecord>& records) override {
    for (const millrace::SinkRecord& record : records) {
      // Transforms may have renamed the topic; where the record came from is kept apart.
      const millrace::TopicPartition from{record.original_topic, record.original_kafka_partition};
      if (record.value.to_string().find('\n') != std::string::npos) {
        refuse(record, millrace::DataError("a line break does not fit into a journal of lines"));
        continue;
      }
      file_ << from.to_string() << ' ' << record.original_kafka_offset << ' ' << record.value.to_string() << '\n';
      next_[from.to_string()] = record.original_kafka_offset + 1;
    }
  }

  void flush(const millrace::SinkOffsets&) override {
    file_.flush();
    if (!file_) throw millrace::ConnectError("cannot write to " + path_);
  }

  void stop() override { file_.close(); }

 private:
  /// One bad record: the dead letter queue's when there is one, else the task's end.
  void refuse(const millrace::SinkRecord& record, const millrace::DataError& error) {
    millrace::ErrantRecordReporter* reporter = context().errant_record_reporter();
    if (reporter == nullptr) throw error;
    reporter->report(record, error);
  }

  /// Learns from the journal where each partition goes on. A half line at the end, which a crash left, is cut off.
  void read_journal() {
    std::ifstream in(path_);
    std::uintmax_t whole_bytes = 0;
    for (std::string line; std::getline(in, line) && !in.eof();) {
      whole_bytes += line.size() + 1;
      std::istringstream words(line);
      std::string partition;
      std::int64_t offset = 0;
      if (words >> partition >> offset) next_[partition] = offset + 1;
    }
    std::error_code error;
    if (std::filesystem::exists(path_, error)) std::filesystem::resize_file(path_, whole_bytes);
  }

  std::string path_;
  std::ofstream file_;
  std::map<std::string, std::int64_t> next_;  // "topic-partition" to the offset that comes next
};

class JournalConnector : public millrace::SinkConnector {
 public:
  void start(const millrace::Props& props) override { props_ = props; }
  const millrace::ConfigDef& config() const override { return JournalConfig::table().definitions(); }

  /// One task, whatever tasks.max allows: two would write to the same file.
  std::vector<millrace::Props> task_configs(std::int32_t) override { return {props_}; }

  /// PATCH and DELETE /connectors/NAME/offsets: the journal overrules the group's offsets, so they would change nothing.
  bool alter_offsets(const millrace::Props&,
                     const std::map<millrace::TopicPartition, std::optional<std::int64_t>>&) override {
    throw millrace::ConnectError("the journal knows where it goes on; remove its lines instead");
  }

 private:
  millrace::Props props_;
};

/// True for records whose value is null or empty text.
class IsBlank : public millrace::Predicate {
 public:
  const millrace::ConfigDef& config() const override {
    static const millrace::ConfigDef kNone;
    return kNone;
  }
  void configure(const millrace::Props&) override {}
  bool test(const millrace::ConnectRecord& record) override {
    return record.value.is_null() ||
           (record.value.kind() == millrace::ValueKind::kString && record.value.as_string().empty());
  }
};

/// Text turned by thirteen letters, as bytes; what a converter must do and nothing more.
class Rot13Converter : public millrace::Converter {
 public:
  const millrace::ConfigDef& config() const override {
    static const millrace::ConfigDef kDefinitions = [] {
      millrace::ConfigDef def;
      def.define(millrace::converter_type_key());
      return def;
    }();
    return kDefinitions;
  }
  void configure(const millrace::Props&, millrace::ConverterType) override {}

  bool from_connect_data(std::string_view, const millrace::SchemaPtr&, const millrace::Value& value,
                         std::string& out) override {
    if (value.is_null()) return false;  // a tombstone
    if (value.kind() != millrace::ValueKind::kString)
      throw millrace::DataError(std::string("Rot13Converter writes strings, found ") + value.java_class());
    for (const char c : value.as_string()) out += turned(c);
    return true;
  }

  millrace::SchemaAndValue to_connect_data(std::string_view, std::optional<millrace::BytesView> bytes) override {
    if (!bytes) return {millrace::Schema::optional_string(), {}};
    std::string text;
    for (const char c : *bytes) text += turned(c);
    return {millrace::Schema::optional_string(), millrace::Value(std::move(text))};
  }

 private:
  static char turned(char c) {
    if (c >= 'a' && c <= 'z') return static_cast<char>('a' + (c - 'a' + 13) % 26);
    if (c >= 'A' && c <= 'Z') return static_cast<char>('A' + (c - 'A' + 13) % 26);
    return c;
  }
};

}  // namespace

MILLRACE_PLUGIN(registry) {
  registry.sink<JournalConnector, JournalTask>("com.example.JournalSinkConnector")
      .version("1.0")
      .config(JournalConfig::table().definitions())
      .summary("Writes each record as a line, exactly once.");
  registry.predicate<IsBlank>("com.example.IsBlank").version("1.0").summary("True for null and empty values.");
  registry.converter<Rot13Converter>("com.example.Rot13Converter").version("1.0").summary("Text turned by 13 letters.");
  registry.header_converter<millrace::AsHeaderConverter<Rot13Converter>>("com.example.Rot13Converter").version("1.0");
}
