#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/cassandra/cql/wire.h"

namespace millrace::cassandra::cql {

enum class Opcode : std::uint8_t {
  kError = 0x00,
  kStartup = 0x01,
  kReady = 0x02,
  kAuthenticate = 0x03,
  kOptions = 0x05,
  kSupported = 0x06,
  kQuery = 0x07,
  kResult = 0x08,
  kPrepare = 0x09,
  kExecute = 0x0A,
  kRegister = 0x0B,
  kEvent = 0x0C,
  kBatch = 0x0D,
  kAuthChallenge = 0x0E,
  kAuthResponse = 0x0F,
  kAuthSuccess = 0x10,
};

namespace frame_flag {
inline constexpr std::uint8_t kCompressed = 0x01;
inline constexpr std::uint8_t kTracing = 0x02;
inline constexpr std::uint8_t kPayload = 0x04;
inline constexpr std::uint8_t kWarnings = 0x08;
inline constexpr std::uint8_t kBeta = 0x10;
}  // namespace frame_flag

/// One protocol message (called envelope in v5). `body` is decompressed and without tracing id, warnings and payload.
struct Frame {
  std::uint8_t version = 0;  ///< without the response bit
  std::int16_t stream = 0;
  Opcode opcode = Opcode::kError;
  std::vector<std::string> warnings;
  std::string body;
};

/// LZ4 as v4 frames and v5 segments use it.
std::string lz4_compress(std::string_view plain);
/// WireError when the block is broken or does not give exactly `size` bytes.
std::string lz4_decompress(std::string_view block, std::size_t size);

std::uint32_t segment_crc24(std::string_view header) noexcept;
std::uint32_t segment_crc32(std::string_view payload) noexcept;

enum class Compression : std::uint8_t { kNone, kLz4, kSnappy };

enum class Framing : std::uint8_t {
  kPlain,     ///< v3, v4 and the hand-shake of v5
  kSegments,  ///< v5: checksummed segments
};

struct FramingOptions {
  std::uint8_t version = 4;
  Compression compression = Compression::kNone;  ///< Snappy: not over v5
};

/// Turns messages into bytes.
class FrameEncoder {
 public:
  explicit FrameEncoder(FramingOptions options) : options_(options) {}
  void switch_to(Framing framing) { framing_ = framing; }
  /// The version of the requests that follow.
  std::uint8_t version() const noexcept { return options_.version; }
  std::string encode(std::int16_t stream, Opcode opcode, std::string_view body) const;

 private:
  FramingOptions options_;
  Framing framing_ = Framing::kPlain;
};

/// Turns bytes, cut wherever the network cut them, into messages. Throws WireError on what cannot be repaired: a wrong
/// checksum, a length over 256 MiB, a frame that is no response. After that the connection must be closed.
class FrameDecoder {
 public:
  explicit FrameDecoder(FramingOptions options) : options_(options) {}
  void switch_to(Framing framing) { framing_ = framing; }
  void feed(std::string_view bytes);
  /// The next complete message; nullopt when more bytes are needed.
  std::optional<Frame> next();

 private:
  bool unwrap_segment();
  std::optional<Frame> next_frame(std::string& buffer, std::size_t& used);

  FramingOptions options_;
  Framing framing_ = Framing::kPlain;
  std::string input_;  // bytes as they came
  std::size_t input_used_ = 0;
  std::string envelopes_;  // v5: payloads of segments, joined
  std::size_t envelopes_used_ = 0;
};

}  // namespace millrace::cassandra::cql
