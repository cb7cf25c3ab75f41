#include "connectors/file/file_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "millrace/errors.h"

namespace millrace::file {
namespace {

namespace fs = std::filesystem;

/// A worker that has stored at most one offset and never waits.
class FakeContext : public SourceTaskContext, public OffsetStorageReader {
 public:
  const Props& configs() const override { return props; }
  OffsetStorageReader& offset_storage_reader() override { return *this; }
  TransactionContext* transaction_context() override { return nullptr; }
  std::stop_token stop_token() const override { return {}; }
  bool wait_for(std::chrono::milliseconds) override {
    ++waits;
    return true;
  }
  OffsetMap offset(const Map&) override { return stored; }
  std::vector<OffsetMap> offsets(const std::vector<Map>& partitions) override {
    return std::vector<OffsetMap>(partitions.size(), stored);
  }

  Props props;
  OffsetMap stored;
  int waits = 0;
};

TEST(PositionOffsetsTest, AnOffsetKeepsItsPositionAsLongAsItIsHeld) {
  PositionOffsets offsets;
  std::deque<OffsetMap> held;
  const auto position_of = [](const OffsetMap& offset) { return offset->find(kPosition)->as_int64(); };
  for (std::int64_t position = 0; position < 10000; ++position) {
    held.push_back(offsets.next(position));
    if (held.size() > 300) held.pop_front();
    ASSERT_EQ(position_of(held.front()), position - static_cast<std::int64_t>(held.size()) + 1);
    if (position == 5000) offsets.shrink();
  }
  EXPECT_EQ(held.front()->size(), 1U);
}

class FileSourceTaskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millrace-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return (folder_ / "lines.txt").string(); }
  void append(const std::string& text) { std::ofstream(path(), std::ios::app) << text; }
  void stored_position(std::int64_t position) {
    Map map;
    map.put(Value("position"), Value(position));
    context_.stored = std::make_shared<const Map>(std::move(map));
  }
  void start(Props extra = {}) {
    Props props{{"file", path()}, {"topic", "t"}};
    props.merge(extra);
    task_ = std::make_unique<FileSourceTask>();
    task_->initialize(context_);
    task_->start(props);
  }
  std::vector<std::string> poll_values() {
    std::vector<std::string> values;
    for (const SourceRecord& record : task_->poll()) {
      values.push_back(record.value.as_string());
      last_ = record;
    }
    return values;
  }
  std::int64_t last_offset() const { return last_.source_offset->find("position")->as_int64(); }
  using Lines = std::vector<std::string>;

  fs::path folder_;
  FakeContext context_;
  std::unique_ptr<FileSourceTask> task_;
  SourceRecord last_;
};

TEST_F(FileSourceTaskTest, KeepsAPartialLineUntilItsNewlineArrives) {
  append("first\nsec");
  start();
  EXPECT_EQ(poll_values(), Lines{"first"});
  EXPECT_EQ(poll_values(), Lines{});
  append("ond\n");
  EXPECT_EQ(poll_values(), Lines{"second"});
  EXPECT_EQ(last_offset(), 13);  // bytes, the end of "second\n"
}

TEST_F(FileSourceTaskTest, RecordsLookLikeJavas) {
  append("x\n");
  start();
  ASSERT_EQ(poll_values(), Lines{"x"});
  EXPECT_EQ(last_.topic, "t");
  EXPECT_EQ(last_.kafka_partition, std::nullopt);
  EXPECT_TRUE(last_.key.is_null());
  EXPECT_EQ(last_.key_schema, nullptr);
  EXPECT_EQ(*last_.value_schema, *Schema::string());
  EXPECT_TRUE(last_.timestamp.has_value());
  EXPECT_EQ(last_.source_partition->find("filename")->as_string(), path());
}

TEST_F(FileSourceTaskTest, RecordsThatComeBackAreFilledAnewWhateverTransformsDidToThem) {
  append("first\nsecond\nthird\n");
  start({{"batch.size", "2"}});
  std::vector<SourceRecord> records = task_->poll();
  ASSERT_EQ(records.size(), 2U);
  const SourceRecord second = records[1];
  for (SourceRecord& record : records) {
    record.topic = "other";
    record.kafka_partition = 7;
    record.key_schema = Schema::int32();
    record.key = Value(std::int32_t{1});
    record.value_schema = nullptr;
    record.headers.add("h", Value("v"), nullptr);
    record.source_partition = nullptr;
  }
  records[0].value = Value(std::int64_t{5});
  records[1].value = Value("longer than it was before");
  task_->recycle(std::move(records));
  std::vector<SourceRecord> next = task_->poll();
  ASSERT_EQ(next.size(), 1U);
  SourceRecord expected = second;
  expected.value = Value("third");
  expected.timestamp = next[0].timestamp;
  EXPECT_EQ(static_cast<const ConnectRecord&>(next[0]), static_cast<const ConnectRecord&>(expected));
  EXPECT_EQ(next[0].source_partition, second.source_partition);
  EXPECT_EQ(next[0].source_offset->find("position")->as_int64(), 19);
  EXPECT_EQ(second.source_offset->find("position")->as_int64(), 13);
}

TEST_F(FileSourceTaskTest, WaitsForAFileThatDoesNotExistYet) {
  start();
  EXPECT_EQ(poll_values(), Lines{});
  EXPECT_EQ(context_.waits, 1);
  append("here\n");
  EXPECT_EQ(poll_values(), Lines{"here"});
}

TEST_F(FileSourceTaskTest, ContinuesBehindTheStoredOffsetInBytes) {
  append("h\xC3\xA4\nnext\n");
  stored_position(4);
  start();
  EXPECT_EQ(poll_values(), Lines{"next"});
  EXPECT_EQ(last_offset(), 9);
}

TEST_F(FileSourceTaskTest, BatchesEndAtTheirSizeAndTheRestComesNextWithoutNewData) {
  append("1\n2\n3\n4\n5\n");
  start({{"batch.size", "2"}});
  EXPECT_EQ(poll_values(), (Lines{"1", "2"}));
  EXPECT_EQ(poll_values(), (Lines{"3", "4"}));
  EXPECT_EQ(poll_values(), (Lines{"5"}));
}

TEST_F(FileSourceTaskTest, ABatchSizeOfZeroGivesOneRecordPerPoll) {
  append("1\n2\n");
  start({{"batch.size", "0"}});
  EXPECT_EQ(poll_values(), Lines{"1"});
  EXPECT_EQ(poll_values(), Lines{"2"});
}

TEST_F(FileSourceTaskTest, ReadsATruncatedFileFromItsStart) {
  append("one\ntwo\n");
  start();
  EXPECT_EQ(poll_values(), (Lines{"one", "two"}));
  fs::resize_file(path(), 0);
  EXPECT_EQ(poll_values(), Lines{});
  append("new\n");
  EXPECT_EQ(poll_values(), Lines{"new"});
  EXPECT_EQ(last_offset(), 4);
}

TEST_F(FileSourceTaskTest, NoticesAFileThatWasWrittenAnewToMoreThanItsOldLength) {
  append("one\ntwo\n");
  start();
  EXPECT_EQ(poll_values(), (Lines{"one", "two"}));
  EXPECT_TRUE(poll_values().empty());
  std::ofstream(path(), std::ios::trunc) << "three\nfour\nfive\n";
  EXPECT_EQ(poll_values(), (Lines{"three", "four", "five"}));
  EXPECT_EQ(last_offset(), 16);
  EXPECT_TRUE(poll_values().empty());
  append("six\n");
  EXPECT_EQ(poll_values(), (Lines{"six"}));
  EXPECT_EQ(last_offset(), 20);
}

TEST_F(FileSourceTaskTest, FinishesARotatedFileBeforeItReadsTheNewOne) {
  append("old 1\n");
  start();
  EXPECT_EQ(poll_values(), Lines{"old 1"});
  append("old 2\n");
  fs::rename(path(), path() + ".1");
  append("new\n");
  EXPECT_EQ(poll_values(), Lines{"old 2"});
  EXPECT_EQ(poll_values(), Lines{"new"});
  EXPECT_EQ(last_offset(), 4);
}

TEST_F(FileSourceTaskTest, StartsOverWhenTheFileIsShorterThanTheStoredOffset) {
  append("abc\n");
  stored_position(1000);
  start();
  EXPECT_EQ(poll_values(), Lines{"abc"});
}

TEST_F(FileSourceTaskTest, ReplacesBytesThatAreNoUtf8) {
  append("a\xFFz\n");
  start();
  EXPECT_EQ(poll_values(), Lines{"a\xEF\xBF\xBDz"});
}

TEST_F(FileSourceTaskTest, RefusesADirectory) {
  fs::create_directory(path());
  start();
  EXPECT_THROW(task_->poll(), ConnectError);
}

TEST_F(FileSourceTaskTest, RefusesAnOffsetOfTheWrongType) {
  append("abc\n");
  Map map;
  map.put(Value("position"), Value("five"));
  context_.stored = std::make_shared<const Map>(std::move(map));
  start();
  EXPECT_THROW(task_->poll(), ConnectError);
}

OffsetMap one(const char* key, Value value) {
  Map map;
  map.put(Value(key), std::move(value));
  return std::make_shared<const Map>(std::move(map));
}

std::string alter_error(const Props& props, const OffsetMap& partition, const OffsetMap& offset) {
  FileSourceConnector connector;
  try {
    connector.alter_offsets(props, {{partition, offset}});
  } catch (const ConnectError& error) {
    return error.what();
  }
  return {};
}

TEST(FileSourceConnector, ChecksOffsetsThatAreAlteredFromOutside) {
  const Props props{{"file", "/f"}, {"topic", "t"}};
  const OffsetMap partition = one("filename", Value("/f"));
  EXPECT_EQ(alter_error(props, partition, one("position", Value(std::int64_t{5}))), "");
  EXPECT_EQ(alter_error(props, partition, nullptr), "");
  EXPECT_EQ(alter_error(props, partition, one("other", Value(std::int64_t{5}))),
            "Offset objects should either be null or contain the key 'position'");
  EXPECT_EQ(alter_error(props, partition, one("position", Value("5"))),
            "The value for the 'position' key in the offset is expected to be a Long value");
  EXPECT_EQ(alter_error(props, partition, one("position", Value(std::int64_t{-5}))),
            "The value for the 'position' key in the offset should be a non-negative value");
  EXPECT_EQ(alter_error(props, nullptr, one("position", Value(std::int64_t{5}))), "Partition objects cannot be null");
  EXPECT_EQ(alter_error(props, one("other", Value("x")), one("position", Value(std::int64_t{5}))),
            "Partition objects should contain the key 'filename'");
  EXPECT_EQ(
      alter_error({{"topic", "t"}}, partition, nullptr),
      "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for input "
      "and offsets are not tracked.");
}

}  // namespace
}  // namespace millrace::file
