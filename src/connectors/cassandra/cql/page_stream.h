#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

#include "connectors/cassandra/cql/session.h"

namespace millrace::cassandra::cql {

/// Streams the pages of one query: the next page is under way while the one before is being read, and never more than that.
///
/// Threads: one owner calls the methods; `arrived` runs on the session's thread and must only wake the owner.
class PageStream {
 public:
  enum class Prefetch : std::uint8_t { kOff, kOn };

  PageStream(Session& session, std::function<void()> arrived);

  /// Begins a query. Precondition: idle.
  void start(Statement statement, Prefetch prefetch);
  /// Asks again for the page that failed, with `page_size` rows when it is positive.
  void retry(std::int32_t page_size);
  /// Forgets the query; answers still under way are dropped.
  void cancel();

  /// The next page or the failure of its request, when it has arrived. After the last page `finished()` is true. The
  /// page after it is asked for at once with prefetch, by `want_next` without.
  std::optional<std::variant<Rows, CqlError>> take();
  void want_next();

  bool idle() const noexcept { return !active_; }
  /// No page is under way or waiting, and none will come.
  bool finished() const noexcept { return active_ && last_taken_; }
  /// Ends a finished query.
  void reset() noexcept { active_ = false; }

 private:
  struct Mailbox {
    std::mutex mutex;
    std::optional<Outcome> outcome;
  };
  void send();

  Session& session_;
  std::function<void()> arrived_;
  Statement statement_;
  Prefetch prefetch_ = Prefetch::kOn;
  std::shared_ptr<Mailbox> mailbox_;
  bool active_ = false;
  bool last_taken_ = false;
  bool wanted_ = false;
};

}  // namespace millrace::cassandra::cql
