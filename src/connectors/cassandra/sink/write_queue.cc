#include "connectors/cassandra/sink/write_queue.h"

#include <algorithm>
#include <chrono>
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

std::vector<Write> WriteQueue::take_batch(Partition& partition) const {
  std::vector<Write> out;
  std::unordered_set<std::string> rows;
  std::size_t bytes = 0;
  while (!partition.waiting.empty() && static_cast<std::int32_t>(out.size()) < limits_.batch) {
    auto& next = partition.waiting.front();
    std::size_t size = 0;
    for (const auto& value : next.values) size += value.bytes.size();
    const bool fits = out.empty() || (!rows.contains(next.row) && !next.row.empty() && next.time == out.back().time &&
                                      next.time != WriteTime::kServer && bytes + size <= kMaxBatchBytes);
    if (!fits) break;
    rows.insert(next.row);
    bytes += size;
    out.push_back(std::move(next));
    partition.waiting.pop_front();
    if (out.back().row.empty()) break;
  }
  return out;
}

cql::Statement WriteQueue::statement_of(const std::vector<Write>& writes) {
  cql::Statement st;
  st.params.consistency = writes.front().consistency.value_or(limits_.consistency);
  st.routing_token = writes.front().token;
  switch (writes.front().time) {
    case WriteTime::kClient: st.params.timestamp_us = next_timestamp(); break;
    case WriteTime::kStatement: break;
    case WriteTime::kServer: st.idempotence = cql::Idempotence::kNotIdempotent; break;
  }
  if (writes.size() == 1) {
    st.prepared = writes.front().prepared;
    st.params.values = writes.front().values;
  } else {
    for (const auto& write : writes) st.batch.push_back({write.prepared, write.values});
  }
  return st;
}

std::vector<WriteQueue::Failure> WriteQueue::run(std::vector<Write> writes) {
  std::vector<Partition> partitions;
  std::unordered_map<std::string, std::size_t> index;
  for (auto& write : writes) {
    const auto [found, fresh] = index.emplace(write.partition, partitions.size());
    if (fresh) partitions.emplace_back();
    partitions[found->second].waiting.push_back(std::move(write));
  }

  struct Answers {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<std::pair<std::shared_ptr<Flight>, std::optional<cql::CqlError>>> done;
  };
  const auto answers = std::make_shared<Answers>();
  std::vector<Failure> failures;
  std::deque<std::size_t> ready;
  for (std::size_t i = 0; i < partitions.size(); ++i) ready.push_back(i);
  std::int32_t in_flight = 0;

  const auto send = [&](std::shared_ptr<Flight> flight) {
    ++in_flight;
    session_.execute(statement_of(flight->writes), [answers, flight](cql::Outcome outcome) {
      std::optional<cql::CqlError> error;
      if (auto* failed = std::get_if<cql::CqlError>(&outcome)) error = std::move(*failed);
      {
        const std::lock_guard lock(answers->mutex);
        answers->done.emplace_back(flight, std::move(error));
      }
      answers->arrived.notify_one();
    });
  };

  while (in_flight > 0 || !ready.empty()) {
    while (!ready.empty() && in_flight < window_) {
      const auto at = ready.front();
      ready.pop_front();
      send(std::make_shared<Flight>(Flight{at, take_batch(partitions[at])}));
    }
    std::vector<std::pair<std::shared_ptr<Flight>, std::optional<cql::CqlError>>> done;
    {
      std::unique_lock lock(answers->mutex);
      answers->arrived.wait(lock, [&] { return !answers->done.empty(); });
      done.swap(answers->done);
    }
    for (auto& [flight, error] : done) {
      --in_flight;
      auto& partition = partitions[flight->partition];
      if (!error) {
        window_ = std::min(window_ + 1, limits_.in_flight);
      } else if (!error->transient() && flight->writes.size() > 1) {
        // One bad row spoils its batch: the rows go again one by one, in order, so that the report names the bad one.
        for (auto write = flight->writes.rbegin(); write != flight->writes.rend(); ++write) {
          write->row.clear();
          partition.waiting.push_front(std::move(*write));
        }
      } else {
        if (overloaded(*error)) window_ = std::max(1, window_ / 2);
        for (const auto& write : flight->writes) failures.push_back({write.record, *error});
        if (error->transient()) {
          for (const auto& write : partition.waiting) failures.push_back({write.record, *error});
          partition.waiting.clear();
        }
      }
      if (!partition.waiting.empty()) ready.push_back(flight->partition);
    }
  }
  std::stable_sort(failures.begin(), failures.end(),
                   [](const Failure& a, const Failure& b) { return a.record < b.record; });
  return failures;
}

}  // namespace millrace::cassandra
