#include "kafka/rdkafka/relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "kafka/wire/connection.h"

namespace millrace::kafka {
namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(30);
constexpr auto kWriteTimeout = std::chrono::seconds(60);
constexpr std::size_t kChunk = 128 * 1024;

/// librdkafka's end is read by its own thread, so this blocks for as long as that takes.
bool write_all(int fd, std::string_view data, int cancel) {
  while (!data.empty()) {
    const ssize_t done = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (done > 0) {
      data.remove_prefix(static_cast<std::size_t>(done));
      continue;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return false;
    std::array<pollfd, 2> entries{{{fd, POLLOUT, 0}, {cancel, POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), -1);
    if (entries[1].revents != 0) return false;
  }
  return true;
}

}  // namespace

Relay::Relay(std::shared_ptr<const Security> security, std::string client_id,
             std::function<void(const Error&)> on_error)
    : security_(std::move(security)), client_id_(std::move(client_id)), on_error_(std::move(on_error)) {}

Relay::~Relay() {
  cancel_.set();
  std::list<Line> lines;
  {
    std::lock_guard lock(mutex_);
    lines.swap(lines_);
    for (const auto& [theirs, ours] : ends_) close(ours);
  }
  lines.clear();  // joins
}

int Relay::make_socket() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) return -1;
  std::lock_guard lock(mutex_);
  // A number that comes again was closed by librdkafka without a connect.
  if (auto old = ends_.find(ends[0]); old != ends_.end()) close(old->second);
  ends_[ends[0]] = ends[1];
  return ends[0];
}

int Relay::connect(int socket, const char* name) {
  std::string_view text(name);
  if (auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  text = text.substr(0, text.find('/'));
  auto address = wire::parse_address(text);
  std::lock_guard lock(mutex_);
  auto end = ends_.find(socket);
  if (end == ends_.end()) return EBADF;
  const int ours = end->second;
  ends_.erase(end);
  if (!address) {
    close(ours);
    return EINVAL;
  }
  lines_.remove_if([](const Line& line) { return line.ended; });
  Line& line = lines_.emplace_back();
  line.thread =
      base::Thread("kafka-relay", [this, ours, address = std::move(*address), &line](const std::stop_token& /*stop*/) {
        run(ours, address);
        close(ours);
        std::lock_guard done(mutex_);
        line.ended = true;
      });
  return 0;
}

void Relay::run(int socket, const wire::Address& address) {
  auto connection = wire::Connection::open(address, *security_, client_id_,
                                           std::chrono::steady_clock::now() + kConnectTimeout, cancel_);
  if (!connection) {
    if (connection.error().code != Errc::kCancelled) on_error_(connection.error());
    return;
  }
  auto broker = (*connection)->release();
  copy(socket, *broker);
}

void Relay::copy(int socket, wire::Socket& broker) {
  std::string chunk(kChunk, '\0');
  for (;;) {
    std::array<pollfd, 3> entries{{{socket, POLLIN, 0}, {broker.fd(), POLLIN, 0}, {cancel_.fd(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    if (entries[2].revents != 0) return;
    if (entries[0].revents != 0) {
      const ssize_t size = ::recv(socket, chunk.data(), chunk.size(), 0);
      if (size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return;
      if (size > 0) {
        auto sent = broker.write_all(std::string_view(chunk).substr(0, static_cast<std::size_t>(size)),
                                     std::chrono::steady_clock::now() + kWriteTimeout);
        if (!sent) return;
      }
    }
    if (entries[1].revents != 0) {
      // TLS may hold more than the socket shows, so it is read until it has nothing left.
      for (;;) {
        auto data = broker.read_some(kChunk);
        if (!data) return;
        if (data->empty()) break;
        if (!write_all(socket, *data, cancel_.fd())) return;
      }
    }
  }
}

}  // namespace millrace::kafka
