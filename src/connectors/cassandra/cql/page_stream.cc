#include "connectors/cassandra/cql/page_stream.h"

#include <utility>

namespace millrace::cassandra::cql {

PageStream::PageStream(Session& session, std::function<void()> arrived)
    : session_(session), arrived_(std::move(arrived)) {}

void PageStream::start(Statement statement, Prefetch prefetch) {
  statement_ = std::move(statement);
  statement_.params.paging_state.clear();
  prefetch_ = prefetch;
  active_ = true;
  last_taken_ = false;
  wanted_ = false;
  send();
}

void PageStream::send() {
  mailbox_ = std::make_shared<Mailbox>();
  session_.execute(statement_, [mailbox = mailbox_, arrived = arrived_](Outcome outcome) {
    {
      const std::lock_guard lock(mailbox->mutex);
      mailbox->outcome = std::move(outcome);
    }
    arrived();
  });
}

void PageStream::retry(std::int32_t page_size) {
  if (page_size > 0) statement_.params.page_size = page_size;
  send();
}

void PageStream::cancel() {
  mailbox_.reset();
  active_ = false;
}

std::optional<std::variant<Rows, CqlError>> PageStream::take() {
  if (!active_ || !mailbox_) return std::nullopt;
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock(mailbox_->mutex);
    outcome = std::exchange(mailbox_->outcome, std::nullopt);
  }
  if (!outcome) return std::nullopt;
  mailbox_.reset();
  if (auto* error = std::get_if<CqlError>(&*outcome)) return std::variant<Rows, CqlError>(std::move(*error));
  auto* rows = std::get_if<Rows>(&std::get<Response>(*outcome));
  if (rows == nullptr)
    return std::variant<Rows, CqlError>(CqlError(CqlError::Kind::kProtocol, "a SELECT is answered without rows"));
  if (!rows->metadata().has_more_pages) {
    last_taken_ = true;
  } else {
    statement_.params.paging_state = rows->metadata().paging_state;
    if (prefetch_ == Prefetch::kOn) {
      send();
    } else {
      wanted_ = true;
    }
  }
  return std::variant<Rows, CqlError>(std::move(*rows));
}

void PageStream::want_next() {
  if (!std::exchange(wanted_, false)) return;
  send();
}

}  // namespace millrace::cassandra::cql
