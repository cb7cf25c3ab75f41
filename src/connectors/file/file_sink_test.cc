#include "connectors/file/file_sink.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "millrace/errors.h"

namespace millrace::file {
namespace {

namespace fs = std::filesystem;

class FileSinkTaskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millrace-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return (folder_ / "out.txt").string(); }
  std::string written() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }
  static SinkRecord record(Value value) {
    SinkRecord record;
    record.topic = "t";
    record.value = std::move(value);
    return record;
  }

  fs::path folder_;
};

TEST_F(FileSinkTaskTest, AppendsValuesAsJavaPrintsThem) {
  std::ofstream(path()) << "before\n";
  FileSinkTask task;
  task.start({{"file", path()}});
  const SchemaPtr schema = SchemaBuilder::structure().field("a", Schema::int32()).build();
  Struct row(schema);
  row.put("a", Value(std::int32_t{1}));
  Map map;
  map.put(Value("k"), Value(1.5));
  task.put({record(Value("line")), record(Value()), record(Value(row)), record(Value(map)), record(Value(true))});
  EXPECT_EQ(written(), "before\nline\nnull\nStruct{a=1}\n{k=1.5}\ntrue\n");
  task.stop();
}

TEST_F(FileSinkTaskTest, SaysWhichFileCannotBeOpened) {
  FileSinkTask task;
  try {
    task.start({{"file", (folder_ / "no" / "such").string()}});
    FAIL() << "opened";
  } catch (const ConnectError& error) {
    EXPECT_NE(std::string(error.what()).find("Couldn't find or create file '"), std::string::npos) << error.what();
  }
}

TEST_F(FileSinkTaskTest, AFullDiskIsAnErrorThatSaysSo) {
  FileSinkTask task;
  task.start({{"file", "/dev/full"}});
  try {
    task.put({record(Value("line"))});
    FAIL() << "written";
  } catch (const ConnectError& error) {
    EXPECT_NE(std::string(error.what()).find("No space left on device"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace millrace::file
