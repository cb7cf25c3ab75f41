#include "kafka/rdkafka/settings.h"

#include <librdkafka/rdkafka.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "base/regex.h"
#include "kafka/rdkafka/settings_table.h"
#include "kafka/security.h"

namespace millrace::kafka {
namespace {

// Ours where the user gives none. A short queue stays in the processor's cache and bounds memory; the numbers come from
// measuring, see bench/README.md.
constexpr std::int64_t kDefaultBufferBytes = 16 * 1024 * 1024;
constexpr std::int64_t kDefaultFetchBytes = 2 * 1024 * 1024;
constexpr std::int64_t kMostMetadataAgeMs = 5000;
constexpr std::int64_t kJavaMaxRequestBytes = 1048576;
constexpr std::int64_t kJavaLingerMs = 5;
constexpr std::int64_t kJavaRequestTimeoutMs = 30000;
constexpr std::int64_t kJavaSessionTimeoutMs = 45000;
constexpr std::int64_t kJavaHeartbeatMs = 3000;
/// Older ones repeat the client's nonce in the last SCRAM message, which brokers from 3.9 on refuse (CVE-2024-56128).
constexpr int kScramFixed = 0x020601ff;
constexpr std::int64_t kProtocolSlackBytes = 64 * 1024;

Error invalid(std::string text) {
  Error error{Errc::kInvalid, std::move(text), false, {}, {}, 0};
  error.trace = "org.apache.kafka.common.config.ConfigException: " + error.text;
  return error;
}

std::string trimmed(std::string_view value) {
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
  return std::string(value);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// "by_duration:" and what java.time.Duration reads, not negative.
bool is_duration(const std::string& text) {
  static const auto* kPattern = new Result<base::Regex>(base::Regex::compile(
      R"((?i)by_duration:\+?P(?=.)(\+?\d+D)?(T(?=.)(\+?\d+H)?(\+?\d+M)?(\+?\d+([.,]\d{0,9})?S)?)?)"));
  if (!kPattern->ok()) return false;
  const Result<bool> matched = (*kPattern)->matches(text);
  return matched.ok() && *matched;
}

Error bad_value(std::string_view key, const std::string& value, std::string_view rule) {
  return invalid("Invalid value " + value + " for configuration " + std::string(key) + ": " + std::string(rule));
}

Result<std::int64_t> number(std::string_view key, const std::string& value) {
  std::int64_t out = 0;
  const char* begin = value.data() + (value.starts_with('+') ? 1 : 0);
  auto [end, failure] = std::from_chars(begin, value.data() + value.size(), out);
  if (failure != std::errc() || end != value.data() + value.size())
    return bad_value(key, value, "Not a number of type LONG");
  return out;
}

bool one_of(std::string_view value, std::string_view choices) {
  while (!choices.empty()) {
    auto bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
  return false;
}

std::vector<std::string> list(const std::string& text) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    auto comma = std::min(text.find(',', begin), text.size());
    std::string item = trimmed(std::string_view(text).substr(begin, comma - begin));
    if (!item.empty()) out.push_back(std::move(item));
    begin = comma + 1;
  }
  return out;
}

/// "host:port" of one entry of bootstrap.servers, which may have a protocol in front. Errors: Java's sentences.
Result<std::string> server(const std::string& url) {
  const auto is_host = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-%._:").find(static_cast<char>(c)) != std::string_view::npos;
  };
  const Error malformed = invalid("Invalid url in bootstrap.servers: " + url);
  const auto scheme = url.find("://");
  const std::string address = scheme == std::string::npos ? url : url.substr(scheme + 3);
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return malformed;
  std::string_view host = std::string_view(address).substr(0, colon);
  const std::string_view digits = std::string_view(address).substr(colon + 1);
  if (host.starts_with('[')) host.remove_prefix(1);
  if (host.ends_with(']')) host.remove_suffix(1);
  if (digits.empty() ||
      !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; }) ||
      !std::all_of(host.begin(), host.end(), is_host)) {
    return malformed;
  }
  int port = 65536;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (port > 65535) return invalid("Invalid port in bootstrap.servers: " + url);
  return address;
}

class Translator {
 public:
  Translator(ClientKind kind, const ClientConfig& config) : kind_(kind), config_(config) {}

  Result<Settings> run() {
    start_from_our_defaults();
    for (const SettingRow& row : setting_table()) {
      if ((row.kinds & static_cast<std::uint8_t>(kind_)) == 0) continue;
      auto it = config_.find(std::string(row.key));
      if (it == config_.end()) continue;
      if (auto done = apply(row, trimmed(it->second)); !done) return done.error();
    }
    if (auto done = emulate(); !done) return done.error();
    if (auto done = secure(); !done) return done.error();
    return std::move(out_);
  }

 private:
  std::string get(const std::string& key) const {
    auto it = config_.find(key);
    return it == config_.end() ? std::string() : trimmed(it->second);
  }
  void set(const std::string& property, std::string value) { out_.properties[property] = std::move(value); }
  void notice(std::string_view key, const std::string& why) {
    out_.notices.push_back("setting " + std::string(key) + " of the " + std::string(name_of(kind_)) +
                           " cannot be honoured: " + why);
  }
  Result<std::optional<std::int64_t>> number_of(const std::string& key) const {
    std::string value = get(key);
    if (value.empty()) return std::optional<std::int64_t>();
    auto parsed = number(key, value);
    if (!parsed) return parsed.error();
    return std::optional<std::int64_t>(*parsed);
  }

  void start_from_our_defaults() {
    set("log.connection.close", "false");
    set("socket.keepalive.enable", "true");
    set("socket.nagle.disable", "true");
    set("reconnect.backoff.ms", "50");
    set("reconnect.backoff.max.ms", "1000");
    set("connections.max.idle.ms", "540000");
    if (kind_ == ClientKind::kProducer) {
      set("sticky.partitioning.linger.ms", "0");  // RdProducer chooses the partitions
      set("linger.ms", "5");
      set("batch.size", "262144");
      set("batch.num.messages", "1000000");
      // Our producer bounds its queue itself; librdkafka's own bounds must never be what stops it.
      set("queue.buffering.max.messages", "0");
      set("queue.buffering.max.kbytes", "2097151");
      // A topic that does not exist yet is waited for, as with max.block.ms without limit. librdkafka counts this in 32 bits of
      // microseconds: more than 2147483 ms is less than nothing.
      set("topic.metadata.propagation.max.ms", "2147000");
      set("acks", "all");
      set("enable.idempotence", "true");
    } else {
      set("enable.auto.commit", "false");
      set("enable.auto.offset.store", "false");
      set("enable.partition.eof", "true");
      set("isolation.level", "read_uncommitted");
    }
    if (kind_ == ClientKind::kConsumer) {
      set("allow.auto.create.topics", "true");
      set("auto.offset.reset", "latest");
      set("check.crcs", "true");
      set("partition.assignment.strategy", "range");
      // Fetched ahead, over all partitions. RdConsumer wakes the brokers' threads when half is taken, so no more is needed
      // than what a sink takes during one fetch; more only costs memory and the processor's cache. A fetch is unpacked
      // as a whole, which takes several times its bytes: with Java's 50 MB the memory grows with the partitions.
      set("queued.min.messages", "10000");
      set("queued.max.messages.kbytes", "4096");
      set("fetch.max.bytes", std::to_string(kDefaultFetchBytes));
      set("fetch.error.backoff.ms", "20");
    }
  }

  Result<void> apply(const SettingRow& row, const std::string& value) {
    if (row.treatment == Treatment::kUnsupported) {
      if (!value.empty() && !one_of(value, row.choices)) notice(row.key, std::string(row.detail));
      return {};
    }
    if (row.treatment != Treatment::kMapped || value.empty()) return {};
    const std::string target(row.detail);
    switch (row.conversion) {
      case Conversion::kText: set(target, value); return {};
      case Conversion::kLower:
        if (!one_of(lower(value), row.choices)) {
          std::string choices(row.choices);
          for (std::size_t bar = 0; (bar = choices.find('|', bar)) != std::string::npos;) choices.replace(bar, 1, ", ");
          return bad_value(row.key, value, "String must be one of: " + choices);
        }
        set(target, lower(value));
        return {};
      case Conversion::kBoolean:
        if (std::string text = lower(value); text == "true" || text == "false") {
          set(target, text);
          return {};
        }
        return bad_value(row.key, value, "Expected value to be either true or false");
      case Conversion::kNumber: {
        auto parsed = number(row.key, value);
        if (!parsed) return parsed.error();
        set(target, std::to_string(std::clamp(*parsed, row.low, row.high)));
        return {};
      }
      case Conversion::kDeliveryTimeout: {
        auto parsed = number(row.key, value);
        if (!parsed) return parsed.error();
        bool unlimited = *parsed >= 2147483647;
        set(target, unlimited ? "0" : std::to_string(std::max<std::int64_t>(*parsed, 1)));
        return {};
      }
      case Conversion::kServers: {
        std::string joined;
        for (const std::string& url : list(value)) {
          auto address = server(url);
          if (!address) return address.error();
          joined += (joined.empty() ? "" : ",") + *address;
        }
        set(target, joined);
        return {};
      }
      case Conversion::kOffsetReset: {
        std::string text = lower(value);
        if (is_duration(text)) {
          notice(row.key, "librdkafka does not reset by duration; earliest is used, so that no record is left out");
          text = "earliest";
        } else if (text != "earliest" && text != "latest" && text != "none") {
          return bad_value(row.key, value,
                           "Invalid value `" + value +
                               "` for configuration auto.offset.reset. The value must be either 'earliest', 'latest', "
                               "'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.");
        }
        set(target, text == "none" ? "error" : text);
        return {};
      }
    }
    return {};
  }

  Result<void> emulate() {
    if (auto done = look_for_leaders_often(); !done) return done;
    if (kind_ == ClientKind::kProducer) return emulate_producer();
    if (kind_ == ClientKind::kConsumer) return emulate_consumer();
    return {};
  }

  /// Java's clients look for new leaders when a connection fails. librdkafka 2.0 does so when it loses one that it had: of a
  /// leader that was gone before, it learns with the next regular look, which may be five minutes away.
  Result<void> look_for_leaders_often() {
    auto age = number_of("metadata.max.age.ms");
    if (!age) return age.error();
    const std::int64_t most = age->value_or(kMostMetadataAgeMs);
    set("topic.metadata.refresh.interval.ms", std::to_string(std::clamp<std::int64_t>(most, 10, kMostMetadataAgeMs)));
    return {};
  }

  Result<void> emulate_producer() {
    auto buffer = number_of("buffer.memory");
    if (!buffer) return buffer.error();
    out_.buffer_bytes = std::max<std::int64_t>(buffer->value_or(kDefaultBufferBytes), 1);
    auto request = number_of("max.request.size");
    if (!request) return request.error();
    out_.max_request_bytes = std::max<std::int64_t>(request->value_or(kJavaMaxRequestBytes), 0);
    // librdkafka's limit is checked after ours and counts differently, so it only has to be no smaller.
    set("message.max.bytes",
        std::to_string(std::clamp<std::int64_t>(
            std::max(out_.max_request_bytes, kJavaMaxRequestBytes) + kProtocolSlackBytes, 1000, 1000000000)));
    auto linger = number_of("linger.ms");
    if (!linger) return linger.error();
    if (*linger) out_.linger = std::chrono::milliseconds(**linger);
    auto timeout = number_of("request.timeout.ms");
    if (!timeout) return timeout.error();
    if (*timeout) set("request.timeout.ms", std::to_string(std::clamp<std::int64_t>(**timeout, 1, 900000)));
    auto delivery = number_of("delivery.timeout.ms");
    if (!delivery) return delivery.error();
    if (*delivery && **delivery < linger->value_or(kJavaLingerMs) + timeout->value_or(kJavaRequestTimeoutMs))
      return invalid("delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms");
    std::string codec = out_.properties.contains("compression.type") ? out_.properties["compression.type"] : "none";
    auto level = number_of("compression." + codec + ".level");
    if (!level) return level.error();
    if (*level) set("compression.level", std::to_string(std::clamp<std::int64_t>(**level, -1, 12)));

    bool transactional = !get("transactional.id").empty();
    if (!transactional) {
      std::string acks = out_.properties["acks"];
      auto in_flight = number_of("max.in.flight.requests.per.connection");
      auto retries = number_of("retries");
      if (!in_flight) return in_flight.error();
      if (!retries) return retries.error();
      // On by default, and off when another setting speaks against it: ProducerConfig.postProcessAndValidateIdempotence.
      std::string_view obstacle;
      if (retries->value_or(1) == 0) {
        obstacle = "Must set retries to non-zero when using the idempotent producer.";
      } else if (acks != "all" && acks != "-1") {
        obstacle =
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.";
      } else if (in_flight->value_or(5) > 5) {
        obstacle = "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.";
      }
      if (!obstacle.empty()) {
        if (lower(get("enable.idempotence")) == "true") return invalid(std::string(obstacle));
        set("enable.idempotence", "false");
      }
    } else {
      if (lower(get("enable.idempotence")) == "false")
        return invalid("Cannot set a transactional.id without also enabling idempotence.");
      set("enable.idempotence", "true");
      if (get("max.in.flight.requests.per.connection").empty()) set("max.in.flight.requests.per.connection", "5");
      limit_delivery_to_transaction();
    }
    if (out_.properties["enable.idempotence"] == "true" && get("max.in.flight.requests.per.connection").empty()) {
      set("max.in.flight.requests.per.connection", "5");
    }
    return emulate_partitioner();
  }

  /// librdkafka refuses a delivery timeout beyond the transaction's.
  void limit_delivery_to_transaction() {
    auto given = number_of("transaction.timeout.ms");
    std::int64_t transaction = given && *given ? **given : 60000;
    auto it = out_.properties.find("message.timeout.ms");
    if (it == out_.properties.end()) return;
    std::int64_t delivery = number("delivery.timeout.ms", it->second).value();
    if (delivery == 0 || delivery > transaction) it->second = std::to_string(transaction);
  }

  Result<void> emulate_partitioner() {
    auto batch = number_of("batch.size");
    if (!batch) return batch.error();
    if (*batch) out_.sticky_bytes = std::max<std::int64_t>(1, **batch);
    if (lower(get("partitioner.ignore.keys")) == "true") out_.partitioning = Partitioning::kSticky;
    std::string name = get("partitioner.class");
    if (name.empty()) return {};
    std::string simple = name.substr(name.rfind('.') + 1);
    if (simple == "RoundRobinPartitioner") {
      out_.partitioning = Partitioning::kRoundRobin;
    } else if (simple == "UniformStickyPartitioner") {
      out_.partitioning = Partitioning::kSticky;
    } else if (simple != "DefaultPartitioner") {
      notice("partitioner.class", name + " is a Java class; Kafka's default partitioner is used");
    }
    return {};
  }

  Result<void> emulate_consumer() {
    if (config_.contains("group.id") && get("group.id").empty())
      return invalid("The configured group.id should not be an empty string or whitespace.");
    auto session_timeout = number_of("session.timeout.ms");
    if (!session_timeout) return session_timeout.error();
    auto heartbeat = number_of("heartbeat.interval.ms");
    if (!heartbeat) return heartbeat.error();
    if (heartbeat->value_or(kJavaHeartbeatMs) >= session_timeout->value_or(kJavaSessionTimeoutMs))
      return invalid("Heartbeat must be set lower than the session timeout");
    auto records = number_of("max.poll.records");
    if (!records) return records.error();
    if (*records && **records < 1)
      return bad_value("max.poll.records", get("max.poll.records"), "Value must be at least 1");
    if (*records) out_.max_poll_records = static_cast<std::int32_t>(std::min<std::int64_t>(**records, 1000000));
    auto age = number_of("metadata.max.age.ms");
    if (!age) return age.error();
    if (*age) out_.metadata_max_age = std::chrono::milliseconds(**age);
    out_.auto_offset_reset = out_.properties["auto.offset.reset"];
    std::int64_t fetch = number("fetch.max.bytes", out_.properties["fetch.max.bytes"]).value();
    if (get("fetch.max.bytes").empty()) {
      auto partition = number_of("max.partition.fetch.bytes");
      if (!partition) return partition.error();
      fetch = std::max(fetch, std::min<std::int64_t>(partition->value_or(0), 1000000000));
      set("fetch.max.bytes", std::to_string(fetch));
    }
    // librdkafka wants room for one full fetch.
    set("receive.message.max.bytes", std::to_string(std::max<std::int64_t>(100000000, fetch + 512)));
    auto wait = number_of("fetch.max.wait.ms");
    if (!wait) return wait.error();
    auto timeout = number_of("request.timeout.ms");
    if (!timeout) return timeout.error();
    if (*wait) {
      std::int64_t lowest = std::min<std::int64_t>(**wait, 299000) + 1000;
      if (timeout->value_or(60000) < lowest) set("socket.timeout.ms", std::to_string(lowest));
    }
    std::string session =
        out_.properties.contains("session.timeout.ms") ? out_.properties["session.timeout.ms"] : "45000";
    std::string interval =
        out_.properties.contains("max.poll.interval.ms") ? out_.properties["max.poll.interval.ms"] : "300000";
    if (number("", interval).value() < number("", session).value()) set("max.poll.interval.ms", session);
    emulate_assignors();
    return {};
  }

  /// librdkafka does not mix eager and cooperative assignors in one list, so the first kind wins; Java's default list
  /// (range, cooperative sticky) means range, which Java members of the same group offer too.
  void emulate_assignors() {
    std::vector<std::string> eager;
    std::vector<std::string> cooperative;
    std::optional<bool> cooperative_first;
    for (const std::string& name : list(get("partition.assignment.strategy"))) {
      std::string simple = lower(name.substr(name.rfind('.') + 1));
      if (simple == "rangeassignor" || simple == "range") {
        eager.emplace_back("range");
      } else if (simple == "roundrobinassignor" || simple == "roundrobin") {
        eager.emplace_back("roundrobin");
      } else if (simple == "cooperativestickyassignor" || simple == "cooperative-sticky") {
        cooperative.emplace_back("cooperative-sticky");
      } else {
        notice("partition.assignment.strategy", "assignor " + name + " is not available");
        continue;
      }
      if (!cooperative_first) cooperative_first = !cooperative.empty();
    }
    if (!cooperative_first) return;
    if (*cooperative_first) {
      set("partition.assignment.strategy", "cooperative-sticky");
      if (!eager.empty())
        notice("partition.assignment.strategy",
               "only CooperativeStickyAssignor is offered, not the eager ones beside it");
      return;
    }
    std::string joined;
    for (const std::string& name : eager) joined += (joined.empty() ? "" : ",") + name;
    set("partition.assignment.strategy", joined);
  }

  Result<void> secure() {
    auto security = read_security(config_);
    if (!security) return security.error();
    set("security.protocol",
        security->sasl ? (security->tls ? "sasl_ssl" : "sasl_plaintext") : (security->tls ? "ssl" : "plaintext"));
    if (security->sasl && security->mechanism.starts_with("SCRAM-") && rd_kafka_version() < kScramFixed) {
      set("security.protocol", "plaintext");
      set("socket.nagle.disable", "false");  // the relay's sockets are not TCP; it does so itself
      set("socket.keepalive.enable", "false");
      out_.relayed_login = std::make_shared<const Security>(std::move(*security));
      return {};
    }
    if (security->tls) secure_tls(*security);
    if (security->sasl) return secure_sasl(*security);
    return {};
  }

  void secure_tls(const Security& security) {
    if (!security.ca_pem.empty()) set("ssl.ca.pem", security.ca_pem);
    if (!security.private_key_pem.empty()) {
      set("ssl.key.pem", security.private_key_pem);
      // ssl.certificate.pem takes one certificate; a chain only comes through a file.
      auto first = security.certificate_chain_pem.find("-----BEGIN CERTIFICATE-----");
      bool chain = first != std::string::npos &&
                   security.certificate_chain_pem.find("-----BEGIN CERTIFICATE-----", first + 1) != std::string::npos;
      if (chain)
        out_.certificate_chain_pem = security.certificate_chain_pem;
      else
        set("ssl.certificate.pem", security.certificate_chain_pem);
    }
    set("ssl.endpoint.identification.algorithm", security.verify_host ? "https" : "none");
    cipher_suites();
  }

  void cipher_suites() {
    auto names = list(get("ssl.cipher.suites"));
    if (names.empty()) return;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL");
    STACK_OF(SSL_CIPHER)* known = SSL_CTX_get_ciphers(context.get());
    std::string out;
    for (const std::string& name : names) {
      const char* found = nullptr;
      for (int i = 0; i < sk_SSL_CIPHER_num(known); ++i) {
        const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(known, i);
        const char* standard = SSL_CIPHER_standard_name(cipher);
        bool tls12 = std::string_view(SSL_CIPHER_get_version(cipher)) != "TLSv1.3";
        if (tls12 && ((standard != nullptr && name == standard) || name == SSL_CIPHER_get_name(cipher)))
          found = SSL_CIPHER_get_name(cipher);
      }
      if (found == nullptr)
        notice("ssl.cipher.suites", "suite " + name + " cannot be chosen on its own");
      else
        out += (out.empty() ? "" : ":") + std::string(found);
    }
    if (!out.empty()) set("ssl.cipher.suites", out);
  }

  Result<void> secure_sasl(const Security& security) {
    const std::string& mechanism = security.mechanism;
    set("sasl.mechanisms", mechanism);
    if (mechanism == "PLAIN" || mechanism == "SCRAM-SHA-256" || mechanism == "SCRAM-SHA-512") {
      set("sasl.username", security.jaas.option("username"));
      set("sasl.password", security.jaas.option("password"));
      return {};
    }
    if (mechanism == "OAUTHBEARER") return secure_oauth(security);
    if (mechanism == "GSSAPI") {
      std::string service = get("sasl.kerberos.service.name");
      if (service.empty()) service = security.jaas.option("serviceName");
      if (!service.empty()) set("sasl.kerberos.service.name", service);
      if (auto keytab = security.jaas.option("keyTab"); !keytab.empty()) set("sasl.kerberos.keytab", keytab);
      if (auto principal = security.jaas.option("principal"); !principal.empty())
        set("sasl.kerberos.principal", principal);
      if (auto wait = number_of("sasl.kerberos.min.time.before.relogin"); wait && *wait) {
        set("sasl.kerberos.min.time.before.relogin", std::to_string(std::clamp<std::int64_t>(**wait, 0, kDay)));
      }
      return {};
    }
    return invalid("sasl.mechanism " + mechanism +
                   " is not one of GSSAPI, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER");
  }

  Result<void> secure_oauth(const Security& security) {
    std::string url = get("sasl.oauthbearer.token.endpoint.url");
    if (!url.empty()) {
      std::string id = security.jaas.option("clientId");
      std::string secret = security.jaas.option("clientSecret");
      if (id.empty() || secret.empty())
        return invalid("sasl.jaas.config: mechanism OAUTHBEARER needs the options clientId and clientSecret");
      set("sasl.oauthbearer.method", "oidc");
      set("sasl.oauthbearer.token.endpoint.url", url);
      set("sasl.oauthbearer.client.id", id);
      set("sasl.oauthbearer.client.secret", secret);
      if (auto scope = security.jaas.option("scope"); !scope.empty()) set("sasl.oauthbearer.scope", scope);
      return {};
    }
    std::string subject = security.jaas.option("unsecuredLoginStringClaim_sub");
    if (subject.empty()) {
      return invalid(
          "mechanism OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url, or unsecuredLoginStringClaim_sub in "
          "sasl.jaas.config");
    }
    std::string config = "principal=" + subject;
    if (auto life = security.jaas.option("unsecuredLoginLifetimeSeconds"); !life.empty())
      config += " lifeSeconds=" + life;
    if (auto scope = security.jaas.option("unsecuredLoginListClaim_scope"); !scope.empty()) config += " scope=" + scope;
    set("enable.sasl.oauthbearer.unsecure.jwt", "true");
    set("sasl.oauthbearer.config", config);
    return {};
  }

  static constexpr std::int64_t kDay = 86400000;

  ClientKind kind_;
  const ClientConfig& config_;
  Settings out_;
};

}  // namespace

std::string_view name_of(ClientKind kind) {
  switch (kind) {
    case ClientKind::kProducer: return "producer";
    case ClientKind::kConsumer: return "consumer";
    case ClientKind::kAdmin: return "admin client";
  }
  return "client";
}

Result<Settings> translate(ClientKind kind, const ClientConfig& config) { return Translator(kind, config).run(); }

}  // namespace millrace::kafka
