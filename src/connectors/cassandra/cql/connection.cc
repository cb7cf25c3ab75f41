#include "connectors/cassandra/cql/connection.h"

#include <algorithm>

namespace millrace::cassandra::cql {

namespace {

constexpr std::size_t kMaxOrphans = 256;

bool is_version_refusal(const ServerError& error) {
  return error.code == error_code::kProtocolError &&
         (error.message.find("unsupported protocol version") != std::string::npos ||
          error.message.find("Beta version") != std::string::npos);
}

}  // namespace

std::shared_ptr<Connection> Connection::open(Loop& loop, const Endpoint& endpoint, const ConnectionOptions& options,
                                             Callbacks callbacks) {
  std::shared_ptr<Connection> connection(new Connection(loop, endpoint, options, std::move(callbacks)));
  connection->start();
  return connection;
}

Connection::Connection(Loop& loop, Endpoint endpoint, ConnectionOptions options, Callbacks callbacks)
    : loop_(loop),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      encoder_(FramingOptions{options_.version, Compression::kNone}),
      decoder_(FramingOptions{options_.version, Compression::kNone}) {}

void Connection::start() {
  std::weak_ptr<Connection> weak = weak_from_this();
  Transport::Callbacks callbacks;
  callbacks.connected = [weak] {
    auto self = weak.lock();
    if (!self || self->state_ != State::kConnecting) return;
    self->state_ = State::kHandshake;
    self->last_read_ = Clock::now();
    self->request(Opcode::kOptions, {}, self->options_.connect_timeout, [weak](Outcome outcome) {
      auto me = weak.lock();
      if (!me || me->state_ != State::kHandshake) return;
      if (auto* response = std::get_if<Response>(&outcome)) {
        if (auto* supported = std::get_if<Supported>(response)) return me->send_startup(*supported);
      }
      me->handshake_answer(std::move(outcome));
    });
  };
  callbacks.received = [weak](std::string_view bytes) {
    if (auto self = weak.lock()) self->received(bytes);
  };
  callbacks.closed = [weak](const std::string& reason) {
    if (auto self = weak.lock()) self->lost(reason);
  };
  transport_ = connect_transport(loop_, endpoint_, options_.tls, options_.connect_timeout, std::move(callbacks));
}

void Connection::send_startup(const Supported& supported) {
  std::vector<std::pair<std::string, std::string>> startup{{"CQL_VERSION", "3.0.0"}, {"DRIVER_NAME", "Millrace"}};
  for (const auto& [key, values] : supported.options) {
    if (key != "COMPRESSION" || options_.compression == Compression::kNone) continue;
    const std::string name = options_.compression == Compression::kLz4 ? "lz4" : "snappy";
    if (std::find(values.begin(), values.end(), name) == values.end()) continue;
    compression_ = options_.compression;
    startup.emplace_back("COMPRESSION", name);
  }
  // The answer to STARTUP may be compressed already.
  encoder_ = FrameEncoder(FramingOptions{options_.version, compression_});
  decoder_ = FrameDecoder(FramingOptions{options_.version, compression_});
  std::weak_ptr<Connection> weak = weak_from_this();
  request(Opcode::kStartup, startup_body(startup), options_.connect_timeout, [weak](Outcome outcome) {
    if (auto self = weak.lock()) self->handshake_answer(std::move(outcome));
  });
}

/// Every answer of the hand-shake after SUPPORTED.
void Connection::handshake_answer(Outcome outcome) {
  if (state_ != State::kHandshake) return;
  if (auto* error = std::get_if<CqlError>(&outcome)) return fail_open(*error);
  auto& response = std::get<Response>(outcome);
  const std::string where = endpoint_.text();
  if (auto* error = std::get_if<ServerError>(&response)) {
    if (is_version_refusal(*error)) return fail_open(CqlError(CqlError::Kind::kVersion, error->message));
    if (error->code == error_code::kBadCredentials) {
      return fail_open(CqlError(CqlError::Kind::kAuthentication,
                                "node " + where + " refuses user \"" + options_.user + "\": " + error->message));
    }
    return fail_open(CqlError(*error, "node " + where + " refuses the connection: " + error->message));
  }
  const bool segments = options_.version >= 5;
  if (std::holds_alternative<Ready>(response) || std::holds_alternative<AuthSuccess>(response)) return became_ready();
  if (auto* wanted = std::get_if<Authenticate>(&response)) {
    if (options_.user.empty()) {
      return fail_open(
          CqlError(CqlError::Kind::kAuthentication,
                   "node " + where + " wants a login (" + wanted->authenticator + "): set user name and password"));
    }
    if (segments) encoder_.switch_to(Framing::kSegments);
    // DSE names the mechanism first and takes the credentials on its challenge.
    const bool dse = wanted->authenticator.ends_with("DseAuthenticator");
    auth_sent_ = !dse;
    std::weak_ptr<Connection> weak = weak_from_this();
    request(Opcode::kAuthResponse,
            dse ? Writer().bytes("PLAIN").take() : plain_auth_body(options_.user, options_.password),
            options_.connect_timeout, [weak](Outcome answer) {
              if (auto self = weak.lock()) self->handshake_answer(std::move(answer));
            });
    return;
  }
  if (std::holds_alternative<AuthChallenge>(response) && !auth_sent_) {
    auth_sent_ = true;
    std::weak_ptr<Connection> weak = weak_from_this();
    request(Opcode::kAuthResponse, plain_auth_body(options_.user, options_.password), options_.connect_timeout,
            [weak](Outcome answer) {
              if (auto self = weak.lock()) self->handshake_answer(std::move(answer));
            });
    return;
  }
  fail_open(CqlError(CqlError::Kind::kProtocol,
                     "node " + where + " gives an unexpected answer while the connection is set up"));
}

void Connection::became_ready() {
  if (options_.version >= 5) encoder_.switch_to(Framing::kSegments);
  state_ = State::kReady;
  arm_heartbeat();
  if (callbacks_.opened) callbacks_.opened(nullptr);
  callbacks_.opened = nullptr;
}

void Connection::fail_open(const CqlError& error) {
  if (state_ == State::kClosed) return;
  auto self = shared_from_this();
  const auto opened = std::move(callbacks_.opened);
  callbacks_ = {};
  close("the connection could not be set up");
  if (opened) opened(&error);
}

void Connection::lost(const std::string& reason) {
  if (state_ == State::kClosed) return;
  if (state_ != State::kReady) {
    const bool answered_nothing = state_ == State::kHandshake;
    return fail_open(CqlError(answered_nothing ? CqlError::Kind::kLost : CqlError::Kind::kConnect,
                              "node " + endpoint_.text() + ": " + reason));
  }
  auto self = shared_from_this();
  const auto closed = std::move(callbacks_.closed);
  close(reason);
  if (closed) closed(reason);
}

void Connection::close(const std::string& reason) {
  if (state_ == State::kClosed) return;
  auto self = shared_from_this();
  state_ = State::kClosed;
  callbacks_ = {};
  deadline_timer_.reset();
  heartbeat_timer_.reset();
  if (transport_) transport_->close();
  fail_pending(reason);
}

void Connection::fail_pending(const std::string& reason) {
  auto pending = std::move(pending_);
  pending_.clear();
  deadlines_.clear();
  for (auto& [stream, request] : pending) {
    if (request.done)
      request.done(CqlError(CqlError::Kind::kLost, "connection to node " + endpoint_.text() + " lost: " + reason));
  }
}

std::int16_t Connection::take_stream() {
  if (!free_streams_.empty()) {
    const auto stream = free_streams_.back();
    free_streams_.pop_back();
    return stream;
  }
  return next_stream_ < 32767 ? next_stream_++ : static_cast<std::int16_t>(-1);
}

void Connection::request(Opcode opcode, const std::string& body, std::chrono::milliseconds timeout,
                         std::function<void(Outcome)> done) {
  const std::int16_t stream = state_ == State::kClosed ? static_cast<std::int16_t>(-1) : take_stream();
  if (stream < 0) {
    loop_.post([done = std::move(done), where = endpoint_.text()] {
      done(CqlError(CqlError::Kind::kLost, "connection to node " + where + " is closed"));
    });
    return;
  }
  const auto deadline = deadlines_.emplace(Clock::now() + timeout, stream);
  pending_.emplace(stream, Pending{std::move(done), deadline, timeout});
  arm_deadline();
  transport_->write(encoder_.encode(stream, opcode, body));
}

void Connection::arm_deadline() {
  if (deadlines_.empty() || state_ == State::kClosed) {
    deadline_timer_.reset();
    return;
  }
  const auto first = deadlines_.begin()->first;
  if (deadline_timer_ && armed_for_ <= first) return;  // it fires early at worst, and looks again
  armed_for_ = first;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now());
  deadline_timer_ = loop_.after(std::max(wait, std::chrono::milliseconds(1)), [this] {
    auto self = shared_from_this();
    expire();
  });
}

void Connection::expire() {
  deadline_timer_.reset();
  const auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto stream = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    auto& request = pending_.at(stream);
    request.deadline = deadlines_.end();
    const auto done = std::move(request.done);
    request.done = nullptr;
    ++orphans_;
    if (done) {
      done(CqlError(CqlError::Kind::kTimeout, "node " + endpoint_.text() + " does not answer within " +
                                                  std::to_string(request.timeout.count()) + " ms"));
    }
    if (state_ == State::kClosed) return;
  }
  if (orphans_ > kMaxOrphans) return lost("more than " + std::to_string(kMaxOrphans) + " requests were never answered");
  arm_deadline();
}

void Connection::arm_heartbeat() {
  heartbeat_timer_ = loop_.after(options_.heartbeat_interval, [this] {
    auto self = shared_from_this();
    if (Clock::now() - last_read_ < options_.heartbeat_interval) return arm_heartbeat();
    std::weak_ptr<Connection> weak = self;
    request(Opcode::kOptions, {}, options_.heartbeat_timeout, [weak](Outcome outcome) {
      auto me = weak.lock();
      if (!me || !me->ready()) return;
      if (std::holds_alternative<CqlError>(outcome)) return me->lost("the heartbeat was not answered");
      me->arm_heartbeat();
    });
  });
}

void Connection::received(std::string_view bytes) {
  if (state_ == State::kClosed) return;
  auto self = shared_from_this();
  last_read_ = Clock::now();
  try {
    decoder_.feed(bytes);
    while (state_ != State::kClosed) {
      auto frame = decoder_.next();
      if (!frame) return;
      // v5: the answers to STARTUP are the last ones without segments; the next byte belongs to one.
      if (options_.version >= 5 && frame->version == options_.version &&
          (frame->opcode == Opcode::kReady || frame->opcode == Opcode::kAuthenticate) && state_ == State::kHandshake) {
        decoder_.switch_to(Framing::kSegments);
      }
      handle(std::move(*frame));
    }
  } catch (const WireError& error) {
    lost(std::string("its bytes cannot be understood: ") + error.what());
  }
}

void Connection::handle(Frame frame) {
  if (callbacks_.warning) {
    for (const auto& warning : frame.warnings) callbacks_.warning(warning);
  }
  const std::int16_t stream = frame.stream;
  const bool is_error = frame.opcode == Opcode::kError;
  Outcome outcome = [&]() -> Outcome {
    try {
      return decode_response(std::move(frame));
    } catch (const WireError& error) {
      if (stream < 0) throw;
      return CqlError(CqlError::Kind::kProtocol,
                      "an answer of node " + endpoint_.text() + " cannot be understood: " + error.what());
    }
  }();
  if (stream < 0) {
    if (const auto* event = std::get_if<Event>(&std::get<Response>(outcome))) {
      if (callbacks_.event) callbacks_.event(*event);
      return;
    }
    if (is_error) throw WireError(std::get<ServerError>(std::get<Response>(outcome)).message);
    return;
  }
  const auto found = pending_.find(stream);
  if (found == pending_.end()) {
    // An error on stream 0 that nobody asked for answers a frame the server could not read.
    if (is_error) {
      const auto* response = std::get_if<Response>(&outcome);
      const auto* error = response != nullptr ? std::get_if<ServerError>(response) : nullptr;
      throw WireError(error != nullptr ? error->message : "an error that belongs to no request");
    }
    throw WireError("an answer to stream " + std::to_string(stream) + ", which has no request");
  }
  const auto done = std::move(found->second.done);
  if (found->second.deadline != deadlines_.end()) {
    deadlines_.erase(found->second.deadline);
  } else {
    --orphans_;
  }
  pending_.erase(found);
  free_streams_.push_back(stream);
  if (done) done(std::move(outcome));
}

}  // namespace millrace::cassandra::cql
