#include "kafka/rdkafka/handle.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace millrace::kafka {
namespace {

constexpr auto kSameLineEvery = std::chrono::seconds(30);

void log_callback(const rd_kafka_t* rk, int level, const char* facility, const char* text) {
  if (void* opaque = rd_kafka_opaque(rk)) static_cast<Handle*>(opaque)->state().on_log(level, facility, text);
}

int socket_callback(int /*domain*/, int /*type*/, int /*protocol*/, void* opaque) {
  return static_cast<Handle*>(opaque)->relay()->make_socket();
}

int connect_callback(int socket, const struct sockaddr* /*address*/, int /*size*/, const char* name, void* opaque) {
  return static_cast<Handle*>(opaque)->relay()->connect(socket, name);
}

}  // namespace

void ConnectionState::log(ClientLogLevel level, const std::string& text) const {
  if (log_) log_(level, client_.empty() ? text : text + " client=" + client_);
}

void ConnectionState::on_log(int level, const char* facility, const char* text) {
  std::string_view name(facility);
  // Failed attempts come as errors as well, and are said once there.
  if (name == "FAIL" || name == "ERROR" || name == "CONFWARN" || name == "MAXPOLL") return;
  if (level > 4) return;
  {
    std::lock_guard lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    auto [it, first] = logged_at_.try_emplace(std::string(name), now);
    if (!first && now - it->second < kSameLineEvery) return;
    it->second = now;
  }
  log(level <= 3 ? ClientLogLevel::kError : ClientLogLevel::kWarn, std::string("librdkafka ") + facility + ": " + text);
}

void ConnectionState::on_error(rd_kafka_resp_err_t code, const char* text) {
  std::string line;
  ClientLogLevel level = ClientLogLevel::kWarn;
  {
    std::lock_guard lock(mutex_);
    switch (code) {
      case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      case RD_KAFKA_RESP_ERR__SSL:
        troubled_ = true;
        if (refusal_ == text) return;
        refusal_ = text;
        level = ClientLogLevel::kError;
        line = std::string("Kafka connection refused: ") + text;
        break;
      case RD_KAFKA_RESP_ERR__TRANSPORT:
      case RD_KAFKA_RESP_ERR__RESOLVE:
      case RD_KAFKA_RESP_ERR__TIMED_OUT: last_attempt_ = text; return;
      case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        if (down_) return;
        down_ = true;
        troubled_ = true;
        line = "no Kafka broker can be reached, trying again until one can: " +
               (last_attempt_.empty() ? std::string(text) : last_attempt_);
        break;
      default: {
        auto now = std::chrono::steady_clock::now();
        auto [it, first] = logged_at_.try_emplace(rd_kafka_err2name(code), now);
        if (!first && now - it->second < kSameLineEvery) return;
        it->second = now;
        line = text;
      }
    }
  }
  log(level, line);
}

void ConnectionState::recovered() {
  {
    std::lock_guard lock(mutex_);
    if (!troubled_) return;
    troubled_ = false;
    down_ = false;
    refusal_.clear();
    last_attempt_.clear();
  }
  log(ClientLogLevel::kInfo, "the Kafka brokers answer again");
}

std::optional<std::string> ConnectionState::refusal() const {
  if (!troubled_.load(std::memory_order_relaxed)) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (refusal_.empty()) return std::nullopt;
  return refusal_;
}

std::string ConnectionState::trouble() const {
  std::lock_guard lock(mutex_);
  return !refusal_.empty() ? refusal_ : last_attempt_;
}

Result<std::unique_ptr<Handle>> Handle::configure(const Settings& settings, ClientLog log) {
  std::unique_ptr<Handle> handle(new Handle());
  auto id = settings.properties.find("client.id");
  handle->state_ = std::make_unique<ConnectionState>(std::move(log), id == settings.properties.end() ? "" : id->second);
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  handle->configuration_ = configuration;
  std::array<char, 512> why{};
  auto set = [&](const char* name, const char* value) {
    return rd_kafka_conf_set(configuration, name, value, why.data(), why.size()) == RD_KAFKA_CONF_OK;
  };
  for (const auto& [name, value] : settings.properties) {
    if (!set(name.c_str(), value.c_str()))
      return Error{Errc::kInvalid, std::string("Kafka client: ") + why.data(), false, {}, {}, 0};
  }
  if (!settings.certificate_chain_pem.empty()) {
    handle->chain_file_ = memfd_create("certificates", MFD_CLOEXEC);
    const std::string& pem = settings.certificate_chain_pem;
    if (handle->chain_file_ < 0 ||
        write(handle->chain_file_, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size())) {
      return Error{Errc::kIo, std::string("cannot keep the client's certificate chain: ") + std::strerror(errno),
                   true,      {},
                   {},        0};
    }
    std::string path = "/proc/self/fd/" + std::to_string(handle->chain_file_);
    if (!set("ssl.certificate.location", path.c_str())) return Error{Errc::kInvalid, why.data(), false, {}, {}, 0};
  }
  if (auto it = settings.properties.find("sasl.username"); it != settings.properties.end())
    handle->username_ = it->second;
  if (auto it = settings.properties.find("sasl.password"); it != settings.properties.end())
    handle->password_ = it->second;
  rd_kafka_conf_set_opaque(configuration, handle.get());
  rd_kafka_conf_set_log_cb(configuration, log_callback);
  if (settings.relayed_login) {
    handle->relay_ = std::make_unique<Relay>(
        settings.relayed_login, id == settings.properties.end() ? "rdkafka" : id->second,
        [state = handle->state_.get()](const Error& error) {
          const bool refused = error.code == Errc::kForbidden;
          state->on_error(refused ? RD_KAFKA_RESP_ERR__AUTHENTICATION : RD_KAFKA_RESP_ERR__TRANSPORT,
                          error.text.c_str());
        });
    rd_kafka_conf_set_socket_cb(configuration, socket_callback);
    rd_kafka_conf_set_connect_cb(configuration, connect_callback);
  }
  for (const std::string& notice : settings.notices) handle->state_->log(ClientLogLevel::kWarn, notice);
  return handle;
}

Result<void> Handle::start(rd_kafka_type_t type) {
  std::array<char, 512> why{};
  rk_ = rd_kafka_new(type, configuration_, why.data(), why.size());
  if (rk_ == nullptr) return Error{Errc::kInvalid, std::string("Kafka client: ") + why.data(), false, {}, {}, 0};
  configuration_ = nullptr;  // librdkafka's now
  return {};
}

void Handle::wake_brokers() { RdError never(rd_kafka_sasl_set_credentials(rk_, username_.c_str(), password_.c_str())); }

Handle::~Handle() {
  if (rk_ != nullptr) rd_kafka_destroy_flags(rk_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  relay_.reset();
  if (configuration_ != nullptr) rd_kafka_conf_destroy(configuration_);
  if (chain_file_ >= 0) close(chain_file_);
}

namespace {

/// What Kafka's Java clients call it below org.apache.kafka.common, for traces; nullptr for what only this client has.
const char* java_exception_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE: return "errors.RecordTooLargeException";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return "InvalidRecordException";
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return "errors.InvalidTopicException";
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return "errors.UnknownTopicOrPartitionException";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR: return "errors.InvalidReplicationFactorException";
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS: return "errors.InvalidPartitionsException";
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG: return "errors.InvalidConfigurationException";
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return "errors.PolicyViolationException";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return "errors.TopicAuthorizationException";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return "errors.GroupAuthorizationException";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return "errors.ClusterAuthorizationException";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return "errors.TransactionalIdAuthorizationException";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: return "errors.SaslAuthenticationException";
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED: return "errors.ProducerFencedException";
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH: return "errors.InvalidProducerEpochException";
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return "errors.FencedInstanceIdException";
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE: return "errors.TimeoutException";
    default: return nullptr;
  }
}

}  // namespace

Error error_of(rd_kafka_resp_err_t code, std::string text) {
  Error error{Errc::kKafka, std::move(text), false, {}, {}, 0};
  if (const char* exception = java_exception_of(code); exception != nullptr) {
    error.trace = "org.apache.kafka.common." + std::string(exception) + ": " + error.text;
  }
  switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
      error.code = Errc::kTimeout;
      error.retriable = true;
      break;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: error.code = Errc::kFenced; break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED: error.code = Errc::kForbidden; break;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS: error.retriable = true; break;
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      error.code = Errc::kInvalid;
      error.retriable = true;  // more brokers may join
      break;
    default: break;
  }
  return error;
}

Error error_of(rd_kafka_resp_err_t code) { return error_of(code, rd_kafka_err2str(code)); }

Error error_of(const rd_kafka_error_t* error) {
  Error out = error_of(rd_kafka_error_code(error), rd_kafka_error_string(error));
  if (rd_kafka_error_is_retriable(error) != 0) out.retriable = true;
  if (rd_kafka_error_is_fatal(error) != 0 && out.code == Errc::kKafka) out.retriable = false;
  return out;
}

RdPartitions partition_list(std::size_t capacity) {
  return RdPartitions(rd_kafka_topic_partition_list_new(static_cast<int>(capacity)));
}

std::string name_of(const TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

int to_millis(std::chrono::milliseconds timeout) {
  return static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, 2147483647));
}

}  // namespace millrace::kafka
