#include "runtime/metrics_text.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace millrace::runtime {
namespace {

enum class For : std::uint8_t { kAll, kSources, kSinks };

/// One attribute of tasks.
struct Row {
  const char* name;
  const char* type;  ///< "counter" or "gauge"
  For tasks;
  double (*value)(const TaskMetrics&);
  const char* help;
};

double average(const Counter& total, const Counter& count) {
  return count.get() == 0 ? 0 : static_cast<double>(total.get()) / static_cast<double>(count.get());
}

template <Counter TaskMetrics::*counter>
double of(const TaskMetrics& m) {
  return static_cast<double>((m.*counter).get());
}

using M = TaskMetrics;

// clang-format off
constexpr Row kRows[] = {
    {"connector_task_batch_size_avg", "gauge", For::kAll, [](const M& m) { return average(m.batch_records, m.batches); }, "Records of a batch, on average since the start."},
    {"connector_task_batch_size_max", "gauge", For::kAll, of<&M::batch_size_max>, "Records of the largest batch."},
    {"connector_task_offset_commit_total", "counter", For::kAll, of<&M::offset_commits>, "Commits of offsets that succeeded."},
    {"connector_task_offset_commit_failure_total", "counter", For::kAll, of<&M::offset_commit_failures>, "Commits of offsets that failed."},
    {"connector_task_offset_commit_avg_time_ms", "gauge", For::kAll, [](const M& m) { return average(m.offset_commit_ms_total, m.offset_commits); }, "Milliseconds of a commit, on average since the start."},
    {"connector_task_offset_commit_max_time_ms", "gauge", For::kAll, of<&M::offset_commit_ms_max>, "Milliseconds of the longest commit."},
    {"connector_task_restart_total", "counter", For::kAll, of<&M::restarts>, "Starts of the task by itself after a failure (errors.task.restart.max)."},

    {"source_task_source_record_poll_total", "counter", For::kSources, of<&M::records_polled>, "Records that the task polled, before transforms."},
    {"source_task_source_record_write_total", "counter", For::kSources, of<&M::records_written>, "Records that Kafka acknowledged."},
    {"source_task_poll_batch_avg_time_ms", "gauge", For::kSources, [](const M& m) { return average(m.poll_ms_total, m.batches); }, "Milliseconds of a poll with records, on average since the start."},
    {"source_task_poll_batch_max_time_ms", "gauge", For::kSources, of<&M::poll_ms_max>, "Milliseconds of the longest poll."},
    {"source_task_source_record_active_count", "gauge", For::kSources, of<&M::records_active>, "Records that are polled and not yet acknowledged."},
    {"source_task_source_record_active_count_max", "gauge", For::kSources, of<&M::records_active_max>, "The most there were of these."},
    {"source_task_bytes_in_flight", "gauge", For::kSources, of<&M::bytes_in_flight>, "Bytes that were sent and are not yet acknowledged."},

    {"sink_task_sink_record_read_total", "counter", For::kSinks, of<&M::records_read>, "Records that were read from Kafka, before transforms."},
    {"sink_task_sink_record_send_total", "counter", For::kSinks, of<&M::records_sent>, "Records that the task took."},
    {"sink_task_put_batch_avg_time_ms", "gauge", For::kSinks, [](const M& m) { return average(m.put_ms_total, m.batches); }, "Milliseconds of a put, on average since the start."},
    {"sink_task_put_batch_max_time_ms", "gauge", For::kSinks, of<&M::put_ms_max>, "Milliseconds of the longest put."},
    {"sink_task_partition_count", "gauge", For::kSinks, of<&M::partitions>, "Partitions that are assigned to the task."},
    {"sink_task_offset_commit_seq_no", "gauge", For::kSinks, of<&M::commit_sequence>, "Number of the latest commit."},
    {"sink_task_offset_commit_completion_total", "counter", For::kSinks, of<&M::offset_commits>, "Commits that succeeded."},
    {"sink_task_offset_commit_skip_total", "counter", For::kSinks, of<&M::commits_skipped>, "Commits that ended too late to count."},

    {"task_error_total_record_failures", "counter", For::kAll, of<&M::record_failures>, "Failed attempts at records."},
    {"task_error_total_record_errors", "counter", For::kAll, of<&M::record_errors>, "Records that failed for good."},
    {"task_error_total_records_skipped", "counter", For::kAll, of<&M::records_skipped>, "Records that were skipped because errors are tolerated."},
    {"task_error_total_retries", "counter", For::kAll, of<&M::retries>, "Repeated attempts."},
    {"task_error_total_errors_logged", "counter", For::kAll, of<&M::errors_logged>, "Errors that were logged."},
    {"task_error_deadletterqueue_produce_requests", "counter", For::kAll, of<&M::dead_letter_requests>, "Records for the dead letter queue."},
    {"task_error_deadletterqueue_produce_failures", "counter", For::kAll, of<&M::dead_letter_failures>, "Those that could not be written there."},
    {"task_error_last_error_timestamp", "gauge", For::kAll, of<&M::last_error_ms>, "When a record last failed, in milliseconds since 1970; 0: never."},
};
// clang-format on

constexpr std::array<State, 6> kStates{State::kUnassigned, State::kRunning, State::kPaused,
                                       State::kStopped,    State::kFailed,  State::kRestarting};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string label(const char* name, std::string_view value) {
  std::string out = std::string(name) + "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

class Text {
 public:
  void metric(std::string_view name, const char* type, const char* help) {
    name_ = name;
    out_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  }
  void sample(double value, const std::string& labels = {}) {
    out_ += labels.empty() ? fmt::format("{} {}\n", name_, value) : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

void write_worker(Text& text, const WorkerFigures& figures) {
  text.metric("kafka_connect_app_info", "gauge", "The version that this worker stands in for.");
  text.sample(1, label("version", figures.version));
  text.metric("kafka_connect_connect_worker_connector_count", "gauge", "Connectors that run in this worker.");
  text.sample(static_cast<double>(figures.connectors_here));
  text.metric("kafka_connect_connect_worker_task_count", "gauge", "Tasks that run in this worker.");
  text.sample(static_cast<double>(figures.tasks.size()));

  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  text.metric("process_cpu_seconds_total", "counter", "Processor time of this worker.");
  text.sample(static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
              static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  text.metric("process_resident_memory_bytes", "gauge", "Memory of this worker.");
  text.sample(static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
}

void write_connectors(Text& text, const WorkerFigures& figures) {
  text.metric("kafka_connect_connector_info", "gauge", "A connector's class, type and version.");
  for (const auto& connector : figures.connectors) {
    text.sample(1, label("connector", connector.state.name) + "," + label("class", connector.class_name) + "," +
                       label("type", name_of(connector.state.type)) + "," +
                       label("version", connector.state.connector.version.value_or("")));
  }
  text.metric("kafka_connect_connector_status", "gauge", "1 for the state that a connector is in.");
  for (const auto& connector : figures.connectors) {
    for (const State state : kStates) {
      text.sample(connector.state.connector.state == state ? 1 : 0,
                  label("connector", connector.state.name) + "," + label("status", lower(name_of(state))));
    }
  }
  text.metric("kafka_connect_connector_task_status", "gauge", "1 for the state that a task is in.");
  for (const auto& connector : figures.connectors) {
    for (const auto& [id, task] : connector.state.tasks) {
      for (const State state : kStates) {
        if (state == State::kStopped) continue;
        text.sample(task.state == state ? 1 : 0, label("connector", connector.state.name) + "," +
                                                     label("task", std::to_string(id)) + "," +
                                                     label("status", lower(name_of(state))));
      }
    }
  }
}

}  // namespace

std::string metrics_text(const WorkerFigures& figures) {
  Text text;
  write_worker(text, figures);
  write_connectors(text, figures);
  for (const Row& row : kRows) {
    text.metric(std::string("kafka_connect_") + row.name, row.type, row.help);
    for (const auto& task : figures.tasks) {
      if (row.tasks == For::kSources && task.type != ConnectorType::kSource) continue;
      if (row.tasks == For::kSinks && task.type != ConnectorType::kSink) continue;
      text.sample(row.value(*task.metrics),
                  label("connector", task.id.connector) + "," + label("task", std::to_string(task.id.task)));
    }
  }
  return text.take();
}

}  // namespace millrace::runtime
