#include "kafka/rdkafka/rd_producer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kafka/partitioner.h"
#include "kafka/rdkafka/handle.h"
#include "kafka/rdkafka/rd_record.h"

namespace millrace::kafka {
namespace {

using Clock = std::chrono::steady_clock;

/// A record costs this much in librdkafka besides its bytes.
constexpr std::int64_t kRecordCost = 256;
/// What a lane may always have in flight, however full the queue is: nobody starves.
constexpr std::int64_t kLaneMinimum = 256 * 1024;
constexpr int kEventsPerRound = 1000;
constexpr std::int64_t kJavaBatchBytes = 16384;
constexpr std::chrono::milliseconds kRoomStep{100};

/// One listener's share of the queue.
struct Lane {
  DeliveryListener* listener = nullptr;  ///< null: detached
  std::int64_t bytes_in_flight = 0;
  std::int64_t records_in_flight = 0;
  bool calling = false;
  bool leaving = false;
  std::vector<Delivery> deliveries;  ///< poller thread only
};

/// A topic that is written to. Its partitioner runs under librdkafka's lock of the topic.
struct Topic {
  Topic(Partitioning partitioning, std::int64_t sticky_bytes)
      : partitioner(partitioning, sticky_bytes, std::random_device()()) {}
  rd_kafka_topic_t* handle = nullptr;
  Partitioner partitioner;
};

/// What librdkafka hands back for a record.
struct Ticket {
  Lane* lane = nullptr;
  std::uint64_t tag = 0;
  std::int64_t cost = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  Ticket* next_free = nullptr;
};

/// A record of a batch that its topic does not take, to be sent in a smaller one.
struct Again {
  Ticket* ticket = nullptr;
  OwnedRecord record;
};

/// librdkafka calls it for a record without partition: in `send`, or in its own thread once it knows the topic.
std::int32_t choose_partition(const rd_kafka_topic_t* handle, const void* key, std::size_t key_size,
                              std::int32_t partitions, void* topic, void* ticket) {
  std::optional<std::string_view> bytes;
  if (key != nullptr) bytes.emplace(static_cast<const char*>(key), key_size);
  return static_cast<Topic*>(topic)->partitioner.choose(
      bytes, static_cast<Ticket*>(ticket)->cost - kRecordCost, partitions,
      [handle](std::int32_t partition) { return rd_kafka_topic_partition_available(handle, partition) != 0; });
}

class RdProducer final : public Producer {
 public:
  static Result<std::unique_ptr<RdProducer>> create(const Settings& settings, const ClientLog& log);

  RdProducer(std::unique_ptr<Handle> handle, const Settings& settings, ClientLog log)
      : settings_(settings),
        log_(std::move(log)),
        handle_(std::move(handle)),
        queue_(rd_kafka_queue_get_main(handle_->get())),
        limit_bytes_(settings.buffer_bytes),
        max_request_bytes_(settings.max_request_bytes),
        batch_bytes_(std::strtoll(settings.properties.at("batch.size").c_str(), nullptr, 10)),
        linger_(settings.linger),
        partitioning_(settings.partitioning),
        sticky_bytes_(settings.sticky_bytes),
        poller_([this](const std::stop_token& stop) { poll_loop(stop); }) {}

  ~RdProducer() override {
    poller_.request_stop();
    rd_kafka_queue_yield(queue_.get());
    poller_.join();
    rd_kafka_purge(handle_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic->handle);
    queue_.reset();
    handle_.reset();  // before the topics, which its partitioners use
  }

  Sent send(std::span<const OutRecord> records, DeliveryListener& listener) override;
  bool wait_for_room(std::chrono::milliseconds timeout) override;
  bool wait_for_room(DeliveryListener& listener, std::chrono::milliseconds timeout) override;
  bool flush(std::chrono::milliseconds timeout) override;
  void detach(DeliveryListener& listener) override;

  Result<void> init_transactions(std::chrono::milliseconds timeout) override {
    return transaction([&] { return rd_kafka_init_transactions(handle_->get(), to_millis(timeout)); });
  }
  Result<void> begin_transaction() override {
    return transaction([&] { return rd_kafka_begin_transaction(handle_->get()); });
  }
  Result<void> commit_transaction(std::chrono::milliseconds timeout) override {
    return transaction([&] { return rd_kafka_commit_transaction(handle_->get(), to_millis(timeout)); });
  }
  Result<void> abort_transaction(std::chrono::milliseconds timeout) override {
    // librdkafka would drop what it has not sent yet. When the broker then has not even heard of the transaction, because it
    // still ended the one before, the request to abort it is fatal for the producer (librdkafka issue 4849).
    (void)flush(timeout);
    return transaction([&] { return rd_kafka_abort_transaction(handle_->get(), to_millis(timeout)); });
  }
  Result<std::int32_t> partition_count(const std::string& topic, std::chrono::milliseconds timeout) override;

 private:
  template <class Call>
  Result<void> transaction(Call call) {
    RdError error(call());
    if (!error) return {};
    Error out = error_of(error.get());
    if (auto refusal = handle_->state().refusal()) out = error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, *refusal);
    return out;
  }

  bool full(const Lane& lane) const {
    if (lane.bytes_in_flight == 0) return false;  // a record larger than the buffer has been refused before
    return lane.bytes_in_flight >= limit_bytes_ ||
           (bytes_in_flight_ >= limit_bytes_ && lane.bytes_in_flight >= kLaneMinimum);
  }
  /// Whether this record, refused as too large, may only have been in a batch with others that can be made smaller. One that
  /// fills a batch was alone in it; records of a transaction stay together.
  bool may_fit_alone(const rd_kafka_message_t* message) const {
    return static_cast<std::int64_t>(message->len + message->key_len) <= batch_bytes_ &&
           settings_.properties.at("batch.num.messages") != "1" && !settings_.properties.contains("transactional.id");
  }
  /// Who takes new records, once what is under way here has ended; null: this one.
  RdProducer* successor() {
    std::lock_guard lock(mutex_);
    return smaller_ && bytes_in_flight_ == 0 ? smaller_.get() : nullptr;
  }
  bool make_smaller(const char* topic);
  void send_again(const std::stop_token& stop);
  void finish(std::vector<Ticket*>& tickets);
  Lane& lane_of(DeliveryListener& listener);
  Topic* topic_of(const std::string& name);
  std::optional<Error> refuse(const OutRecord& record) const;
  Ticket* take_ticket();
  void give_back(Ticket* ticket);

  void poll_loop(const std::stop_token& stop);
  void take_deliveries(rd_kafka_event_t* event);
  void hand_out_deliveries(const std::stop_token& stop);

  const Settings settings_;
  const ClientLog log_;
  std::unique_ptr<Handle> handle_;
  RdQueue queue_;
  const std::int64_t limit_bytes_;
  const std::int64_t max_request_bytes_;
  const std::int64_t batch_bytes_;
  const std::chrono::milliseconds linger_;
  const Partitioning partitioning_;
  const std::int64_t sticky_bytes_;

  std::mutex mutex_;
  std::condition_variable progress_;
  /// Sends smaller batches, from the first one on that a topic's max.message.bytes did not allow; set by the poller thread.
  std::unique_ptr<RdProducer> smaller_;
  std::unordered_map<DeliveryListener*, std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<Lane>> detached_;
  std::map<std::string, std::unique_ptr<Topic>, std::less<>> topics_;
  std::deque<std::vector<Ticket>> ticket_blocks_;
  Ticket* free_tickets_ = nullptr;
  std::int64_t bytes_in_flight_ = 0;
  std::size_t records_in_flight_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t rounds_ = 0;  ///< deliveries handed out
  std::uint64_t rounds_at_refusal_ = ~0ULL;
  // Records in flight by epoch: flush begins a new one and waits for the older to be empty.
  std::uint64_t epoch_ = 0;
  std::map<std::uint64_t, std::int64_t> in_flight_by_epoch_;

  // Poller thread only.
  std::vector<Lane*> touched_;
  std::vector<Ticket*> done_;
  std::vector<Again> again_;
  std::deque<Error> errors_;
  std::jthread poller_;
};

Lane& RdProducer::lane_of(DeliveryListener& listener) {
  auto& lane = lanes_[&listener];
  if (!lane) {
    lane = std::make_unique<Lane>();
    lane->listener = &listener;
  }
  return *lane;
}

Topic* RdProducer::topic_of(const std::string& name) {
  auto it = topics_.find(name);
  if (it != topics_.end()) return it->second.get();
  auto topic = std::make_unique<Topic>(partitioning_, sticky_bytes_);
  rd_kafka_topic_conf_t* configuration = rd_kafka_default_topic_conf_dup(handle_->get());
  rd_kafka_topic_conf_set_partitioner_cb(configuration, choose_partition);
  rd_kafka_topic_conf_set_opaque(configuration, topic.get());
  topic->handle = rd_kafka_topic_new(handle_->get(), name.c_str(), configuration);
  if (topic->handle == nullptr) {
    rd_kafka_topic_conf_destroy(configuration);
    return nullptr;
  }
  return topics_.emplace(name, std::move(topic)).first->second.get();
}

Ticket* RdProducer::take_ticket() {
  if (free_tickets_ == nullptr) {
    auto& block = ticket_blocks_.emplace_back(1024);
    for (Ticket& ticket : block) {
      ticket.next_free = free_tickets_;
      free_tickets_ = &ticket;
    }
  }
  Ticket* ticket = free_tickets_;
  free_tickets_ = ticket->next_free;
  return ticket;
}

void RdProducer::give_back(Ticket* ticket) {
  ticket->next_free = free_tickets_;
  free_tickets_ = ticket;
}

std::optional<Error> RdProducer::refuse(const OutRecord& record) const {
  std::int64_t size = serialized_size(record);
  const auto too_large = [size](const std::string& limit) {
    return error_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                    "The message is " + std::to_string(size) + " bytes when serialized which is larger than " + limit);
  };
  if (size > max_request_bytes_) {
    return too_large(std::to_string(max_request_bytes_) +
                     ", which is the value of the max.request.size configuration.");
  }
  if (size > limit_bytes_) {
    return too_large("the total memory buffer you have configured with the buffer.memory configuration.");
  }
  return std::nullopt;
}

Producer::Sent RdProducer::send(std::span<const OutRecord> records, DeliveryListener& listener) {
  if (RdProducer* next = successor()) return next->send(records, listener);
  Sent sent;
  std::lock_guard lock(mutex_);
  if (smaller_) {  // what is under way here comes first
    rounds_at_refusal_ = rounds_;
    return sent;
  }
  if (auto refusal = handle_->state().refusal()) {
    sent.error = error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, *refusal);
    return sent;
  }
  Lane& lane = lane_of(listener);
  std::int64_t& in_epoch = in_flight_by_epoch_[epoch_];
  const std::string* last_name = nullptr;
  Topic* topic = nullptr;
  for (const OutRecord& record : records) {
    if (full(lane)) {
      rounds_at_refusal_ = rounds_;
      break;
    }
    if (auto refused = refuse(record)) {
      sent.error = std::move(refused);
      break;
    }
    if (last_name == nullptr || (record.topic != last_name && *record.topic != *last_name)) {
      topic = topic_of(*record.topic);
      last_name = record.topic;
      if (topic == nullptr) {
        sent.error = error_of(rd_kafka_last_error(),
                              "topic \"" + *record.topic + "\": " + rd_kafka_err2str(rd_kafka_last_error()));
        break;
      }
      topic->partitioner.look_again();
    }
    Ticket* ticket = take_ticket();
    ticket->lane = &lane;
    ticket->tag = record.tag;
    ticket->epoch = epoch_;
    ticket->cost = kRecordCost + static_cast<std::int64_t>((record.key ? record.key->size() : 0) +
                                                           (record.value ? record.value->size() : 0));
    rd_kafka_resp_err_t code = produce(handle_->get(), topic->handle, record, ticket);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      give_back(ticket);
      if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rounds_at_refusal_ = rounds_;
        break;
      }
      std::array<char, 512> why{};
      if (code == RD_KAFKA_RESP_ERR__FATAL) code = rd_kafka_fatal_error(handle_->get(), why.data(), why.size());
      sent.error = error_of(code, why[0] != 0 ? why.data() : rd_kafka_err2str(code));
      if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
        sent.error->text = "topic " + *record.topic + " has no partition " + std::to_string(record.partition);
      }
      break;
    }
    lane.bytes_in_flight += ticket->cost;
    lane.records_in_flight += 1;
    bytes_in_flight_ += ticket->cost;
    in_epoch += 1;
    records_in_flight_ += 1;
    ticket->sequence = sequence_++;
    ++sent.accepted;
  }
  return sent;
}

bool RdProducer::wait_for_room(std::chrono::milliseconds timeout) {
  if (RdProducer* next = successor()) return next->wait_for_room(timeout);
  std::unique_lock lock(mutex_);
  return progress_.wait_for(lock, timeout, [&] { return rounds_ != rounds_at_refusal_; });
}

bool RdProducer::wait_for_room(DeliveryListener& listener, std::chrono::milliseconds timeout) {
  if (RdProducer* next = successor()) return next->wait_for_room(listener, timeout);
  std::unique_lock lock(mutex_);
  return progress_.wait_for(lock, timeout, [&] {
    if (smaller_) return bytes_in_flight_ == 0;
    auto it = lanes_.find(&listener);
    return it == lanes_.end() || !full(*it->second);
  });
}

bool RdProducer::flush(std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + std::min<std::chrono::milliseconds>(timeout, std::chrono::hours(24));
  std::unique_lock lock(mutex_);
  const std::uint64_t last = epoch_++;
  auto delivered = [&] {
    auto first = std::find_if(in_flight_by_epoch_.begin(), in_flight_by_epoch_.end(),
                              [](const auto& entry) { return entry.second > 0; });
    return first == in_flight_by_epoch_.end() || first->first > last;
  };
  while (!delivered()) {
    auto now = Clock::now();
    if (now >= deadline) return false;
    if (linger_ > std::chrono::milliseconds(20)) {
      // Records that linger are sent at once while this runs; deliveries go to the poller thread all the same.
      lock.unlock();
      rd_kafka_flush(handle_->get(), to_millis(std::min(std::chrono::milliseconds(50),
                                                        std::chrono::ceil<std::chrono::milliseconds>(deadline - now))));
      lock.lock();
      progress_.wait_for(lock, std::chrono::milliseconds(1), delivered);
    } else {
      progress_.wait_until(lock, deadline, delivered);
    }
  }
  in_flight_by_epoch_.erase(in_flight_by_epoch_.begin(), in_flight_by_epoch_.upper_bound(last));
  RdProducer* next = smaller_.get();
  lock.unlock();
  return next == nullptr ||
         next->flush(std::max(std::chrono::milliseconds(0),
                              std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now())));
}

void RdProducer::detach(DeliveryListener& listener) {
  std::unique_lock lock(mutex_);
  if (auto it = lanes_.find(&listener); it != lanes_.end()) {
    Lane& lane = *it->second;
    lane.leaving = true;
    if (std::this_thread::get_id() != poller_.get_id()) progress_.wait(lock, [&] { return !lane.calling; });
    lane.listener = nullptr;
    if (lane.records_in_flight > 0 || lane.calling) detached_.push_back(std::move(it->second));
    lanes_.erase(&listener);
  }
  RdProducer* next = smaller_.get();
  lock.unlock();
  if (next != nullptr) next->detach(listener);
}

/// Runs on: the poller thread. False: the client for them could not be made.
bool RdProducer::make_smaller(const char* topic) {
  Settings settings = settings_;
  if (batch_bytes_ > kJavaBatchBytes) {
    settings.properties["batch.size"] = std::to_string(kJavaBatchBytes);
  } else {
    settings.properties["batch.num.messages"] = "1";
  }
  auto made = create(settings, log_);
  if (!made) {
    handle_->state().log(ClientLogLevel::kError,
                         "topic " + std::string(topic) +
                             " does not take a batch as large as the last one (max.message.bytes), "
                             "and no client for smaller ones could be made: " +
                             made.error().text + "; set batch.size below that limit");
    return false;
  }
  {
    std::lock_guard lock(mutex_);
    smaller_ = std::move(*made);
  }
  handle_->state().log(ClientLogLevel::kWarn,
                       "topic " + std::string(topic) +
                           " does not take a batch as large as the last one (max.message.bytes); its " +
                           "records and later ones are sent in smaller batches (batch.size sets their size)");
  rd_kafka_purge(handle_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);  // they come back in order
  return true;
}

/// Once nothing else is under way here: those that were called back, and the one that was on its way, come in any order.
void RdProducer::send_again(const std::stop_token& stop) {
  {
    std::lock_guard lock(mutex_);
    if (again_.empty() || again_.size() < records_in_flight_) return;
  }
  std::sort(again_.begin(), again_.end(),
            [](const Again& a, const Again& b) { return a.ticket->sequence < b.ticket->sequence; });
  std::vector<Ticket*> tickets;
  for (const Again& again : again_) {
    Lane& lane = *again.ticket->lane;
    tickets.push_back(again.ticket);
    std::vector<HeaderView> headers;
    OutRecord record = again.record.view(headers);
    record.tag = again.ticket->tag;
    DeliveryListener* listener = nullptr;
    const auto begin = [&] {
      std::lock_guard lock(mutex_);
      listener = lane.leaving ? nullptr : lane.listener;
      lane.calling = listener != nullptr;
      return listener != nullptr && !stop.stop_requested();
    };
    while (begin()) {
      Sent sent = smaller_->send({&record, 1}, *listener);
      if (sent.accepted == 1) break;
      if (sent.error) {
        Delivery delivery;
        delivery.tag = record.tag;
        delivery.error = &*sent.error;
        listener->on_deliveries({&delivery, 1});
        break;
      }
      smaller_->wait_for_room(*listener, kRoomStep);
    }
    std::lock_guard lock(mutex_);
    lane.calling = false;
    progress_.notify_all();
  }
  again_.clear();
  finish(tickets);
}

Result<std::int32_t> RdProducer::partition_count(const std::string& topic, std::chrono::milliseconds timeout) {
  Topic* known = nullptr;
  {
    std::lock_guard lock(mutex_);
    known = topic_of(topic);
  }
  if (known == nullptr) return error_of(rd_kafka_last_error());
  const rd_kafka_metadata_t* metadata = nullptr;
  auto code = rd_kafka_metadata(handle_->get(), 0, known->handle, &metadata, to_millis(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (auto refusal = handle_->state().refusal()) return error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, *refusal);
    return error_of(code);
  }
  std::unique_ptr<const rd_kafka_metadata_t, RdDeleter<rd_kafka_metadata_destroy>> owner(metadata);
  handle_->state().on_alive();
  if (metadata->topic_cnt != 1) return Error{Errc::kNotFound, "topic " + topic + " does not exist", true, {}, {}, 0};
  const auto& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
    return Error{Errc::kNotFound, "topic " + topic + " does not exist", true, {}, {}, 0};
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(found.err, "topic " + topic + ": " + rd_kafka_err2str(found.err));
  return static_cast<std::int32_t>(found.partition_cnt);
}

void RdProducer::poll_loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    RdEvent event(rd_kafka_queue_poll(queue_.get(), 1000));
    for (int n = 0; event && n < kEventsPerRound; ++n) {
      switch (rd_kafka_event_type(event.get())) {
        case RD_KAFKA_EVENT_DR: take_deliveries(event.get()); break;
        case RD_KAFKA_EVENT_ERROR:
          handle_->state().on_error(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
          break;
        default: break;
      }
      if (done_.size() >= 2048) break;
      event.reset(rd_kafka_queue_poll(queue_.get(), 0));
    }
    hand_out_deliveries(stop);
  }
}

void RdProducer::take_deliveries(rd_kafka_event_t* event) {
  const Error* error = nullptr;
  rd_kafka_resp_err_t error_code = RD_KAFKA_RESP_ERR_NO_ERROR;
  while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
    auto* ticket = static_cast<Ticket*>(message->_private);
    if (ticket == nullptr) continue;
    const bool too_large = message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && may_fit_alone(message);
    const bool called_back = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE && smaller_;
    if (called_back || (too_large && (smaller_ || make_smaller(rd_kafka_topic_name(message->rkt))))) {
      again_.push_back({ticket, OwnedRecord(message)});
      continue;
    }
    Delivery delivery;
    delivery.tag = ticket->tag;
    delivery.partition = message->partition;
    delivery.offset = message->offset;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (error == nullptr || error_code != message->err) {
        error_code = message->err;
        std::array<char, 512> why{};
        auto code = message->err;
        if (code == RD_KAFKA_RESP_ERR__FATAL) code = rd_kafka_fatal_error(handle_->get(), why.data(), why.size());
        error = &errors_.emplace_back(error_of(code, why[0] != 0 ? why.data() : rd_kafka_err2str(code)));
      }
      delivery.error = error;
    } else {
      rd_kafka_timestamp_type_t type;
      delivery.timestamp_ms = rd_kafka_message_timestamp(message, &type);
    }
    Lane* lane = ticket->lane;
    if (lane->deliveries.empty()) touched_.push_back(lane);
    lane->deliveries.push_back(delivery);
    done_.push_back(ticket);
  }
  if (error == nullptr) handle_->state().on_alive();
}

void RdProducer::hand_out_deliveries(const std::stop_token& stop) {
  for (Lane* lane : touched_) {
    DeliveryListener* listener = nullptr;
    {
      std::lock_guard lock(mutex_);
      listener = lane->listener;
      lane->calling = listener != nullptr;
    }
    if (listener != nullptr) {
      listener->on_deliveries(lane->deliveries);
      std::lock_guard lock(mutex_);
      lane->calling = false;
    }
    lane->deliveries.clear();
  }
  touched_.clear();
  finish(done_);
  errors_.clear();
  send_again(stop);
}

/// Runs on: the poller thread. These records are under way no more.
void RdProducer::finish(std::vector<Ticket*>& tickets) {
  if (tickets.empty()) return;
  {
    std::lock_guard lock(mutex_);
    records_in_flight_ -= tickets.size();
    for (Ticket* ticket : tickets) {
      ticket->lane->bytes_in_flight -= ticket->cost;
      ticket->lane->records_in_flight -= 1;
      bytes_in_flight_ -= ticket->cost;
      in_flight_by_epoch_[ticket->epoch] -= 1;
      give_back(ticket);
    }
    std::erase_if(detached_, [](const auto& lane) { return lane->records_in_flight == 0; });
    ++rounds_;
  }
  progress_.notify_all();
  tickets.clear();
}

Result<std::unique_ptr<RdProducer>> RdProducer::create(const Settings& settings, const ClientLog& log) {
  auto handle = Handle::create(RD_KAFKA_PRODUCER, settings, log, [](rd_kafka_conf_t* configuration) {
    rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  });
  if (!handle) return handle.error();
  return std::make_unique<RdProducer>(std::move(*handle), settings, log);
}

}  // namespace

Result<std::shared_ptr<Producer>> make_rd_producer(const ClientConfig& config, ClientLog log) {
  auto settings = translate(ClientKind::kProducer, config);
  if (!settings) return settings.error();
  auto made = RdProducer::create(*settings, log);
  if (!made) return made.error();
  return std::shared_ptr<Producer>(std::move(*made));
}

}  // namespace millrace::kafka
