#include "kafka/rdkafka/rd_admin.h"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "kafka/rdkafka/handle.h"
#include "kafka/rdkafka/rd_producer.h"

namespace millrace::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How often a call that waits looks whether the brokers refuse us.
constexpr milliseconds kStep{200};
constexpr milliseconds kCoordinatorPause{100};
/// For so long a topic that is not known may still be on its way to all brokers.
constexpr milliseconds kNewTopic{3000};

template <auto Free>
using Owned = RdDeleter<Free>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, RdDeleter<rd_kafka_AdminOptions_destroy>>;

class RdAdmin final : public Admin {
 public:
  RdAdmin(std::unique_ptr<Handle> handle, ClientConfig config, ClientLog log)
      : handle_(std::move(handle)),
        config_(std::move(config)),
        log_(std::move(log)),
        main_(rd_kafka_queue_get_main(handle_->get())) {}

  Result<std::optional<std::string>> cluster_id(milliseconds timeout) override;
  Result<TopicCreation> create_topic(const NewTopic& topic, milliseconds timeout) override;
  Result<std::map<std::string, std::int32_t>> describe_topics(const std::vector<std::string>& topics,
                                                              milliseconds timeout) override;
  Result<std::map<std::string, std::string>> topic_configs(const std::string& topic, milliseconds timeout) override;
  Result<Offsets> end_offsets(const std::vector<TopicPartition>& partitions, milliseconds timeout) override;
  Result<Offsets> group_offsets(const std::string& group, milliseconds timeout) override {
    return with_coordinator<Offsets>(timeout, [&](milliseconds left) { return try_group_offsets(group, left); });
  }
  Result<void> alter_group_offsets(const std::string& group, const Offsets& offsets, milliseconds timeout) override {
    return with_coordinator<void>(timeout,
                                  [&](milliseconds left) { return try_alter_group_offsets(group, offsets, left); });
  }
  Result<void> delete_group_offsets(const std::string& group, const std::vector<TopicPartition>& partitions,
                                    milliseconds timeout) override {
    return with_coordinator<void>(timeout,
                                  [&](milliseconds left) { return try_delete_group_offsets(group, partitions, left); });
  }
  Result<void> delete_group(const std::string& group, milliseconds timeout) override {
    return with_coordinator<void>(timeout, [&](milliseconds left) { return try_delete_group(group, left); });
  }
  Result<void> fence_producers(const std::vector<std::string>& transactional_ids, milliseconds timeout) override;

 private:
  rd_kafka_t* rk() const { return handle_->get(); }

  /// Runs one admin operation and waits for its event.
  Result<RdEvent> run(rd_kafka_admin_op_t operation, milliseconds timeout,
                      const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& start);
  /// Repeats a call that blocks inside librdkafka in short steps, so that a refusal ends it at once.
  template <class Call>
  rd_kafka_resp_err_t in_steps(milliseconds timeout, Call call);
  /// Repeats a call while the group has no coordinator that answers.
  template <class T, class Call>
  Result<T> with_coordinator(milliseconds timeout, Call call) {
    const auto deadline = Clock::now() + timeout;
    for (;;) {
      auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      Result<T> done = call(std::max(left, milliseconds(1)));
      if (done || !done.error().retriable || done.error().code == Errc::kTimeout ||
          Clock::now() + kCoordinatorPause >= deadline)
        return done;
      std::this_thread::sleep_for(kCoordinatorPause);
    }
  }
  void forget_leaders(int timeout_ms);
  Error failed(rd_kafka_resp_err_t code, std::string text);
  Result<Offsets> try_group_offsets(const std::string& group, milliseconds timeout);
  Result<void> try_alter_group_offsets(const std::string& group, const Offsets& offsets, milliseconds timeout);
  Result<void> try_delete_group_offsets(const std::string& group, const std::vector<TopicPartition>& partitions,
                                        milliseconds timeout);
  Result<void> try_delete_group(const std::string& group, milliseconds timeout);
  void take_errors();

  std::unique_ptr<Handle> handle_;
  const ClientConfig config_;
  const ClientLog log_;
  std::mutex main_mutex_;
  RdQueue main_;
};

void RdAdmin::take_errors() {
  std::lock_guard lock(main_mutex_);
  while (RdEvent event{rd_kafka_queue_poll(main_.get(), 0)}) {
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      handle_->state().on_error(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
    }
  }
}

Error RdAdmin::failed(rd_kafka_resp_err_t code, std::string text) {
  take_errors();
  if (auto refusal = handle_->state().refusal()) return error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, *refusal);
  bool unreachable = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT;
  if (std::string trouble = handle_->state().trouble(); unreachable && !trouble.empty()) text += ": " + trouble;
  return error_of(code, std::move(text));
}

template <class Call>
rd_kafka_resp_err_t RdAdmin::in_steps(milliseconds timeout, Call call) {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    rd_kafka_resp_err_t code = call(to_millis(std::clamp(left, milliseconds(1), kStep)));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) handle_->state().on_alive();
    bool again = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
                 code == RD_KAFKA_RESP_ERR__WAIT_COORD;
    if (!again || Clock::now() >= deadline) return code;
    take_errors();
    if (handle_->state().refusal()) return RD_KAFKA_RESP_ERR__AUTHENTICATION;
  }
}

Result<RdEvent> RdAdmin::run(rd_kafka_admin_op_t operation, milliseconds timeout,
                             const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& start) {
  const auto deadline = Clock::now() + timeout;
  AdminOptions options(rd_kafka_AdminOptions_new(rk(), operation));
  std::array<char, 256> why{};
  const int limit = std::clamp(to_millis(timeout), 1, 3600000);
  rd_kafka_AdminOptions_set_request_timeout(options.get(), limit, why.data(), why.size());
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), limit, why.data(), why.size());
  }
  RdQueue queue(rd_kafka_queue_new(rk()));
  start(options.get(), queue.get());
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()) + kStep;
    RdEvent event(rd_kafka_queue_poll(queue.get(), to_millis(std::min(left, kStep))));
    take_errors();
    if (event) {
      if (auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return failed(code, rd_kafka_event_error_string(event.get()));
      }
      handle_->state().on_alive();
      return event;
    }
    if (auto refusal = handle_->state().refusal()) return error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, *refusal);
    if (left <= milliseconds(0)) return failed(RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer from Kafka in time");
  }
}

Result<std::optional<std::string>> RdAdmin::cluster_id(milliseconds timeout) {
  char* id = nullptr;
  auto code = in_steps(timeout, [&](int step) {
    id = rd_kafka_clusterid(rk(), step);
    return id != nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR__TIMED_OUT;
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(code, "no answer from Kafka in time");
  std::optional<std::string> out(id);
  rd_kafka_mem_free(rk(), id);
  return out;
}

Result<TopicCreation> RdAdmin::create_topic(const NewTopic& topic, milliseconds timeout) {
  std::array<char, 512> why{};
  std::unique_ptr<rd_kafka_NewTopic_t, RdDeleter<rd_kafka_NewTopic_destroy>> request(
      rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication_factor, why.data(), why.size()));
  if (!request) return Error{Errc::kInvalid, "topic " + topic.name + ": " + why.data(), false, {}, {}, 0};
  for (const auto& [name, value] : topic.configs)
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  auto event = run(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, [&](const auto* options, auto* queue) {
    auto* one = request.get();
    rd_kafka_CreateTopics(rk(), &one, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** topics = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  if (count != 1) return Error{Errc::kInternal, "CreateTopics answered for another topic", false, {}, {}, 0};
  auto code = rd_kafka_topic_result_error(topics[0]);
  if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return TopicCreation::kExisted;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* text = rd_kafka_topic_result_error_string(topics[0]);
    return error_of(code, text != nullptr ? text : rd_kafka_err2str(code));
  }
  return TopicCreation::kCreated;
}

Result<std::map<std::string, std::int32_t>> RdAdmin::describe_topics(const std::vector<std::string>& topics,
                                                                     milliseconds timeout) {
  // One topic's metadata creates it where the broker does so on its own, so all topics are listed instead.
  const rd_kafka_metadata_t* metadata = nullptr;
  auto code = in_steps(timeout, [&](int step) { return rd_kafka_metadata(rk(), 1, nullptr, &metadata, step); });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(code, rd_kafka_err2str(code));
  std::unique_ptr<const rd_kafka_metadata_t, RdDeleter<rd_kafka_metadata_destroy>> owner(metadata);
  std::map<std::string, std::int32_t> out;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (std::find(topics.begin(), topics.end(), topic.topic) == topics.end()) continue;
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) out[topic.topic] = topic.partition_cnt;
  }
  return out;
}

/// librdkafka keeps asking the leader that it knows until its metadata expire, also when that broker is gone. A list of all
/// topics tells it who leads now; it creates none, unlike a look at a single one.
void RdAdmin::forget_leaders(int timeout_ms) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(rk(), 1, nullptr, &metadata, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(metadata);
}

Result<std::map<std::string, std::string>> RdAdmin::topic_configs(const std::string& topic, milliseconds timeout) {
  std::unique_ptr<rd_kafka_ConfigResource_t, RdDeleter<rd_kafka_ConfigResource_destroy>> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  auto event = run(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, [&](const auto* options, auto* queue) {
    auto* one = resource.get();
    rd_kafka_DescribeConfigs(rk(), &one, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto code = rd_kafka_ConfigResource_error(resources[i]); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* text = rd_kafka_ConfigResource_error_string(resources[i]);
      return error_of(code, text != nullptr ? text : rd_kafka_err2str(code));
    }
    std::size_t entries = 0;
    const auto** configs = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t k = 0; k < entries; ++k) {
      const char* value = rd_kafka_ConfigEntry_value(configs[k]);
      out[rd_kafka_ConfigEntry_name(configs[k])] = value != nullptr ? value : "";
    }
  }
  return out;
}

Result<Offsets> RdAdmin::end_offsets(const std::vector<TopicPartition>& partitions, milliseconds timeout) {
  Offsets out;
  if (partitions.empty()) return out;
  auto list = partition_list(partitions.size());
  const auto known_by = Clock::now() + kNewTopic;
  auto code = in_steps(timeout, [&](int step) {
    list = partition_list(partitions.size());
    // The time -1 asks for the end, in one request to each leader.
    for (const TopicPartition& partition : partitions) {
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset =
          RD_KAFKA_OFFSET_END;
    }
    auto whole = rd_kafka_offsets_for_times(rk(), list.get(), std::max(step, 1000));
    auto later = [&](rd_kafka_resp_err_t one) {
      const bool unknown = one == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || one == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                           one == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
      return one != RD_KAFKA_RESP_ERR_NO_ERROR && (error_of(one).retriable || (unknown && Clock::now() < known_by));
    };
    // A partition whose leader is being elected, or not known here yet, is asked for again.
    for (int i = 0; whole == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; ++i) {
      if (later(list->elems[i].err)) whole = RD_KAFKA_RESP_ERR__WAIT_COORD;
    }
    if (later(whole)) whole = RD_KAFKA_RESP_ERR__WAIT_COORD;
    if (whole == RD_KAFKA_RESP_ERR__WAIT_COORD) {
      std::this_thread::sleep_for(milliseconds(std::min(step, 50)));
      forget_leaders(step);
    }
    return whole;
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(code, rd_kafka_err2str(code));
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failed(entry.err, name_of({entry.topic, entry.partition}) + ": " + rd_kafka_err2str(entry.err));
    }
    out[{entry.topic, entry.partition}] = entry.offset;
  }
  return out;
}

Result<Offsets> RdAdmin::try_group_offsets(const std::string& group, milliseconds timeout) {
  std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, RdDeleter<rd_kafka_ListConsumerGroupOffsets_destroy>> request(
      rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  auto event = run(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout, [&](const auto* options, auto* queue) {
    auto* one = request.get();
    rd_kafka_ListConsumerGroupOffsets(rk(), &one, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event->get()), &count);
  Offsets out;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* error = rd_kafka_group_result_error(groups[i])) {
      if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) continue;
      return error_of(error);
    }
    const auto* list = rd_kafka_group_result_partitions(groups[i]);
    for (int k = 0; list != nullptr && k < list->cnt; ++k) {
      const auto& entry = list->elems[k];
      if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(entry.err);
      if (entry.offset >= 0) out[{entry.topic, entry.partition}] = entry.offset;
    }
  }
  return out;
}

/// The outcome for one group: its own error, else the first of its partitions.
Result<void> outcome_of(const rd_kafka_group_result_t* const* groups, std::size_t count) {
  auto told = [](Error error, rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || code == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP ||
        code == RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC) {
      error.code = Errc::kConflict;
    }
    return error;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* error = rd_kafka_group_result_error(groups[i]))
      return told(error_of(error), rd_kafka_error_code(error));
    const auto* list = rd_kafka_group_result_partitions(groups[i]);
    for (int k = 0; list != nullptr && k < list->cnt; ++k) {
      const auto& entry = list->elems[k];
      if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return told(error_of(entry.err, name_of({entry.topic, entry.partition}) + ": " + rd_kafka_err2str(entry.err)),
                    entry.err);
      }
    }
  }
  return {};
}

Result<void> RdAdmin::try_alter_group_offsets(const std::string& group, const Offsets& offsets, milliseconds timeout) {
  if (offsets.empty()) return {};
  auto list = partition_list(offsets.size());
  for (const auto& [partition, offset] : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = offset;
  }
  std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t, RdDeleter<rd_kafka_AlterConsumerGroupOffsets_destroy>> request(
      rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get()));
  auto event = run(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout, [&](const auto* options, auto* queue) {
    auto* one = request.get();
    rd_kafka_AlterConsumerGroupOffsets(rk(), &one, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event->get()), &count);
  return outcome_of(groups, count);
}

Result<void> RdAdmin::try_delete_group_offsets(const std::string& group, const std::vector<TopicPartition>& partitions,
                                               milliseconds timeout) {
  if (partitions.empty()) return {};
  auto list = partition_list(partitions.size());
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  }
  std::unique_ptr<rd_kafka_DeleteConsumerGroupOffsets_t, RdDeleter<rd_kafka_DeleteConsumerGroupOffsets_destroy>>
      request(rd_kafka_DeleteConsumerGroupOffsets_new(group.c_str(), list.get()));
  auto event = run(RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, timeout, [&](const auto* options, auto* queue) {
    auto* one = request.get();
    rd_kafka_DeleteConsumerGroupOffsets(rk(), &one, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** groups = rd_kafka_DeleteConsumerGroupOffsets_result_groups(
      rd_kafka_event_DeleteConsumerGroupOffsets_result(event->get()), &count);
  if (count == 1 && rd_kafka_group_result_error(groups[0]) != nullptr &&
      rd_kafka_error_code(rd_kafka_group_result_error(groups[0])) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
    return {};
  }
  return outcome_of(groups, count);
}

Result<void> RdAdmin::try_delete_group(const std::string& group, milliseconds timeout) {
  std::unique_ptr<rd_kafka_DeleteGroup_t, RdDeleter<rd_kafka_DeleteGroup_destroy>> request(
      rd_kafka_DeleteGroup_new(group.c_str()));
  auto event = run(RD_KAFKA_ADMIN_OP_DELETEGROUPS, timeout, [&](const auto* options, auto* queue) {
    auto* one = request.get();
    rd_kafka_DeleteGroups(rk(), &one, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** groups = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event->get()), &count);
  if (count == 1 && rd_kafka_group_result_error(groups[0]) != nullptr &&
      rd_kafka_error_code(rd_kafka_group_result_error(groups[0])) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) {
    return {};
  }
  return outcome_of(groups, count);
}

/// A producer that begins with the id of another one fences it; it does not live longer than that.
Result<void> RdAdmin::fence_producers(const std::vector<std::string>& transactional_ids, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (const std::string& id : transactional_ids) {
    ClientConfig config = config_;
    config["transactional.id"] = id;
    auto producer = make_rd_producer(config, log_);
    if (!producer) return producer.error();
    auto left = std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds(1));
    if (auto done = (*producer)->init_transactions(left); !done) return done.error();
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<Admin>> make_rd_admin(const ClientConfig& config, ClientLog log) {
  auto settings = translate(ClientKind::kAdmin, config);
  if (!settings) return settings.error();
  // A consumer handle, because only that one may ask for read_uncommitted end offsets.
  settings->properties.erase("message.send.max.retries");
  auto handle = Handle::create(RD_KAFKA_CONSUMER, *settings, log, [](rd_kafka_conf_t* configuration) {
    rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_ERROR);
  });
  if (!handle) return handle.error();
  return std::shared_ptr<Admin>(std::make_shared<RdAdmin>(std::move(*handle), config, std::move(log)));
}

}  // namespace millrace::kafka
