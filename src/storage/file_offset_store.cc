#include "storage/file_offset_store.h"

#include <fmt/core.h>

#include <utility>

#include "base/atomic_file.h"

namespace millrace::storage {

FileOffsetStore::FileOffsetStore(std::string path) : path_(std::move(path)) {}
FileOffsetStore::~FileOffsetStore() { stop(); }

Result<void> FileOffsetStore::start() {
  Result<std::string> bytes = base::read_file(path_, "offsets file");
  if (!bytes && bytes.error().code != Errc::kNotFound) return std::move(bytes).error();
  if (bytes) {
    Result<ByteMap> table = read_java_map(*bytes);
    if (!table) {
      Error error = std::move(table).error();
      error.text =
          fmt::format("offsets file {}: {} (offset.storage.file.filename must name a file written by a Connect worker)",
                      path_, error.text);
      return error;
    }
    table_ = std::move(*table);
  }
  writer_ = base::Thread("offset-file", [this](std::stop_token) { run(); });
  return {};
}

void FileOffsetStore::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

Result<OffsetTable> FileOffsetStore::read(const std::string& key_prefix, std::chrono::milliseconds) {
  const std::lock_guard lock(mutex_);
  OffsetTable stored;
  for (auto at = table_.lower_bound(key_prefix); at != table_.end() && at->first.starts_with(key_prefix); ++at) {
    if (at->second) stored.emplace(at->first, *at->second);
  }
  return stored;
}

void FileOffsetStore::set(std::vector<OffsetEntry> entries, std::function<void(Result<void>)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      requests_.push_back(Request{std::move(entries), std::move(done)});
      changed_.notify_all();
      return;
    }
  }
  Error error;
  error.code = Errc::kCancelled;
  error.text = "the offset store is stopped";
  done(std::move(error));
}

void FileOffsetStore::run() {
  while (true) {
    std::vector<Request> requests;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
      if (requests_.empty()) return;
      requests = std::exchange(requests_, {});
    }
    write(std::move(requests));
  }
}

void FileOffsetStore::write(std::vector<Request> requests) {
  ByteMap next;
  {
    const std::lock_guard lock(mutex_);
    next = table_;
  }
  for (Request& request : requests) {
    for (auto& [key, value] : request.entries) next[key] = std::move(value);
  }
  const Result<void> written = base::replace_file(path_, write_java_map(next), "offsets file");
  if (written) {
    const std::lock_guard lock(mutex_);
    table_ = std::move(next);
  }
  for (Request& request : requests) request.done(written);
}

}  // namespace millrace::storage
