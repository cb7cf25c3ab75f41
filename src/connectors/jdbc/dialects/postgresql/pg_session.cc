#include "connectors/jdbc/dialects/postgresql/pg_session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <utility>

#include "connectors/jdbc/url.h"

namespace millrace::jdbc::postgresql {
namespace {

std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  // One line: libpq adds hints on lines of their own.
  for (std::size_t at = out.find_first_of("\n\t"); at != std::string::npos; at = out.find_first_of("\n\t", at)) {
    const std::size_t end = std::min(out.find_first_not_of(" \n\t", at), out.size());
    out.replace(at, end - at, " ");
  }
  return out;
}

/// A refused connection carries no SQLSTATE: the words say whether another try could help.
SqlErrorKind kind_of_connect_failure(const std::string& message) {
  for (const char* words :
       {"password authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry",
        "authentication method", "certificate", "SSL error", "does not support SSL", "invalid connection option",
        "invalid sslmode", "authentication failed", "server does not support"}) {
    if (message.find(words) != std::string::npos) return SqlErrorKind::kLogin;
  }
  return SqlErrorKind::kConnection;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string& value_of(Parameters& parameters, const std::string& key) {
  const auto at = std::find_if(parameters.begin(), parameters.end(), [&](const auto& one) { return one.first == key; });
  return at != parameters.end() ? at->second : parameters.emplace_back(key, "").second;
}

/// What to try, in this order: libpq itself goes on to the next host only when one refuses, not when one is silent.
std::vector<Parameters> attempts_of(const PgTarget& target) {
  Parameters common = target.parameters;
  std::vector<std::pair<std::string, std::string>> hosts;
  const std::vector<std::string> names = split(value_of(common, "host"), ',');
  const std::vector<std::string> ports = split(value_of(common, "port"), ',');
  for (std::size_t i = 0; i < std::min(names.size(), ports.size()); ++i) hosts.emplace_back(names[i], ports[i]);
  if (target.shuffle_hosts) std::shuffle(hosts.begin(), hosts.end(), std::mt19937(std::random_device()()));
  const std::string kind = value_of(common, "target_session_attrs");
  std::vector<std::string> kinds{kind};
  if (kind == "prefer-standby") kinds = {"standby", "any"};
  if (kind == "prefer-primary") kinds = {"primary", "any"};
  std::vector<Parameters> attempts;
  for (const std::string& one : kinds) {
    for (const auto& [host, port] : hosts) {
      attempts.push_back(common);
      value_of(attempts.back(), "host") = host;
      value_of(attempts.back(), "port") = port;
      value_of(attempts.back(), "target_session_attrs") = one;
    }
  }
  return attempts;
}

}  // namespace

PgSession::PgSession(const PgTarget& target, std::chrono::milliseconds timeout, Interrupt& interrupt)
    : interrupt_(interrupt), socket_timeout_(target.socket_timeout) {
  try {
    connect(target, timeout);
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    PQsetnonblocking(connection_, 1);
    execute(
        "SET DateStyle = ISO; SET TimeZone = 'UTC'; SET extra_float_digits = 3; SET IntervalStyle = postgres; "
        "SET bytea_output = hex");
    if (!target.search_path.empty()) query("SELECT set_config('search_path', $1, false)", {target.search_path});
    if (target.read_only) execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
  } catch (...) {
    PQfinish(connection_);
    throw;
  }
}

void PgSession::connect(const PgTarget& target, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  if (target.login_timeout.count() > 0) timeout = std::min<std::chrono::milliseconds>(timeout, target.login_timeout);
  const auto deadline = Clock::now() + timeout;
  std::string messages;
  bool may_succeed_later = false;
  for (const Parameters& parameters : attempts_of(target)) {
    interrupt_.check();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    const std::chrono::milliseconds patience =
        target.connect_timeout.count() > 0 ? std::min<std::chrono::milliseconds>(left, target.connect_timeout) : left;
    try {
      connect_to(parameters, patience);
      return;
    } catch (const SqlError& error) {
      PQfinish(std::exchange(connection_, nullptr));
      may_succeed_later = may_succeed_later || error.kind() != SqlErrorKind::kLogin;
      const std::string text = error.what();
      if (messages.find(text) == std::string::npos) messages += (messages.empty() ? "" : "; ") + text;
    }
  }
  throw SqlError(may_succeed_later ? SqlErrorKind::kConnection : SqlErrorKind::kLogin, messages, "08001");
}

void PgSession::connect_to(const std::vector<std::pair<std::string, std::string>>& parameters,
                           std::chrono::milliseconds patience) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  std::string place;
  for (const auto& [key, value] : parameters) {
    if (value.empty() && key != "password") continue;
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
    if (key == "host") place = value + place;
    if (key == "port") place += ":" + value;
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_ = PQconnectStartParams(keys.data(), values.data(), 0);
  if (connection_ == nullptr) throw SqlError(SqlErrorKind::kConnection, "out of memory");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED || PQstatus(connection_) == CONNECTION_BAD) {
      const std::string message = trimmed(PQerrorMessage(connection_));
      throw SqlError(kind_of_connect_failure(message), message);
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      throw SqlError(SqlErrorKind::kConnection, "The connection attempt to " + place + " timed out.", "08001");
    std::array<pollfd, 2> fds{
        {{PQsocket(connection_), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0},
         {interrupt_.fd(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    interrupt_.check();
    if (fds[0].revents != 0) state = PQconnectPoll(connection_);
  }
}

PgSession::~PgSession() {
  if (copy_buffer_ != nullptr) PQfreemem(copy_buffer_);
  PQfinish(connection_);
}

void PgSession::cancel() noexcept {
  broken_ = true;
  PGcancel* cancel = PQgetCancel(connection_);
  if (cancel == nullptr) return;
  std::array<char, 256> error{};
  PQcancel(cancel, error.data(), static_cast<int>(error.size()));
  PQfreeCancel(cancel);
}

void PgSession::fail() {
  const std::string message = trimmed(PQerrorMessage(connection_));
  if (PQstatus(connection_) != CONNECTION_OK) broken_ = true;
  throw SqlError(SqlErrorKind::kConnection, message.empty() ? "The connection to the database was lost" : message,
                 "08006");
}

void PgSession::check(const PGresult* result, const PGconn* connection) {
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE && status != PGRES_PIPELINE_ABORTED) return;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  std::string message = trimmed(PQresultErrorMessage(result));
  if (state == nullptr) {
    if (message.empty()) message = trimmed(PQerrorMessage(connection));
    throw SqlError(SqlErrorKind::kConnection, message.empty() ? "The connection to the database was lost" : message,
                   "08006");
  }
  throw SqlError(kind_of_sql_state(state), message, state);
}

short PgSession::await_socket(short events) {
  std::array<pollfd, 2> fds{{{PQsocket(connection_), events, 0}, {interrupt_.fd(), POLLIN, 0}}};
  const auto patience =
      std::chrono::ceil<std::chrono::milliseconds>(patient_until_ - std::chrono::steady_clock::now()).count();
  const bool patient = patience > 0;
  const int limit = socket_timeout_.count() > 0 ? static_cast<int>(socket_timeout_.count()) : -1;
  // The interrupt stays readable: it is looked at when the patience ends.
  const int ready = patient ? ::poll(fds.data(), 1, static_cast<int>(patience)) : ::poll(fds.data(), fds.size(), limit);
  if (ready < 0 && errno != EINTR) fail();
  if (ready == 0 && !patient) {
    broken_ = true;
    throw SqlError(SqlErrorKind::kConnection,
                   "The database sent nothing for " + std::to_string(limit / 1000) + " s (socketTimeout)", "08006");
  }
  if (interrupt_.triggered() && !patient) {
    cancel();
    throw Interrupted();
  }
  return ready > 0 ? fds[0].revents : short{0};
}

void PgSession::wait_readable() {
  while (true) {
    const int pending = PQflush(connection_);
    if (pending < 0) fail();
    const short events = await_socket(static_cast<short>(pending > 0 ? POLLIN | POLLOUT : POLLIN));
    if ((events & (POLLIN | POLLERR | POLLHUP)) != 0) {
      if (PQconsumeInput(connection_) == 0) fail();
      return;
    }
  }
}

void PgSession::flush() {
  while (true) {
    const int pending = PQflush(connection_);
    if (pending < 0) fail();
    if (pending == 0) return;
    const short events = await_socket(POLLIN | POLLOUT);
    if ((events & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(connection_) == 0) fail();
  }
}

PgResult PgSession::next_result() {
  flush();
  while (PQisBusy(connection_) != 0) wait_readable();
  return PgResult(PQgetResult(connection_));
}

PgResult PgSession::finish() {
  PgResult last;
  PgResult error;
  while (PgResult result = next_result()) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return result;
    if (status == PGRES_FATAL_ERROR && !error) {
      error = std::move(result);
    } else {
      last = std::move(result);
    }
    if (PQstatus(connection_) != CONNECTION_OK) break;
  }
  if (error) {
    if (PQstatus(connection_) != CONNECTION_OK) broken_ = true;
    check(error.get(), connection_);
  }
  return last;
}

PgResult PgSession::execute(const std::string& sql) {
  interrupt_.check();
  if (PQsendQuery(connection_, sql.c_str()) == 0) fail();
  return finish();
}

PgResult PgSession::query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
  interrupt_.check();
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                        nullptr, 0) == 0) {
    fail();
  }
  return finish();
}

PgResult PgSession::describe(const std::string& sql) {
  interrupt_.check();
  if (PQsendPrepare(connection_, "", sql.c_str(), 0, nullptr) == 0) fail();
  finish();
  if (PQsendDescribePrepared(connection_, "") == 0) fail();
  return finish();
}

void PgSession::start_copy(const std::string& sql) {
  send_copy(sql);
  finish();
}

void PgSession::send_copy(const std::string& sql) {
  interrupt_.check();
  if (PQsendQuery(connection_, sql.c_str()) == 0) fail();
  flush();
}

void PgSession::await_copy() { finish(); }

std::optional<PgSession::Message> PgSession::next_copy_message() {
  if (copy_buffer_ != nullptr) {
    PQfreemem(copy_buffer_);
    copy_buffer_ = nullptr;
  }
  while (true) {
    const int size = PQgetCopyData(connection_, &copy_buffer_, 1);
    if (size > 0) return Message{copy_buffer_, static_cast<std::size_t>(size)};
    if (size == 0) {
      wait_readable();
      continue;
    }
    if (size == -2) fail();
    finish();
    return std::nullopt;
  }
}

void PgSession::abandon_copy() {
  // What is on its way is not worth reading: the statement is cancelled, and the connection given up with it.
  cancel();
}

bool PgSession::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

}  // namespace millrace::jdbc::postgresql
