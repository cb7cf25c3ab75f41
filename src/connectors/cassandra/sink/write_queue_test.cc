// What goes side by side and what waits, against a scripted node that keeps its answers back.

#include "connectors/cassandra/sink/write_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "connectors/cassandra/cql/scripted_node_test.h"

namespace millrace::cassandra {
namespace {

using cql::Opcode;
using cql::Reply;
using cql::Request;

Reply done(const Request& request) { return reply(request, Opcode::kResult, cql::Writer().i32(1).take()); }

/// A node for writes whose only value is a text such as "value<a1>": the script sees which texts a request holds.
class Writes {
 public:
  using Script = std::function<Reply(const Request&, const std::vector<std::string>& texts)>;
  explicit Writes(Script script)
      : node_([this, script = std::move(script)](const Request& request) {
          if (request.opcode == Opcode::kPrepare) return prepared(request, "id");
          std::vector<std::string> texts;
          constexpr std::string_view kMark = "value<";  // longer than what a time stamp may look like by chance
          for (auto at = request.body.find(kMark); at != std::string::npos; at = request.body.find(kMark, at + 1)) {
            const auto begin = at + kMark.size();
            texts.push_back(request.body.substr(begin, request.body.find('>', begin) - begin));
          }
          {
            const std::lock_guard lock(mutex_);
            for (const auto& text : texts) sent_ += text + (&text == &texts.back() ? " | " : " ");
          }
          return script(request, texts);
        }),
        session_(cql::Session::connect(config_for(node_))),
        prepared_(session_->prepare("INSERT INTO ks.t JSON ?")) {}

  /// "a1": row a of the partition, first write.
  Write write(const std::string& text, const std::string& partition, WriteTime time = WriteTime::kClient) {
    Write out;
    out.prepared = prepared_;
    out.values = {cql::BoundValue::of("value<" + text + ">")};
    out.partition = partition;
    out.row = text.substr(0, 1);
    out.time = time;
    out.record = next_record_++;
    return out;
  }
  std::vector<WriteQueue::Failure> run(std::vector<Write> writes, std::int32_t batch) {
    return WriteQueue(*session_, {16, batch, cql::Consistency::kLocalOne}).run(std::move(writes));
  }
  /// Requests in their order: "a1 b1 | c1 | "
  std::string sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  std::mutex mutex_;
  std::string sent_;
  std::size_t next_record_ = 0;
  cql::ScriptedNode node_;
  std::unique_ptr<cql::Session> session_;
  cql::PreparedPtr prepared_;
};

TEST(WriteQueue, PartitionsGoSideBySide) {
  std::string kept;
  Writes writes([&](const Request& request, const std::vector<std::string>&) {
    if (kept.empty()) {
      kept = done(request).bytes;
      return Reply{};
    }
    return Reply{kept + done(request).bytes};
  });
  EXPECT_TRUE(writes.run({writes.write("a1", "p"), writes.write("c1", "q"), writes.write("b1", "p")}, 10).empty());
  EXPECT_EQ(writes.sent(), "a1 b1 | c1 | ");
}

TEST(WriteQueue, BatchesOfOnePartitionWaitForEachOther) {
  std::string kept;
  Writes writes([&](const Request& request, const std::vector<std::string>& texts) {
    if (texts.front() == "a1") {
      kept = done(request).bytes;
      return Reply{};
    }
    // c2 and d1 are sent when c1 has its answer: by then a2 would be on its way, if it did not wait.
    return texts.back() == "d1" ? Reply{kept + done(request).bytes} : done(request);
  });
  EXPECT_TRUE(writes
                  .run({writes.write("a1", "p"), writes.write("b1", "p"), writes.write("a2", "p"),
                        writes.write("c1", "q"), writes.write("c2", "q"), writes.write("d1", "q")},
                       2)
                  .empty());
  EXPECT_EQ(writes.sent(), "a1 b1 | c1 | c2 d1 | a2 | ");
}

TEST(WriteQueue, CountersGoAloneAndInOrder) {
  Writes writes([](const Request& request, const std::vector<std::string>&) { return done(request); });
  const auto counter = [&](const char* text) { return writes.write(text, "p", WriteTime::kServer); };
  EXPECT_TRUE(writes.run({counter("a1"), counter("b1"), counter("c1")}, 10).empty());
  EXPECT_EQ(writes.sent(), "a1 | b1 | c1 | ");
}

TEST(WriteQueue, ABadRowOfABatchIsFoundAndTheOthersAreWritten) {
  Writes writes([](const Request& request, const std::vector<std::string>& texts) {
    const bool bad = std::find(texts.begin(), texts.end(), "b1") != texts.end();
    return bad ? error(request, cql::error_code::kInvalid, "no such column") : done(request);
  });
  const auto failures = writes.run(
      {writes.write("a1", "p"), writes.write("b1", "p"), writes.write("c1", "p"), writes.write("a2", "p")}, 10);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].record, 1U);
  EXPECT_EQ(writes.sent(), "a1 b1 c1 | a1 | b1 | c1 | a2 | ");
}

TEST(WriteQueue, AnOutageFailsWhatWaitsInThePartitionAndNothingElse) {
  Writes writes([](const Request& request, const std::vector<std::string>& texts) {
    return texts.front() == "a1" ? error(request, cql::error_code::kUnavailable, "too few replicas") : done(request);
  });
  const auto failures = writes.run({writes.write("a1", "p"), writes.write("a2", "p"), writes.write("c1", "q")}, 10);
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].record, 0U);
  EXPECT_EQ(failures[1].record, 1U);
  EXPECT_TRUE(failures[1].error.transient());
}

}  // namespace
}  // namespace millrace::cassandra
