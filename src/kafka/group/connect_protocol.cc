#include "kafka/group/connect_protocol.h"

#include <algorithm>
#include <utility>

namespace millrace::kafka {
namespace {

constexpr std::int32_t kConnectorItself = -1;
constexpr std::int32_t kMostElements = 1'000'000;

class Writer {
 public:
  template <class Int>
  void number(Int value) {
    for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
      out_ += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xFF);
    }
  }
  void text(std::string_view value) {
    number(static_cast<std::int16_t>(value.size()));
    out_ += value;
  }
  void bytes(const std::optional<std::string>& value) {
    number(value ? static_cast<std::int32_t>(value->size()) : -1);
    if (value) out_ += *value;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  template <class Int>
  Int number() {
    if (left_.size() < sizeof(Int)) {
      failed_ = true;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i) value = value << 8 | static_cast<unsigned char>(left_[i]);
    left_.remove_prefix(sizeof(Int));
    return static_cast<Int>(value);
  }
  std::string text() { return take(number<std::int16_t>()).value_or(""); }
  std::optional<std::string> nullable_bytes() {
    const auto size = number<std::int32_t>();
    return size == -1 ? std::nullopt : take(size);
  }
  bool at_end() const noexcept { return left_.empty(); }
  bool failed() const noexcept { return failed_; }
  void fail() noexcept { failed_ = true; }

 private:
  std::optional<std::string> take(std::int64_t size) {
    if (failed_ || size < 0 || static_cast<std::size_t>(size) > left_.size()) {
      failed_ = true;
      return std::nullopt;
    }
    std::string part(left_.substr(0, static_cast<std::size_t>(size)));
    left_.remove_prefix(static_cast<std::size_t>(size));
    return part;
  }

  std::string_view left_;
  bool failed_ = false;
};

/// Connectors with their own mark and their tasks; then connectors of which only tasks are in the share.
void write_share(Writer& writer, const ConnectorsAndTasks& share) {
  std::vector<std::pair<std::string, std::vector<std::int32_t>>> elements;
  const auto element = [&](const std::string& connector) -> std::vector<std::int32_t>& {
    const auto found =
        std::find_if(elements.begin(), elements.end(), [&](const auto& e) { return e.first == connector; });
    if (found != elements.end()) return found->second;
    return elements.emplace_back(connector, std::vector<std::int32_t>()).second;
  };
  for (const std::string& connector : share.connectors) element(connector).push_back(kConnectorItself);
  for (const TaskId& task : share.tasks) element(task.connector).push_back(task.task);
  writer.number(static_cast<std::int32_t>(elements.size()));
  for (const auto& [connector, tasks] : elements) {
    writer.text(connector);
    writer.number(static_cast<std::int32_t>(tasks.size()));
    for (const std::int32_t task : tasks) writer.number(task);
  }
}

ConnectorsAndTasks read_share(Reader& reader) {
  ConnectorsAndTasks share;
  const auto count = reader.number<std::int32_t>();
  if (count > kMostElements) reader.fail();
  for (std::int32_t i = 0; i < count && !reader.failed(); ++i) {
    const std::string connector = reader.text();
    const auto tasks = reader.number<std::int32_t>();
    if (tasks > kMostElements) reader.fail();
    for (std::int32_t t = 0; t < tasks && !reader.failed(); ++t) {
      const auto task = reader.number<std::int32_t>();
      if (task == kConnectorItself) {
        share.connectors.push_back(connector);
      } else {
        share.tasks.push_back({connector, task});
      }
    }
  }
  return share;
}

ConnectProtocolVersion version_of(std::int16_t number) {
  return static_cast<ConnectProtocolVersion>(std::min<std::int16_t>(number, 2));
}

Error malformed(const char* what) {
  return Error{
      .code = Errc::kInvalid,
      .text = std::string("group protocol: the bytes of a worker's ") + what +
              " are cut short or malformed; is a program other than a Kafka Connect worker using this group.id?"};
}

}  // namespace

const char* name_of(ConnectProtocolVersion version) noexcept {
  switch (version) {
    case ConnectProtocolVersion::kEager: return "default";
    case ConnectProtocolVersion::kCompatible: return "compatible";
    case ConnectProtocolVersion::kSessioned: return "sessioned";
  }
  return "";
}

std::optional<ConnectProtocolVersion> connect_protocol_of(std::string_view name) noexcept {
  for (const auto version :
       {ConnectProtocolVersion::kEager, ConnectProtocolVersion::kCompatible, ConnectProtocolVersion::kSessioned}) {
    if (name == name_of(version)) return version;
  }
  return std::nullopt;
}

std::string encode(const Assignment& assignment) {
  Writer writer;
  writer.number(static_cast<std::int16_t>(assignment.version));
  writer.number(assignment.error);
  writer.text(assignment.leader);
  writer.text(assignment.leader_url);
  writer.number(assignment.config_offset);
  write_share(writer, assignment.assigned);
  if (assignment.version != ConnectProtocolVersion::kEager) {
    write_share(writer, assignment.revoked);
    writer.number(assignment.delay_ms);
  }
  return writer.take();
}

std::string encode(const WorkerMetadata& metadata) {
  Writer writer;
  writer.number(static_cast<std::int16_t>(metadata.version));
  writer.text(metadata.url);
  writer.number(metadata.config_offset);
  if (metadata.version != ConnectProtocolVersion::kEager) {
    writer.bytes(metadata.allocation ? std::optional(encode(*metadata.allocation)) : std::nullopt);
  }
  return writer.take();
}

Result<Assignment> decode_assignment(std::string_view bytes) {
  Reader reader(bytes);
  Assignment assignment;
  const auto version = reader.number<std::int16_t>();
  if (version < 0) return malformed("assignment");
  assignment.version = version_of(version);
  assignment.error = reader.number<std::int16_t>();
  assignment.leader = reader.text();
  assignment.leader_url = reader.text();
  assignment.config_offset = reader.number<std::int64_t>();
  assignment.assigned = read_share(reader);
  if (assignment.version != ConnectProtocolVersion::kEager && !reader.at_end()) {
    assignment.revoked = read_share(reader);
    if (!reader.at_end()) assignment.delay_ms = reader.number<std::int32_t>();
  }
  if (reader.failed()) return malformed("assignment");
  return assignment;
}

Result<WorkerMetadata> decode_metadata(std::string_view bytes) {
  Reader reader(bytes);
  WorkerMetadata metadata;
  const auto version = reader.number<std::int16_t>();
  if (version < 0) return malformed("metadata");
  metadata.version = version_of(version);
  metadata.url = reader.text();
  metadata.config_offset = reader.number<std::int64_t>();
  if (metadata.version != ConnectProtocolVersion::kEager && !reader.at_end()) {
    if (const std::optional<std::string> allocation = reader.nullable_bytes(); allocation && !allocation->empty()) {
      Result<Assignment> decoded = decode_assignment(*allocation);
      if (!decoded.ok()) return std::move(decoded).error();
      metadata.allocation = std::move(*decoded);
    }
  }
  if (reader.failed()) return malformed("metadata");
  return metadata;
}

}  // namespace millrace::kafka
