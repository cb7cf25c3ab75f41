#include "kafka/wire/connection.h"

#include <algorithm>
#include <utility>

#include "kafka/wire/codec.h"
#include "kafka/wire/scram.h"

namespace millrace::kafka::wire {
namespace {

constexpr std::int32_t kLargestAnswer = 100 * 1024 * 1024;
/// Sessions are renewed this much before the broker ends them.
constexpr double kSessionShare = 0.85;

Error failure(Errc code, std::string text, bool retriable) {
  return Error{code, std::move(text), retriable, {}, {}, 0};
}

}  // namespace

Connection::Connection(std::unique_ptr<Socket> socket, Address address, std::string client_id)
    : socket_(std::move(socket)), address_(std::move(address)), client_id_(std::move(client_id)) {}

Result<std::unique_ptr<Connection>> Connection::open(const Address& address, const Security& security,
                                                     const std::string& client_id, Deadline deadline,
                                                     const Cancel& cancel) {
  auto socket = Socket::connect(address, security, deadline, cancel);
  if (!socket) return socket.error();
  std::unique_ptr<Connection> connection(new Connection(std::move(*socket), address, client_id));
  if (auto done = connection->negotiate(deadline); !done) return done.error();
  if (security.sasl) {
    if (auto done = connection->authenticate(security, deadline); !done) return done.error();
  }
  return connection;
}

Result<std::int16_t> Connection::version_of(Api api) const {
  const auto ours = supported(api);
  auto it = apis_.find(static_cast<std::int16_t>(api));
  if (it != apis_.end()) {
    const auto best = std::min(ours.high, it->second.high);
    if (best >= ours.low && best >= it->second.low) return best;
  }
  return failure(Errc::kKafka,
                 "broker " + to_string(address_) + " supports no version of a request that worker membership needs",
                 false);
}

Result<std::string> Connection::call(Api api, std::int16_t version, const std::string& body, Deadline deadline) {
  if (auto sent = begin(api, version, body, deadline); !sent) return sent.error();
  return finish(deadline);
}

Result<bool> Connection::answered(Deadline deadline) { return socket_->readable(deadline); }

Result<void> Connection::begin(Api api, std::int16_t version, const std::string& body, Deadline deadline) {
  const bool flexible = is_flexible(api, version);
  // The answer to ApiVersions has the old header in every version.
  flexible_answer_ = flexible && api != Api::kApiVersions;
  Writer header;
  header.int16(static_cast<std::int16_t>(api));
  header.int16(version);
  header.int32(++correlation_);
  header.string(client_id_);
  if (flexible) header.uvarint(0);
  Writer frame;
  frame.int32(static_cast<std::int32_t>(header.data().size() + body.size()));
  frame.raw(header.data());
  frame.raw(body);
  return socket_->write_all(frame.data(), deadline);
}

Result<std::string> Connection::finish(Deadline deadline) {
  auto head = socket_->read_exactly(4, deadline);
  if (!head) return head.error();
  const std::int32_t size = Reader(*head).int32();
  if (size < 4 || size > kLargestAnswer) {
    return failure(Errc::kIo,
                   "connection to " + to_string(address_) + ": an answer of " + std::to_string(size) + " bytes", true);
  }
  auto answer = socket_->read_exactly(static_cast<std::size_t>(size), deadline);
  if (!answer) return answer.error();
  Reader in(*answer, flexible_answer_ ? Layout::kFlexible : Layout::kFixed);
  if (in.int32() != correlation_)
    return failure(Errc::kIo, "connection to " + to_string(address_) + ": an answer to another request", true);
  in.tags();
  if (!in.ok())
    return failure(Errc::kIo, "connection to " + to_string(address_) + ": an answer that does not parse", true);
  return answer->substr(answer->size() - in.left());
}

Result<void> Connection::negotiate(Deadline deadline) {
  for (std::int16_t version : {std::int16_t{3}, std::int16_t{0}}) {
    auto body = call(Api::kApiVersions, version, api_versions_request(version), deadline);
    if (!body) return body.error();
    auto answer = read_api_versions(*body, version);
    if (!answer) return answer.error();
    if (answer->error == Code::kUnsupportedVersion && version != 0) continue;
    if (answer->error != Code::kNone) return failure(Errc::kKafka, "ApiVersions: " + describe(answer->error), true);
    apis_ = std::move(answer->apis);
    return {};
  }
  return failure(Errc::kKafka, "broker " + to_string(address_) + " does not tell its versions", true);
}

Result<std::string> Connection::exchange(std::string_view token, Deadline deadline) {
  auto version = version_of(Api::kSaslAuthenticate);
  if (!version) return version.error();
  auto body = call(Api::kSaslAuthenticate, *version, sasl_authenticate_request(*version, token), deadline);
  if (!body) return body.error();
  auto answer = read_sasl_authenticate(*body, *version);
  if (!answer) return answer.error();
  if (answer->error != Code::kNone) {
    return failure(Errc::kForbidden, answer->message.empty() ? describe(answer->error) : answer->message, false);
  }
  if (answer->session_lifetime_ms > 0) {
    expires_ = std::chrono::steady_clock::now() +
               std::chrono::milliseconds(
                   static_cast<std::int64_t>(static_cast<double>(answer->session_lifetime_ms) * kSessionShare));
  }
  return answer->token;
}

Result<void> Connection::authenticate(const Security& security, Deadline deadline) {
  const std::string& mechanism = security.mechanism;
  auto body = call(Api::kSaslHandshake, 1, sasl_handshake_request(mechanism), deadline);
  if (!body) return body.error();
  auto answer = read_sasl_handshake(*body);
  if (!answer) return answer.error();
  if (answer->error != Code::kNone) {
    std::string known;
    for (const std::string& name : answer->mechanisms) known += (known.empty() ? "" : ", ") + name;
    return failure(Errc::kForbidden, "the broker has no SASL mechanism " + mechanism + "; it has " + known, false);
  }
  const std::string user = security.jaas.option("username");
  const std::string password = security.jaas.option("password");
  if (mechanism == "PLAIN") {
    auto done = exchange(std::string(1, '\0') + user + std::string(1, '\0') + password, deadline);
    if (!done) return done.error();
    return {};
  }
  if (mechanism == "SCRAM-SHA-256" || mechanism == "SCRAM-SHA-512") {
    ScramClient client(mechanism.ends_with("256") ? ScramHash::kSha256 : ScramHash::kSha512, user, password,
                       ScramClient::make_nonce());
    auto first = exchange(client.first_message(), deadline);
    if (!first) return first.error();
    auto proof = client.final_message(*first);
    if (!proof) return proof.error();
    auto last = exchange(*proof, deadline);
    if (!last) return last.error();
    return client.check(*last);
  }
  return failure(Errc::kInvalid,
                 "sasl.mechanism " + mechanism +
                     " is not supported for worker membership; PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are",
                 false);
}

}  // namespace millrace::kafka::wire
