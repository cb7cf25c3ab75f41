#include "storage/status_store.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

Status status(State state, std::int32_t generation = 1, const char* worker = "a:1") {
  return {.state = state, .worker_id = worker, .generation = generation, .version = {}, .trace = {}};
}

TEST(StatusTableTest, ADeletedConnectorTakesItsTasksAlong) {
  StatusTable table;
  table.set("c", status(State::kRunning));
  table.set(ConnectorTaskId{"c", 0}, status(State::kRunning), 10);
  table.set(ConnectorTaskId{"c-2", 0}, status(State::kRunning), 10);
  table.erase("c", 20);
  EXPECT_FALSE(table.get("c"));
  EXPECT_TRUE(table.tasks_of("c").empty());
  EXPECT_EQ(table.tasks_of("c-2").size(), 1u);
}

TEST(StatusTableTest, TasksOfItsSuccessorStay) {
  StatusTable table;
  table.set(ConnectorTaskId{"c", 0}, status(State::kRunning), 10);
  table.set(ConnectorTaskId{"c", 1}, status(State::kRunning), 30);
  table.erase("c", 20);
  const auto tasks = table.tasks_of("c");
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_TRUE(tasks.contains(1));
}

TEST(StatusTableTest, WhatIsNotSafeOrLate) {
  const Status running = status(State::kRunning, 5);
  EXPECT_TRUE(StatusTable::safe_to_replace(std::nullopt, running));
  EXPECT_TRUE(StatusTable::safe_to_replace(running, status(State::kFailed, 4)));
  EXPECT_FALSE(StatusTable::safe_to_replace(running, status(State::kFailed, 4, "b:1")));
  EXPECT_TRUE(StatusTable::safe_to_replace(running, status(State::kFailed, 5, "b:1")));
  EXPECT_TRUE(StatusTable::is_late(running, status(State::kUnassigned, 5, "b:1")));
  EXPECT_FALSE(StatusTable::is_late(running, status(State::kUnassigned, 6, "b:1")));
  EXPECT_FALSE(StatusTable::is_late(running, status(State::kFailed, 5, "b:1")));
}

}  // namespace
}  // namespace millrace::storage
