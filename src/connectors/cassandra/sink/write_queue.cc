#include "connectors/cassandra/sink/write_queue.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace millrace::cassandra {

namespace {

/// A message over 16 MiB is refused, over the node's own limit of v5 too: batches stay well below.
constexpr std::size_t kMaxBatchBytes = 512 * 1024;

bool overloaded(const cql::CqlError& error) {
  return error.kind() == cql::CqlError::Kind::kTimeout || error.is_server(cql::error_code::kOverloaded) ||
         error.is_server(cql::error_code::kWriteTimeout);
}

}  // namespace

/// Later writes get later times, whichever node they go to.
std::int64_t WriteQueue::next_timestamp() {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  last_timestamp_ = std::max(last_timestamp_ + 1, static_cast<std::int64_t>(now));
  return last_timestamp_;
}

struct WriteQueue::Partition {
  std::deque<std::size_t> waiting;  // places in the put, in order
};

struct WriteQueue::Flight {
  std::size_t partition = 0;
  std::vector<std::size_t> writes;
  std::shared_ptr<const cql::Statement> statement;
};

/// One call of `run`.
struct WriteQueue::Run {
  std::vector<Write> writes;
  std::vector<Partition> partitions;
  std::deque<std::size_t> ready;  // partitions with something to send and nothing under way
  std::vector<Failure> failures;
  std::int32_t in_flight = 0;
};

std::vector<std::size_t> WriteQueue::take_batch(const std::vector<Write>& writes, Partition& partition) const {
  std::vector<std::size_t> out;
  std::unordered_set<std::string_view> rows;
  std::size_t bytes = 0;
  while (!partition.waiting.empty() && static_cast<std::int32_t>(out.size()) < limits_.batch) {
    const auto& next = writes[partition.waiting.front()];
    const bool alone = next.time == WriteTime::kServer || next.row.empty();
    std::size_t size = 0;
    for (const auto& value : next.values) size += value.bytes.size();
    if (!out.empty()) {
      const auto& first = writes[out.front()];
      if (alone || rows.contains(next.row) || next.time != first.time || next.consistency != first.consistency ||
          bytes + size > kMaxBatchBytes)
        break;
    }
    bytes += size;
    rows.insert(next.row);
    out.push_back(partition.waiting.front());
    partition.waiting.pop_front();
    if (alone) break;
  }
  return out;
}

std::shared_ptr<const cql::Statement> WriteQueue::statement_of(std::vector<Write>& writes,
                                                               const std::vector<std::size_t>& batch) {
  auto st = std::make_shared<cql::Statement>();
  auto& first = writes[batch.front()];
  st->params.consistency = first.consistency.value_or(limits_.consistency);
  st->routing_token = first.token;
  switch (first.time) {
    case WriteTime::kClient:
      st->params.timestamp_us = first.timestamp_us ? *first.timestamp_us : next_timestamp();
      break;
    case WriteTime::kStatement: break;
    case WriteTime::kServer: st->idempotence = cql::Idempotence::kNotIdempotent; break;
  }
  if (batch.size() == 1) {
    st->prepared = first.prepared;
    st->params.values = std::move(first.values);
    return st;
  }
  st->batch.reserve(batch.size());
  for (const auto at : batch) st->batch.push_back({writes[at].prepared, std::move(writes[at].values)});
  return st;
}

void WriteQueue::answered(Run& run, const Flight& flight, const std::optional<cql::CqlError>& error) {
  auto& partition = run.partitions[flight.partition];
  --run.in_flight;
  if (!error) {
    window_ = std::min(window_ + 1, limits_.in_flight);
  } else if (!error->transient() && flight.writes.size() > 1) {
    // One bad row spoils its batch: the rows go again one by one, in order, so that the report names the bad one.
    for (std::size_t i = flight.writes.size(); i-- > 0;) {
      auto& write = run.writes[flight.writes[i]];
      write.values = flight.statement->batch[i].values;
      write.row.clear();
      partition.waiting.push_front(flight.writes[i]);
    }
  } else {
    if (overloaded(*error)) window_ = std::max(1, window_ / 2);
    for (const auto at : flight.writes) run.failures.push_back({run.writes[at].record, *error});
    if (error->transient()) {
      for (const auto at : partition.waiting) run.failures.push_back({run.writes[at].record, *error});
      partition.waiting.clear();
    }
  }
  if (!partition.waiting.empty()) run.ready.push_back(flight.partition);
}

std::vector<WriteQueue::Failure> WriteQueue::run(std::vector<Write> writes) {
  Run run;
  run.writes = std::move(writes);
  {
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < run.writes.size(); ++i) {
      const auto [found, fresh] = index.emplace(run.writes[i].partition, run.partitions.size());
      if (fresh) run.partitions.emplace_back();
      run.partitions[found->second].waiting.push_back(i);
    }
  }
  for (std::size_t i = 0; i < run.partitions.size(); ++i) run.ready.push_back(i);

  struct Answers {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<std::pair<std::shared_ptr<const Flight>, std::optional<cql::CqlError>>> done;
  };
  const auto answers = std::make_shared<Answers>();
  const auto send = [&](std::shared_ptr<const Flight> flight) {
    ++run.in_flight;
    auto statement = flight->statement;
    session_.execute(std::move(statement), [answers, flight = std::move(flight)](cql::Outcome outcome) {
      std::optional<cql::CqlError> error;
      if (auto* failed = std::get_if<cql::CqlError>(&outcome)) error = std::move(*failed);
      bool first = false;
      {
        const std::lock_guard lock(answers->mutex);
        first = answers->done.empty();
        answers->done.emplace_back(flight, std::move(error));
      }
      if (first) answers->arrived.notify_one();
    });
  };

  while (run.in_flight > 0 || !run.ready.empty()) {
    while (!run.ready.empty() && run.in_flight < window_) {
      auto flight = std::make_shared<Flight>();
      flight->partition = run.ready.front();
      run.ready.pop_front();
      flight->writes = take_batch(run.writes, run.partitions[flight->partition]);
      flight->statement = statement_of(run.writes, flight->writes);
      send(std::move(flight));
    }
    decltype(answers->done) done;
    {
      std::unique_lock lock(answers->mutex);
      answers->arrived.wait(lock, [&] { return !answers->done.empty(); });
      done.swap(answers->done);
    }
    for (const auto& [flight, error] : done) answered(run, *flight, error);
  }
  std::stable_sort(run.failures.begin(), run.failures.end(),
                   [](const Failure& a, const Failure& b) { return a.record < b.record; });
  return std::move(run.failures);
}

}  // namespace millrace::cassandra
