#include "storage/layered_offset_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace millrace::storage {
namespace {

using std::chrono::seconds;

/// In memory; remembers the order of writes over all stores, and fails when told to.
class TestStore : public OffsetStore {
 public:
  TestStore(std::string name, std::vector<std::string>& writes) : name_(std::move(name)), writes_(writes) {}
  Result<void> start() override { return {}; }
  void stop() override {}
  Result<OffsetTable> read(const std::string&, std::chrono::milliseconds) override { return table; }
  void set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) override {
    for (auto& [key, value] : entries) {
      writes_.push_back(name_ + ":" + key + "=" + value.value_or("null"));
      if (fails) continue;
      if (value) {
        table[key] = *value;
      } else {
        table.erase(key);
      }
    }
    done(fails ? Result<void>(Error{.code = Errc::kKafka, .text = name_ + " is away"}) : Result<void>());
  }

  OffsetTable table;
  bool fails = false;

 private:
  const std::string name_;
  std::vector<std::string>& writes_;
};

class LayeredOffsetStoreTest : public testing::Test {
 protected:
  LayeredOffsetStoreTest() {
    auto front = std::make_unique<TestStore>("own", writes_);
    own_ = front.get();
    store_ = std::make_unique<LayeredOffsetStore>(std::move(front), workers_,
                                                  [this](const std::string& text) { warnings_.push_back(text); });
  }
  Result<void> set(std::vector<OffsetEntry> entries) {
    std::optional<Result<void>> result;
    store_->set(std::move(entries), [&](Result<void> done) { result = std::move(done); });
    return result.value();
  }

  std::vector<std::string> writes_;
  std::vector<std::string> warnings_;
  TestStore workers_{"worker", writes_};
  TestStore* own_ = nullptr;
  std::unique_ptr<LayeredOffsetStore> store_;
};

TEST_F(LayeredOffsetStoreTest, ReadsBothAndItsOwnCounts) {
  workers_.table = {{"a", "1"}, {"b", "2"}};
  own_->table = {{"b", "3"}, {"c", "4"}};
  EXPECT_EQ(*store_->read("", seconds(1)), (OffsetTable{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
}

TEST_F(LayeredOffsetStoreTest, TombstonesReachTheWorkersFirst) {
  EXPECT_TRUE(set({{"a", "1"}, {"b", std::nullopt}}).ok());
  EXPECT_EQ(writes_, (std::vector<std::string>{"worker:b=null", "own:a=1", "own:b=null", "worker:a=1"}));
  EXPECT_EQ(workers_.table, own_->table);
}

TEST_F(LayeredOffsetStoreTest, AFailedTombstoneFailsTheWrite) {
  workers_.fails = true;
  EXPECT_EQ(set({{"a", "1"}, {"b", std::nullopt}}).error().text, "worker is away");
  EXPECT_TRUE(own_->table.empty());
}

TEST_F(LayeredOffsetStoreTest, AFailedCopyOnlyWarns) {
  workers_.fails = true;
  EXPECT_TRUE(set({{"a", "1"}}).ok());
  EXPECT_EQ(own_->table, (OffsetTable{{"a", "1"}}));
  EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(LayeredOffsetStoreTest, WhatTheOwnStoreDidNotTakeIsNotCopied) {
  own_->fails = true;
  EXPECT_FALSE(set({{"a", "1"}}).ok());
  EXPECT_TRUE(workers_.table.empty());
}

}  // namespace
}  // namespace millrace::storage
