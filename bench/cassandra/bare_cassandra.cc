// The CQL client alone: fills the benchmark's table, and scans it the way the source does, without records and without Kafka.
//
//   bare_cassandra HOST:PORT load KEYSPACE.TABLE ROWS
//   bare_cassandra HOST:PORT scan KEYSPACE.TABLE [PARALLEL] [FETCH_SIZE]

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/cassandra/cql/page_stream.h"
#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/values.h"

namespace {

using namespace millrace::cassandra::cql;

void load(Session& session, const std::string& table, int rows) {
  const auto dot = table.find('.');
  session.query("CREATE KEYSPACE IF NOT EXISTS " + table.substr(0, dot) +
                " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  session.query(
      "CREATE TABLE IF NOT EXISTS " + table +
      " (device text, seq int, created timestamp, name text, reading double, ok boolean, PRIMARY KEY (device, seq))");
  const auto insert =
      session.prepare("INSERT INTO " + table + " (device, seq, created, name, reading, ok) VALUES (?, ?, ?, ?, ?, ?)");
  constexpr int kBatch = 100;
  constexpr int kInFlight = 64;
  std::mutex mutex;
  std::condition_variable room;
  int in_flight = 0;
  for (int from = 0; from < rows; from += kBatch) {
    Statement st;
    for (int i = from; i < from + kBatch && i < rows; ++i) {
      const double reading = i * 0.25;
      std::int64_t bits = 0;
      static_assert(sizeof bits == sizeof reading);
      std::memcpy(&bits, &reading, sizeof bits);
      st.batch.push_back({insert,
                          {BoundValue::of("device-" + std::to_string(from / kBatch)), BoundValue::of(encode_i32(i)),
                           BoundValue::of(encode_i64(1520611952584 + i)),
                           BoundValue::of("sensor number " + std::to_string(i) + " of the benchmark"),
                           BoundValue::of(encode_i64(bits)), BoundValue::of(std::string(1, '\1'))}});
    }
    {
      std::unique_lock lock(mutex);
      room.wait(lock, [&] { return in_flight < kInFlight; });
      ++in_flight;
    }
    session.execute(std::move(st), [&](Outcome outcome) {
      if (auto* error = std::get_if<CqlError>(&outcome)) {
        std::fprintf(stderr, "%s\n", error->what());
        std::_Exit(1);
      }
      const std::lock_guard lock(mutex);
      --in_flight;
      room.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  room.wait(lock, [&] { return in_flight == 0; });
}

long scan(Session& session, const std::string& table, int parallel, int fetch) {
  const bool ranges_wanted = parallel > 1;
  const auto select = session.prepare("SELECT * FROM " + table +
                                      (ranges_wanted ? " WHERE token(device) > ? AND token(device) <= ?" : ""));
  auto ranges = ranges_wanted ? split_ring(session.ring_tokens(), static_cast<std::size_t>(8 * parallel))
                              : std::vector<TokenRange>{{0, 0}};
  std::mutex mutex;
  std::condition_variable arrived;
  int signals = 0;
  std::size_t next = 0;
  std::vector<std::unique_ptr<PageStream>> lanes;
  const auto start = [&](PageStream& lane) {
    Statement st;
    st.prepared = select;
    st.params.page_size = fetch;
    if (ranges_wanted)
      st.params.values = {BoundValue::of(encode_i64(ranges[next].start)), BoundValue::of(encode_i64(ranges[next].end))};
    ++next;
    lane.start(std::move(st), PageStream::Prefetch::kOn);
  };
  for (int i = 0; i < parallel; ++i) {
    lanes.push_back(std::make_unique<PageStream>(session, [&] {
      const std::lock_guard lock(mutex);
      ++signals;
      arrived.notify_one();
    }));
  }
  for (auto& lane : lanes) {
    if (next < ranges.size()) start(*lane);
  }
  long rows = 0;
  std::vector<Cell> cells;
  while (true) {
    bool active = false;
    for (auto& lane : lanes) {
      if (auto taken = lane->take()) {
        if (auto* error = std::get_if<CqlError>(&*taken)) throw *error;
        auto& page = std::get<Rows>(*taken);
        while (page.next(cells)) ++rows;
      }
      if (lane->finished()) {
        lane->reset();
        if (next < ranges.size()) start(*lane);
      }
      active = active || !lane->idle();
    }
    if (!active) return rows;
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return signals > 0; });
    signals = 0;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: bare_cassandra HOST:PORT load|scan KEYSPACE.TABLE [ROWS | PARALLEL [FETCH_SIZE]]\n");
    return 1;
  }
  try {
    SessionConfig config;
    config.contact_points = {argv[1]};
    config.request_timeout = std::chrono::seconds(60);
    auto session = Session::connect(config);
    const auto begin = std::chrono::steady_clock::now();
    if (std::string(argv[2]) == "load") {
      load(*session, argv[3], argc > 4 ? std::atoi(argv[4]) : 1000000);
      return 0;
    }
    const long rows = scan(*session, argv[3], argc > 4 ? std::atoi(argv[4]) : 1, argc > 5 ? std::atoi(argv[5]) : 5000);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    std::printf("{\"rows\": %ld, \"seconds\": %.3f, \"cpu_seconds\": %.3f, \"peak_rss_bytes\": %ld}\n", rows, seconds,
                cpu, usage.ru_maxrss * 1024);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
