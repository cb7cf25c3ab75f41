#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/dialects/postgresql/pg_url.h"
#include "connectors/jdbc/sql_error.h"

namespace millrace::jdbc::postgresql {

struct PgResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

/// A libpq connection whose every wait ends when the interrupt is triggered (the running statement is cancelled).
class PgSession {
 public:
  PgSession(const PgTarget& target, std::chrono::milliseconds timeout, Interrupt& interrupt);
  ~PgSession();
  PgSession(const PgSession&) = delete;
  PgSession& operator=(const PgSession&) = delete;

  /// Simple protocol, several statements allowed; the last result.
  PgResult execute(const std::string& sql);
  /// Text parameters and text results; for catalogue questions.
  PgResult query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters);
  /// Parses `sql` under the name "" and describes it: a result without rows but with column types.
  PgResult describe(const std::string& sql);

  /// Returns when the server is ready to send or to take rows; in two steps for callers with something to do meanwhile.
  void start_copy(const std::string& sql);
  void send_copy(const std::string& sql);
  void await_copy();
  /// Of a COPY ... TO STDOUT: the next message, empty at the end. Valid until the next call.
  struct Message {
    const char* data = nullptr;
    std::size_t size = 0;
  };
  std::optional<Message> next_copy_message();
  /// Ends a COPY TO before its end: cancels the statement and drains.
  void abandon_copy();

  /// Blocks until libpq is ready to read (or write, while output is pending). Throws Interrupted.
  void wait_readable();
  /// The next result of the running command, null at its end.
  PgResult next_result();
  /// Hands over everything that is buffered.
  void flush();

  /// While it lives, waits go on for `time` although the interrupt is triggered.
  class Patience {
   public:
    Patience(PgSession& session, std::chrono::milliseconds time) : session_(session) {
      session_.patient_until_ = std::chrono::steady_clock::now() + time;
    }
    ~Patience() { session_.patient_until_ = {}; }
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

   private:
    PgSession& session_;
  };

  bool in_transaction() const;
  bool usable() const { return !broken_ && PQstatus(connection_) == CONNECTION_OK; }
  PGconn* raw() const { return connection_; }
  /// Throws SqlError for an error result.
  static void check(const PGresult* result, const PGconn* connection);
  /// Throws SqlError with libpq's own message.
  [[noreturn]] void fail();
  Interrupt& interrupt() const { return interrupt_; }

 private:
  void connect(const PgTarget& target, std::chrono::milliseconds timeout);
  void connect_to(const std::vector<std::pair<std::string, std::string>>& parameters,
                  std::chrono::milliseconds patience);
  PgResult finish();
  void cancel() noexcept;
  /// What happened on the socket, 0 for nothing yet. Throws Interrupted.
  short await_socket(short events);

  Interrupt& interrupt_;
  std::chrono::milliseconds socket_timeout_;
  PGconn* connection_ = nullptr;
  char* copy_buffer_ = nullptr;
  bool broken_ = false;
  std::chrono::steady_clock::time_point patient_until_{};
};

}  // namespace millrace::jdbc::postgresql
