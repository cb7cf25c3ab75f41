#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "kafka/rdkafka/rdkafka_clients.h"

namespace millrace::kafka {

/// True as soon as `condition` is; false after half a minute.
inline bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

class Collector final : public DeliveryListener {
 public:
  void on_deliveries(std::span<const Delivery> deliveries) override {
    std::lock_guard lock(mutex_);
    for (Delivery delivery : deliveries) {
      if (delivery.error != nullptr) {
        ++failures_;
        last_failure_ = delivery.error->text;
      }
      delivery.error = nullptr;
      all_.push_back(delivery);
    }
  }
  std::size_t count() const {
    std::lock_guard lock(mutex_);
    return all_.size();
  }
  std::size_t failures() const {
    std::lock_guard lock(mutex_);
    return failures_;
  }
  std::string last_failure() const {
    std::lock_guard lock(mutex_);
    return last_failure_;
  }
  std::vector<Delivery> all() const {
    std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Delivery> all_;
  std::size_t failures_ = 0;
  std::string last_failure_;
};

class Listener final : public RebalanceListener {
 public:
  void on_assigned(const std::vector<TopicPartition>& partitions) override {
    assigned.insert(partitions.begin(), partitions.end());
    if (on_assign) on_assign(partitions);
  }
  void on_revoked(const std::vector<TopicPartition>& partitions) override {
    revoked.insert(partitions.begin(), partitions.end());
  }
  void on_lost(const std::vector<TopicPartition>& partitions) override {
    lost.insert(partitions.begin(), partitions.end());
  }

  std::set<TopicPartition> assigned;
  std::set<TopicPartition> revoked;
  std::set<TopicPartition> lost;
  std::function<void(const std::vector<TopicPartition>&)> on_assign;
};

/// The value, or an exception with the error's text, which fails the test.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(*result);
}

/// A record with its bytes.
struct Seen {
  std::int32_t partition;
  std::int64_t offset;
  std::int64_t timestamp_ms;
  TimestampType timestamp_type;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

class ClientsFixture : public testing::Test {
 protected:
  void SetUp() override {
    const char* bootstrap = std::getenv("MILLRACE_TEST_BOOTSTRAP");
    ASSERT_NE(bootstrap, nullptr) << "run by tests/integration/kafka/test_clients.py";
    base_ = {{"bootstrap.servers", bootstrap}};
    if (const char* more = std::getenv("MILLRACE_TEST_CLIENT")) {
      std::istringstream lines(more);
      for (std::string line; std::getline(lines, line);) {
        if (auto equals = line.find('='); equals != std::string::npos)
          base_[line.substr(0, equals)] = line.substr(equals + 1);
      }
    }
  }
  void TearDown() override {
    if (HasFailure()) {
      for (const auto& line : logged()) std::cerr << "log: " << line << '\n';
    }
  }

  ClientConfig with(const ClientConfig& more) const {
    ClientConfig config = more;
    for (const auto& [key, value] : base_) config.emplace(key, value);
    return config;
  }
  std::shared_ptr<Producer> producer(const ClientConfig& more = {}) {
    auto made = clients_.producer(with(more));
    if (!made) throw std::runtime_error(made.error().text);
    return *made;
  }
  std::unique_ptr<Consumer> consumer(const ClientConfig& more = {}) {
    auto made = clients_.consumer(with(more));
    if (!made) throw std::runtime_error(made.error().text);
    return std::move(*made);
  }
  std::shared_ptr<Admin> admin() {
    if (!admin_) admin_ = must(clients_.admin(with({})));
    return admin_;
  }
  std::string unique_name() {
    static std::atomic<int> next{0};
    return std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
           std::to_string(::getpid()) + "-" + std::to_string(next++);
  }
  std::string create_topic(std::int32_t partitions, std::map<std::string, std::string> configs = {}) {
    std::string name = unique_name();
    auto created = admin()->create_topic({name, partitions, 1, std::move(configs)}, std::chrono::seconds(20));
    if (!created) throw std::runtime_error(created.error().text);
    return name;
  }
  static void send_all(Producer& producer, std::span<const OutRecord> records, DeliveryListener& listener) {
    while (!records.empty()) {
      auto sent = producer.send(records, listener);
      if (sent.error) throw std::runtime_error(sent.error->text);
      records = records.subspan(sent.accepted);
      if (!records.empty()) producer.wait_for_room(listener, std::chrono::seconds(10));
    }
  }
  /// `count` records "v0", "v1"... in one partition.
  void produce(const std::string& topic, std::int32_t partition, int count) {
    auto out = producer();
    Collector deliveries;
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) values.push_back("v" + std::to_string(i));
    std::vector<OutRecord> records(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      records[i].topic = &topic;
      records[i].partition = partition;
      records[i].value = values[i];
    }
    send_all(*out, records, deliveries);
    const bool flushed = out->flush(std::chrono::seconds(20));
    out->detach(deliveries);
    if (!flushed || deliveries.failures() > 0) throw std::runtime_error("produce: " + deliveries.last_failure());
  }
  static void append(std::vector<Seen>& out, const RecordBatch& batch) {
    for (const InRecord& record : batch.records()) {
      Seen seen{
          record.partition, record.offset, record.timestamp_ms, record.timestamp_type, std::nullopt, std::nullopt, {}};
      if (record.key) seen.key = std::string(*record.key);
      if (record.value) seen.value = std::string(*record.value);
      for (const HeaderView& header : record.headers()) {
        seen.headers.emplace_back(std::string(header.key),
                                  header.value ? std::optional<std::string>(std::string(*header.value)) : std::nullopt);
      }
      out.push_back(std::move(seen));
    }
  }
  /// At least `count` records, or what came in half a minute.
  static std::vector<Seen> poll_until(Consumer& consumer, std::size_t count) {
    std::vector<Seen> out;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (out.size() < count && std::chrono::steady_clock::now() < deadline) {
      auto batch = consumer.poll(std::chrono::milliseconds(500));
      if (!batch) throw std::runtime_error(batch.error().text);
      append(out, **batch);
    }
    return out;
  }
  static std::vector<Seen> poll_for(Consumer& consumer, std::chrono::milliseconds time) {
    std::vector<Seen> out;
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < deadline) {
      auto batch = consumer.poll(std::chrono::milliseconds(100));
      if (batch) append(out, **batch);
    }
    return out;
  }
  void log(ClientLogLevel level, std::string_view text) {
    if (level == ClientLogLevel::kDebug) return;
    std::lock_guard lock(log_mutex_);
    log_.emplace_back(text);
  }
  std::vector<std::string> logged() {
    std::lock_guard lock(log_mutex_);
    return log_;
  }

 private:
  ClientConfig base_;
  std::mutex log_mutex_;
  std::vector<std::string> log_;
  RdKafkaClients clients_{[this](ClientLogLevel level, std::string_view text) { log(level, text); }};
  std::shared_ptr<Admin> admin_;
};

}  // namespace millrace::kafka
