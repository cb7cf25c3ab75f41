#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/producer.h"
#include "storage/offset_store.h"

namespace millrace::runtime {

/// Writes a connector's offsets by a producer that has a transaction open, into its offsets topic; and where the worker's topic
/// is kept up beside that, there too: tombstones before (one in the connector's own topic alone would uncover what the
/// worker's has), the rest once the transaction is committed.
///
/// Threads: one at a time.
class OffsetTransaction {
 public:
  struct Deps {
    kafka::Producer* producer = nullptr;
    std::string topic;
    storage::OffsetStore* beside = nullptr;  ///< null: there is none
    std::string writer;                      ///< for the log: whose offsets they are
  };
  explicit OffsetTransaction(Deps deps) : deps_(std::move(deps)) {}

  /// `deliveries` gets the acknowledgements; that there was a failure the commit tells.
  Result<void> write(std::vector<storage::OffsetEntry> entries, kafka::DeliveryListener& deliveries,
                     std::chrono::milliseconds timeout);
  /// The transaction with what was written is committed.
  void committed();

 private:
  Result<void> remove_beside(std::vector<storage::OffsetEntry> entries, std::chrono::milliseconds timeout);

  const Deps deps_;
  std::vector<storage::OffsetEntry> copies_;  // for `beside`
};

}  // namespace millrace::runtime
