#include "kafka/topic_log.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/thread.h"

namespace millrace::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kCallTimeout{10000};
constexpr milliseconds kDefaultApiTimeout{60000};
constexpr milliseconds kRetryBackoff{100};
constexpr milliseconds kMaxRetryBackoff{1000};
constexpr milliseconds kPartitionLookup{30000};
constexpr milliseconds kFirstReadLookup{15 * 60 * 1000};
constexpr milliseconds kStep{100};
constexpr milliseconds kFollow{std::chrono::hours(1)};
constexpr milliseconds kClose{2000};

base::Log& logger() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.util.KafkaBasedLog");
  return log;
}

Error failure(Errc code, std::string text, bool retriable = false) {
  return Error{code, std::move(text), retriable, {}, {}, 0};
}

milliseconds setting(const ClientConfig& config, const std::string& key, milliseconds otherwise) {
  auto it = config.find(key);
  if (it == config.end()) return otherwise;
  try {
    return milliseconds(std::max(0LL, std::stoll(it->second)));
  } catch (const std::exception&) {
    return otherwise;  // the client says what is wrong with it
  }
}

/// The policies of a cleanup.policy value, without blanks.
std::vector<std::string> policies_of(const std::string& value) {
  std::vector<std::string> out(1);
  for (char c : value) {
    if (c == ',')
      out.emplace_back();
    else if (c != ' ')
      out.back() += c;
  }
  return out;
}

class TopicLogImpl final : public TopicLog, private DeliveryListener {
 public:
  TopicLogImpl(Deps deps, Options options, Handler handler)
      : deps_(std::move(deps)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        topic_(options_.topic.name) {
    deps_.consumer_config["auto.offset.reset"] = "earliest";
    deps_.consumer_config.erase("group.id");
    deps_.consumer_config.erase("group.instance.id");
    deps_.producer_config.try_emplace("acks", "all");
    deps_.producer_config.try_emplace("max.in.flight.requests.per.connection", "1");
    deps_.producer_config.try_emplace("enable.idempotence", "false");
    deps_.producer_config.try_emplace("linger.ms", "0");  // somebody waits for each record
  }
  ~TopicLogImpl() override { stop(); }

  Result<void> make_clients();

  Result<void> start() override;
  void stop() override;
  void send(std::optional<std::string> key, std::optional<std::string> value,
            std::function<void(Result<void>)> done) override;
  Result<void> flush(milliseconds timeout) override;
  Result<void> read_to_end(milliseconds timeout) override;
  void read_to_end_async(std::function<void(Result<void>)> done) override;
  std::int32_t partition_count() const override { return partition_count_.load(); }

 private:
  using Done = std::function<void(Result<void>)>;
  struct Outgoing {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::uint64_t tag = 0;
  };
  /// Requests to read to the end that are answered together.
  struct Pass {
    std::vector<Done> done;
    std::uint64_t sent_before = 0;
    std::optional<Offsets> ends;
  };

  void on_deliveries(std::span<const Delivery> deliveries) override;

  // Runs on: the caller of start.
  Result<bool> create_topic();
  Result<void> check_policy();
  Result<void> find_partitions();
  Result<void> first_read();
  /// False: stop was asked for.
  bool pause_for(milliseconds time);

  // Runs on: the log's thread (during start: its caller).
  void run(const std::stop_token& stop);
  void take_batch(milliseconds timeout);
  Result<bool> reached(const Offsets& ends);
  Result<Offsets> end_offsets();
  void push_out();
  void advance(Pass& pass);
  bool delivered_before(std::uint64_t tag);

  Deps deps_;
  const Options options_;
  const Handler handler_;
  const std::string topic_;

  std::shared_ptr<Producer> producer_;
  std::unique_ptr<Consumer> consumer_;
  std::shared_ptr<Admin> admin_;
  std::atomic<std::int32_t> partition_count_{0};
  bool creation_refused_ = false;  // what start() found out: this user may not create the topic
  std::vector<TopicPartition> partitions_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;
  bool stopping_ = false;
  std::uint64_t next_tag_ = 1;
  std::map<std::uint64_t, Done> outstanding_;
  std::deque<Outgoing> unsent_;
  std::vector<std::pair<Done, Result<void>>> failed_sends_;
  std::vector<Done> requests_;
  base::Thread thread_;
};

Result<void> TopicLogImpl::make_clients() {
  auto admin = deps_.clients->admin(deps_.admin_config);
  if (!admin) return admin.error();
  admin_ = std::move(*admin);
  auto consumer = deps_.clients->consumer(deps_.consumer_config);
  if (!consumer) return consumer.error();
  consumer_ = std::move(*consumer);
  if (options_.read_only) return {};
  auto producer = deps_.clients->producer(deps_.producer_config);
  if (!producer) return producer.error();
  producer_ = std::move(*producer);
  return {};
}

bool TopicLogImpl::pause_for(milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return stopping_; });
  return !stopping_;
}

/// True when it was created just now.
Result<bool> TopicLogImpl::create_topic() {
  NewTopic topic = options_.topic;
  topic.configs["cleanup.policy"] = "compact";
  const auto deadline = Clock::now() + setting(deps_.admin_config, "default.api.timeout.ms", kDefaultApiTimeout);
  const auto backoff = setting(deps_.admin_config, "retry.backoff.ms", kRetryBackoff);
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    auto created = admin_->create_topic(topic, std::max(left, milliseconds(1)));
    if (created) return *created == TopicCreation::kCreated;
    const Error& error = created.error();
    if (error.code == Errc::kForbidden) {
      logger().debug("not allowed to create topic {}, assuming that it exists: {}", topic_, error.text);
      creation_refused_ = true;
      return false;
    }
    if (error.code == Errc::kInvalid)
      return failure(Errc::kInvalid, "Unable to create topic(s) '" + topic_ + "': " + error.text);
    if (!error.retriable)
      return failure(error.code, "Error while attempting to create/find topic(s) '" + topic_ + "': " + error.text);
    if (Clock::now() + backoff >= deadline) {
      if (error.code != Errc::kTimeout)
        return failure(error.code, "Error while attempting to create/find topic(s) '" + topic_ + "': " + error.text);
      return failure(
          Errc::kTimeout,
          "Timed out while checking for or creating topic(s) '" + topic_ +
              "'. This could indicate a connectivity issue, unavailable topic partitions, or if this is your "
              "first use of the topic it may have taken too long to create.");
    }
    if (!pause_for(backoff)) return failure(Errc::kCancelled, "stopped while creating topic " + topic_);
  }
}

Result<void> TopicLogImpl::check_policy() {
  auto configs = admin_->topic_configs(topic_, kDefaultApiTimeout);
  if (!configs) {
    logger().info("cannot read the cleanup.policy of topic {}, going on without the check: {}", topic_,
                  configs.error().text);
    return {};
  }
  auto it = configs->find("cleanup.policy");
  if (it == configs->end() || it->second.empty()) {
    logger().info("Kafka does not tell the cleanup.policy of topic {}, going on without the check", topic_);
    return {};
  }
  auto policies = policies_of(it->second);
  if (policies == std::vector<std::string>{"compact"}) return {};
  std::string found;
  for (const std::string& policy : policies) found += (found.empty() ? "" : ",") + policy;
  return failure(
      Errc::kInvalid,
      "Topic '" + topic_ + "' supplied via the '" + options_.property +
          "' property is required to have 'cleanup.policy=compact' to guarantee consistency and durability of " +
          options_.purpose + ", but found the topic currently has 'cleanup.policy=" + found +
          "'. Continuing would likely result in eventually losing " + options_.purpose +
          " and problems restarting this Connect cluster in the future. Change the '" + options_.property +
          "' property in the Connect worker configurations to use a topic with 'cleanup.policy=compact'.");
}

Result<void> TopicLogImpl::find_partitions() {
  const auto deadline = Clock::now() + kPartitionLookup;
  for (milliseconds backoff = kRetryBackoff;; backoff = std::min(2 * backoff, kMaxRetryBackoff)) {
    auto found = admin_->describe_topics({topic_}, kCallTimeout);
    if (found && found->contains(topic_) && found->at(topic_) > 0) {
      partition_count_ = found->at(topic_);
      break;
    }
    if (!found && found.error().code == Errc::kForbidden) return found.error();
    // A list of topics leaves out those that must not be seen; the question for one says so. Where creating is refused, it
    // creates nothing either.
    if (found && creation_refused_ && producer_) {
      auto asked = producer_->partition_count(topic_, kCallTimeout);
      if (!asked && asked.error().code == Errc::kForbidden)
        return failure(Errc::kForbidden, "Not authorized to access topics: [" + topic_ + "]");
    }
    if (Clock::now() >= deadline) {
      return failure(Errc::kTimeout,
                     "Could not look up partition metadata for topic '" + topic_ +
                         "' in the allotted period. This could indicate a connectivity issue, unavailable topic "
                         "partitions, or if this is your first use of the topic it may have taken too long to create.");
    }
    if (!pause_for(backoff)) return failure(Errc::kCancelled, "stopped while looking up topic " + topic_);
  }
  if (options_.require_single_partition && partition_count_ != 1) {
    return failure(Errc::kInvalid,
                   "Topic '" + topic_ + "' supplied via the '" + options_.property +
                       "' property is required to have a single partition in order to guarantee consistency of " +
                       options_.purpose + ", but found " + std::to_string(partition_count_.load()) + " partitions.");
  }
  partitions_.clear();
  for (std::int32_t i = 0; i < partition_count_; ++i) partitions_.push_back({topic_, i});
  return {};
}

Result<Offsets> TopicLogImpl::end_offsets() { return admin_->end_offsets(partitions_, kCallTimeout); }

Result<bool> TopicLogImpl::reached(const Offsets& ends) {
  for (const auto& [partition, end] : ends) {
    if (end <= 0) continue;
    auto position = consumer_->position(partition, kCallTimeout);
    if (!position) return position.error();
    if (*position < end) return false;
  }
  return true;
}

Result<void> TopicLogImpl::first_read() {
  const auto deadline = Clock::now() + kFirstReadLookup;
  std::optional<Offsets> ends;
  while (!ends) {
    auto found = end_offsets();
    if (found) {
      ends = std::move(*found);
      break;
    }
    if (!found.error().retriable || Clock::now() >= deadline) return found.error();
    logger().warn("cannot look up the end of topic {}, trying again: {}", topic_, found.error().text);
    if (!pause_for(kCallTimeout)) return failure(Errc::kCancelled, "stopped while reading topic " + topic_);
  }
  for (;;) {
    auto done = reached(*ends);
    if (!done && !done.error().retriable) return done.error();
    if (done && *done) return {};
    take_batch(kStep);
    if (!pause_for(milliseconds(0))) return failure(Errc::kCancelled, "stopped while reading topic " + topic_);
  }
}

Result<void> TopicLogImpl::start() {
  if (!consumer_) {
    if (auto made = make_clients(); !made) return made.error();
  }
  auto created = create_topic();
  if (!created) return created.error();
  if (!*created) {
    if (auto checked = check_policy(); !checked) return checked;
  }
  if (auto found = find_partitions(); !found) return found;
  Offsets beginning;
  // A number, not "the beginning": that would have to be looked up on a connection that is not there yet, which librdkafka
  // tries again only after half a second. Where 0 is gone, auto.offset.reset leads to the earliest record.
  for (const TopicPartition& partition : partitions_) beginning[partition] = 0;
  if (auto assigned = consumer_->assign(beginning); !assigned) return assigned;
  if (auto read = first_read(); !read) return read;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return failure(Errc::kCancelled, "stopped while reading topic " + topic_);
    running_ = true;
  }
  thread_ = base::Thread("log-" + topic_, [this](const std::stop_token& stop) { run(stop); });
  return {};
}

void TopicLogImpl::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.request_stop();
    consumer_->wake_up();
    thread_.join();
  }
  if (producer_) {
    producer_->detach(*this);
    producer_.reset();
  }
  if (consumer_) {
    consumer_->close(kClose);
    consumer_.reset();
  }
  std::vector<Done> unanswered;
  {
    std::lock_guard lock(mutex_);
    for (auto& [tag, done] : outstanding_) unanswered.push_back(std::move(done));
    for (auto& done : requests_) unanswered.push_back(std::move(done));
    for (auto& [done, result] : failed_sends_) unanswered.push_back(std::move(done));
    outstanding_.clear();
    requests_.clear();
    failed_sends_.clear();
    unsent_.clear();
  }
  for (auto& done : unanswered) {
    if (done) done(failure(Errc::kCancelled, "topic " + topic_ + " is closed"));
  }
}

void TopicLogImpl::send(std::optional<std::string> key, std::optional<std::string> value, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (running_ && !stopping_ && producer_) {
      const std::uint64_t tag = next_tag_++;
      outstanding_[tag] = std::move(done);
      unsent_.push_back({std::move(key), std::move(value), tag});
      push_out();
      if (unsent_.empty() && failed_sends_.empty()) return;
      consumer_->wake_up();
      return;
    }
  }
  if (done) done(failure(Errc::kCancelled, "topic " + topic_ + " is not open for writing"));
}

/// Under the mutex: order of sends is order in the topic.
void TopicLogImpl::push_out() {
  while (!unsent_.empty()) {
    const Outgoing& next = unsent_.front();
    OutRecord record;
    record.topic = &topic_;
    if (next.key) record.key = *next.key;
    if (next.value) record.value = *next.value;
    record.tag = next.tag;
    auto sent = producer_->send({&record, 1}, *this);
    if (sent.error) {
      auto it = outstanding_.find(next.tag);
      failed_sends_.emplace_back(std::move(it->second), *sent.error);
      outstanding_.erase(it);
    } else if (sent.accepted == 0) {
      return;
    }
    unsent_.pop_front();
  }
}

void TopicLogImpl::on_deliveries(std::span<const Delivery> deliveries) {
  std::vector<std::pair<Done, Result<void>>> finished;
  {
    std::lock_guard lock(mutex_);
    for (const Delivery& delivery : deliveries) {
      auto it = outstanding_.find(delivery.tag);
      if (it == outstanding_.end()) continue;
      finished.emplace_back(std::move(it->second),
                            delivery.error == nullptr ? Result<void>() : Result<void>(*delivery.error));
      outstanding_.erase(it);
    }
  }
  changed_.notify_all();
  for (auto& [done, result] : finished) {
    if (done) done(std::move(result));
  }
  std::lock_guard lock(mutex_);
  if (!requests_.empty() || !unsent_.empty()) consumer_->wake_up();
}

bool TopicLogImpl::delivered_before(std::uint64_t tag) {
  std::lock_guard lock(mutex_);
  return outstanding_.empty() || outstanding_.begin()->first >= tag;
}

Result<void> TopicLogImpl::flush(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const std::uint64_t before = next_tag_;
  bool done = changed_.wait_for(lock, std::min<milliseconds>(timeout, std::chrono::hours(24)), [&] {
    return stopping_ || outstanding_.empty() || outstanding_.begin()->first >= before;
  });
  if (!done) return failure(Errc::kTimeout, "records for topic " + topic_ + " were not acknowledged in time", true);
  if (stopping_) return failure(Errc::kCancelled, "topic " + topic_ + " is closed");
  return {};
}

Result<void> TopicLogImpl::read_to_end(milliseconds timeout) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto future = promise->get_future();
  read_to_end_async([promise](Result<void> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(std::min<milliseconds>(timeout, std::chrono::hours(24))) != std::future_status::ready) {
    return failure(Errc::kTimeout, "topic " + topic_ + " could not be read to its end in time", true);
  }
  return future.get();
}

void TopicLogImpl::read_to_end_async(Done done) {
  {
    std::lock_guard lock(mutex_);
    if (running_ && !stopping_) {
      requests_.push_back(std::move(done));
      consumer_->wake_up();
      return;
    }
  }
  done(failure(Errc::kCancelled, "topic " + topic_ + " is closed"));
}

void TopicLogImpl::take_batch(milliseconds timeout) {
  auto batch = consumer_->poll(timeout);
  if (!batch) {
    logger().warn("cannot read topic {}, trying again: {}", topic_, batch.error().text);
    pause_for(kMaxRetryBackoff);
    return;
  }
  for (const InRecord& record : (*batch)->records()) handler_(record);
}

void TopicLogImpl::advance(Pass& pass) {
  if (!pass.ends) {
    if (!delivered_before(pass.sent_before)) {
      take_batch(kStep);
      return;
    }
    auto ends = end_offsets();
    if (!ends) {
      logger().warn("cannot look up the end of topic {}, trying again: {}", topic_, ends.error().text);
      take_batch(kMaxRetryBackoff);
      return;
    }
    pass.ends = std::move(*ends);
  }
  auto done = reached(*pass.ends);
  if (done && *done) {
    for (auto& one : pass.done) one({});
    pass.done.clear();
    return;
  }
  take_batch(done ? kStep : kMaxRetryBackoff);
}

void TopicLogImpl::run(const std::stop_token& stop) {
  Pass pass;
  while (!stop.stop_requested()) {
    bool waiting = false;
    std::vector<std::pair<Done, Result<void>>> failed;
    {
      std::lock_guard lock(mutex_);
      if (producer_) push_out();
      waiting = !unsent_.empty();
      failed.swap(failed_sends_);
      if (pass.done.empty() && !requests_.empty()) {
        pass = Pass{std::move(requests_), next_tag_, std::nullopt};
        requests_.clear();
      }
    }
    for (auto& [done, result] : failed) {
      if (done) done(std::move(result));
    }
    if (!pass.done.empty())
      advance(pass);
    else
      take_batch(waiting ? kStep : kFollow);
  }
  for (auto& done : pass.done) done(failure(Errc::kCancelled, "topic " + topic_ + " is closed"));
}

}  // namespace

Result<std::unique_ptr<TopicLog>> TopicLog::create(Deps deps, Options options, Handler handler) {
  auto log = std::make_unique<TopicLogImpl>(std::move(deps), std::move(options), std::move(handler));
  if (auto made = log->make_clients(); !made) return made.error();
  return std::unique_ptr<TopicLog>(std::move(log));
}

}  // namespace millrace::kafka
