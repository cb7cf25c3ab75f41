#include "storage/status_store.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

Status status(State state, const std::string& worker, std::int32_t generation) {
  Status status;
  status.state = state;
  status.worker_id = worker;
  status.generation = generation;
  return status;
}

TEST(StatusTable, AnUnassignedThatOvertookAnotherWorkersStartIsLate) {
  const Status running = status(State::kRunning, "b:8083", 5);
  EXPECT_TRUE(StatusTable::is_late(running, status(State::kUnassigned, "a:8083", 4)));
  EXPECT_TRUE(StatusTable::is_late(running, status(State::kUnassigned, "a:8083", 5)));
  EXPECT_FALSE(StatusTable::is_late(running, status(State::kUnassigned, "a:8083", 6)));
  EXPECT_FALSE(StatusTable::is_late(running, status(State::kFailed, "a:8083", 4)));
}

TEST(StatusTable, WhatAWorkerStopsAfterItsOwnStartIsNeverLate) {
  EXPECT_FALSE(StatusTable::is_late(status(State::kRunning, "a:8083", 5), status(State::kUnassigned, "a:8083", 5)));
}

TEST(StatusTable, NothingIsLateBeforeAnythingRuns) {
  EXPECT_FALSE(StatusTable::is_late(std::nullopt, status(State::kUnassigned, "a:8083", 5)));
  EXPECT_FALSE(StatusTable::is_late(status(State::kFailed, "b:8083", 5), status(State::kUnassigned, "a:8083", 5)));
}

TEST(StatusTable, ASafeStatusGivesWayToANewerGenerationOfAnotherWorker) {
  const Status running = status(State::kRunning, "b:8083", 5);
  EXPECT_FALSE(StatusTable::safe_to_replace(running, status(State::kFailed, "a:8083", 4)));
  EXPECT_TRUE(StatusTable::safe_to_replace(running, status(State::kFailed, "a:8083", 5)));
  EXPECT_TRUE(StatusTable::safe_to_replace(running, status(State::kFailed, "b:8083", 4)));
  EXPECT_TRUE(StatusTable::safe_to_replace(std::nullopt, status(State::kFailed, "a:8083", 4)));
}

}  // namespace
}  // namespace millrace::storage
