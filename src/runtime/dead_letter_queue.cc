#include "runtime/dead_letter_queue.h"

#include <fmt/core.h>

#include <chrono>
#include <deque>
#include <utility>
#include <vector>

#include "base/log.h"

namespace millrace::runtime {
namespace {

constexpr std::chrono::seconds kTimeout{60};

base::Log& dlq_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter");
  return log;
}

}  // namespace

Result<void> DeadLetterQueue::ensure_topic(kafka::Admin& admin, const std::string& topic,
                                           std::int16_t replication_factor) {
  const auto failed = [&](const Error& cause) {
    Error error = connect_error(fmt::format("Could not initialize dead letter queue with topic={}", topic));
    error.trace += "\nCaused by: " + trace_of(cause);
    return error;
  };
  Result<std::map<std::string, std::int32_t>> found = admin.describe_topics({topic}, kTimeout);
  if (!found) return failed(found.error());
  if (found->contains(topic)) return {};
  dlq_log().error("Topic {} doesn't exist. Will attempt to create topic.", topic);
  const Result<kafka::TopicCreation> made =
      admin.create_topic(kafka::NewTopic{topic, 1, replication_factor, {}}, kTimeout);
  if (!made) return failed(made.error());
  return {};
}

DeadLetterQueue::DeadLetterQueue(Options options, std::shared_ptr<kafka::Producer> producer,
                                 std::shared_ptr<TaskControl> control, std::shared_ptr<TaskMetrics> metrics)
    : options_(std::move(options)),
      producer_(std::move(producer)),
      control_(std::move(control)),
      metrics_(std::move(metrics)) {}

DeadLetterQueue::~DeadLetterQueue() {
  const auto open = [this] {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
  };
  if (open() && !control_->cancelled()) producer_->flush(std::chrono::seconds(5));
  producer_->detach(*this);
}

std::shared_future<void> DeadLetterQueue::report(const FailedRecord& failed) {
  std::promise<void> promise;
  std::shared_future<void> stored = promise.get_future().share();
  if (failed.record.consumed == nullptr) {
    promise.set_value();
    return stored;
  }
  const kafka::InRecord& record = *failed.record.consumed;
  metrics_->dead_letter_requests.add();

  std::deque<std::string> texts;  // the views below point here
  const auto original = record.headers();
  std::vector<kafka::HeaderView> headers(original.begin(), original.end());
  if (options_.context_headers) {
    const auto add = [&](std::string_view name, std::string text) {
      texts.push_back(std::move(text));
      headers.push_back(kafka::HeaderView{name, texts.back()});
    };
    add("__connect.errors.topic", *record.topic);
    add("__connect.errors.partition", std::to_string(record.partition));
    add("__connect.errors.offset", std::to_string(record.offset));
    add("__connect.errors.connector.name", options_.id.connector);
    add("__connect.errors.task.id", std::to_string(options_.id.task));
    add("__connect.errors.stage", name_of(failed.stage));
    add("__connect.errors.class.name", std::string(failed.executing_class));
    add("__connect.errors.exception.class.name", failed.failure->java_class);
    add("__connect.errors.exception.message", failed.failure->message);
    add("__connect.errors.exception.stacktrace", failed.failure->trace);
  }
  kafka::OutRecord out;
  out.topic = &options_.topic;
  if (record.timestamp_type != TimestampType::kNoTimestampType && record.timestamp_ms >= 0)
    out.timestamp_ms = record.timestamp_ms;
  out.key = record.key;
  out.value = record.value;
  out.headers = headers;
  out.tag = next_tag_++;
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(out.tag, std::move(promise));
  }
  while (true) {
    const kafka::Producer::Sent sent = producer_->send({&out, 1}, *this);
    if (sent.error) settle(out.tag, &*sent.error);
    if (sent.accepted == 1 || sent.error) return stored;
    if (control_->cancelled()) {
      Error error;
      error.code = Errc::kCancelled;
      error.text = "the task was cancelled";
      settle(out.tag, &error);
      return stored;
    }
    producer_->wait_for_room(std::chrono::milliseconds(100));
  }
}

void DeadLetterQueue::on_deliveries(std::span<const kafka::Delivery> deliveries) {
  for (const kafka::Delivery& delivery : deliveries) settle(delivery.tag, delivery.error);
}

void DeadLetterQueue::settle(std::uint64_t tag, const Error* error) {
  if (error != nullptr) {
    dlq_log().error("Could not produce message to dead letter queue. topic={}: {}", options_.topic, error->text);
    metrics_->dead_letter_failures.add();
  }
  std::promise<void> promise;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(tag);
    if (found == waiting_.end()) return;
    promise = std::move(found->second);
    waiting_.erase(found);
  }
  promise.set_value();
}

}  // namespace millrace::runtime
