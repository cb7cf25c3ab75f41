#include "storage/connector_offsets.h"

#include "base/log.h"
#include "millrace/errors.h"
#include "storage/offset_codec.h"

namespace millrace::storage {
namespace {

base::Log& offsets_log() {
  static base::Log& log = base::log_named("org.apache.kafka.connect.storage.OffsetStorageReaderImpl");
  return log;
}

OffsetMap parsed(const std::string& key, const std::string& value) {
  Result<OffsetMap> offset = decode_offset_value(value);
  if (offset) return std::move(*offset);
  offsets_log().error("CRITICAL: the stored offset of {} cannot be read and counts as missing: {}", key,
                      offset.error().text);
  return nullptr;
}

}  // namespace

OffsetMap ConnectorOffsets::offset(const Map& partition) { return offsets({partition}).front(); }

std::vector<OffsetMap> ConnectorOffsets::offsets(const std::vector<Map>& partitions) {
  Result<OffsetTable> table = store_.read(offset_key_prefix(connector_), timeout_);
  if (!table) throw ConnectError("Failed to fetch offsets: " + table.error().text);
  std::map<std::string, const std::string*> by_content;  // canonical partition -> key; made when first needed
  std::vector<OffsetMap> result;
  for (const Map& partition : partitions) {
    const auto shared = std::make_shared<const Map>(partition);
    Result<std::string> key = encode_offset_key(connector_, shared);
    if (!key) throw ConnectError(key.error().text);
    auto at = table->find(*key);
    if (at == table->end() && !table->empty()) {
      if (by_content.empty()) {
        for (const auto& entry : *table) {
          if (const auto decoded = decode_offset_key(entry.first)) {
            by_content.emplace(canonical_partition(decoded->partition), &entry.first);
          }
        }
      }
      const std::string content = canonical_partition(shared);
      if (const auto same = by_content.find(content); same != by_content.end()) {
        at = table->find(*same->second);
        const std::lock_guard lock(mutex_);
        found_keys_[content] = *same->second;
      }
    }
    result.push_back(at == table->end() ? nullptr : parsed(at->first, at->second));
  }
  return result;
}

Result<std::vector<std::pair<OffsetMap, OffsetMap>>> ConnectorOffsets::all() {
  Result<OffsetTable> table = store_.read(offset_key_prefix(connector_), timeout_);
  if (!table) return std::move(table).error();
  std::vector<std::pair<OffsetMap, OffsetMap>> result;
  for (const auto& [key, value] : *table) {
    const auto decoded = decode_offset_key(key);
    if (!decoded || !decoded->partition) continue;
    {
      const std::lock_guard lock(mutex_);
      found_keys_[canonical_partition(decoded->partition)] = key;
    }
    if (OffsetMap offset = parsed(key, value)) result.emplace_back(decoded->partition, std::move(offset));
  }
  return result;
}

Result<std::string> ConnectorOffsets::key_of(const OffsetMap& partition) {
  {
    const std::lock_guard lock(mutex_);
    if (!found_keys_.empty()) {
      if (const auto found = found_keys_.find(canonical_partition(partition)); found != found_keys_.end())
        return found->second;
    }
  }
  return encode_offset_key(connector_, partition);
}

}  // namespace millrace::storage
