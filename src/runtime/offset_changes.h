#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/config/connector_config.h"
#include "runtime/herder.h"
#include "runtime/worker.h"

namespace millrace::runtime {

/// Offsets of connectors as REST shows and changes them (KIP-875). The caller has checked that the
/// connector is stopped. Blocks up to REST's 90 s.
class OffsetChanges {
 public:
  OffsetChanges(Worker& worker, const PluginRegistry& plugins) : worker_(worker), plugins_(plugins) {}

  Result<std::vector<PartitionOffset>> read(const std::string& connector, ConnectorType type, const Props& config);
  /// How a source's offsets are written: in a transaction by the producer of its task 0 where its tasks write theirs so.
  enum class Writes : std::uint8_t { kPlain, kTransaction };
  /// `offsets` nullopt: reset all. The message of success.
  Result<std::string> change(const std::string& connector, ConnectorType type, const Props& config,
                             const std::optional<std::vector<PartitionOffset>>& offsets, Writes writes);

  static Error must_be_stopped(const std::string& connector);

 private:
  Result<bool> change_source(const std::string& connector, const Props& config,
                             const std::optional<std::vector<PartitionOffset>>& offsets, Writes writes);
  Result<void> write_in_transaction(const std::string& connector, const Props& config,
                                    const ConnectorOffsetStore& where, std::vector<storage::OffsetEntry> entries);
  Result<bool> change_sink(const std::string& connector, const Props& config,
                           const std::optional<std::vector<PartitionOffset>>& offsets);

  Worker& worker_;
  const PluginRegistry& plugins_;
};

}  // namespace millrace::runtime
