#include "connectors/cassandra/cql/frame.h"

#include <lz4.h>
#include <zlib.h>

#include <algorithm>

#include "connectors/cassandra/cql/snappy.h"

namespace millrace::cassandra::cql {

namespace {

constexpr std::size_t kHeaderSize = 9;
constexpr std::int32_t kMaxBody = 256 * 1024 * 1024;
constexpr std::size_t kMaxPayload = 131071;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
}

/// Drops the consumed front of a buffer when it is worth the move.
void compact(std::string& buffer, std::size_t& used) {
  if (used == buffer.size()) {
    buffer.clear();
    used = 0;
  } else if (used > 64 * 1024 && used > buffer.size() / 2) {
    buffer.erase(0, used);
    used = 0;
  }
}

}  // namespace

std::string lz4_compress(std::string_view plain) {
  std::string out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(plain.size()))), '\0');
  const int size =
      LZ4_compress_default(plain.data(), out.data(), static_cast<int>(plain.size()), static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(std::max(size, 0)));
  return out;
}

std::string lz4_decompress(std::string_view block, std::size_t size) {
  if (size > static_cast<std::size_t>(kMaxBody)) {
    throw WireError("a compressed message declares " + std::to_string(size) + " bytes, more than 256 MiB");
  }
  // LZ4 makes at most 255 bytes out of one.
  if (size > 255 * block.size() + 64) {
    throw WireError("a compressed message of " + std::to_string(block.size()) + " bytes declares " +
                    std::to_string(size));
  }
  std::string out(size, '\0');
  const int got = LZ4_decompress_safe(block.data(), out.data(), static_cast<int>(block.size()), static_cast<int>(size));
  if (got < 0 || static_cast<std::size_t>(got) != size) throw WireError("an LZ4 block is broken");
  return out;
}

std::uint32_t segment_crc24(std::string_view header) noexcept {
  std::uint32_t crc = 0x875060;
  for (const char c : header) {
    crc ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(c)) << 16;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1;
      if ((crc & 0x1000000U) != 0) crc ^= 0x1974F0BU;
    }
  }
  return crc;
}

std::uint32_t segment_crc32(std::string_view payload) noexcept {
  // The protocol starts with these four bytes.
  static const uLong kStart = crc32(0, reinterpret_cast<const Bytef*>("\xFA\x2D\x55\xCA"), 4);
  return static_cast<std::uint32_t>(
      crc32(kStart, reinterpret_cast<const Bytef*>(payload.data()), static_cast<uInt>(payload.size())));
}

std::string FrameEncoder::encode(std::int16_t stream, Opcode opcode, std::string_view body) const {
  const bool handshake = opcode == Opcode::kStartup || opcode == Opcode::kOptions;
  std::string compressed;
  std::uint8_t flags = 0;
  const bool packs = framing_ == Framing::kPlain && options_.version < 5 && !handshake && !body.empty();
  if (packs && options_.compression != Compression::kNone) {
    Writer packed;
    if (options_.compression == Compression::kLz4) {
      packed.i32(static_cast<std::int32_t>(body.size())).raw(lz4_compress(body));
    } else {
      packed.raw(snappy_compress(body));
    }
    compressed = packed.take();
    body = compressed;
    flags |= frame_flag::kCompressed;
  }
  Writer frame;
  frame.u8(options_.version).u8(flags).u16(static_cast<std::uint16_t>(stream)).u8(static_cast<std::uint8_t>(opcode));
  frame.long_string(body);
  std::string plain = frame.take();
  if (framing_ == Framing::kPlain) return plain;

  std::string out;
  out.reserve(plain.size() + 16 * (plain.size() / kMaxPayload + 1));
  const bool self_contained = plain.size() <= kMaxPayload;
  for (std::size_t at = 0; at < plain.size(); at += kMaxPayload) {
    const std::string_view part = std::string_view(plain).substr(at, kMaxPayload);
    std::string packed;
    std::string_view payload = part;
    std::uint64_t header = part.size();
    int header_size = 3;
    if (options_.compression == Compression::kLz4) {
      header_size = 5;
      packed = lz4_compress(part);
      if (packed.size() < part.size()) {
        payload = packed;
        header = packed.size() | (static_cast<std::uint64_t>(part.size()) << 17);
      }
      if (self_contained) header |= 1ULL << 34;
    } else if (self_contained) {
      header |= 1ULL << 17;
    }
    std::string head;
    append_little_endian(head, header, header_size);
    out += head;
    append_little_endian(out, segment_crc24(head), 3);
    out += payload;
    append_little_endian(out, segment_crc32(payload), 4);
  }
  return out;
}

void FrameDecoder::feed(std::string_view bytes) {
  compact(input_, input_used_);
  input_.append(bytes);
}

std::optional<Frame> FrameDecoder::next() {
  if (framing_ == Framing::kPlain) return next_frame(input_, input_used_);
  while (true) {
    if (auto frame = next_frame(envelopes_, envelopes_used_)) return frame;
    if (!unwrap_segment()) return std::nullopt;
  }
}

/// Moves the payload of one whole segment to `envelopes_`; false when it has not arrived yet.
bool FrameDecoder::unwrap_segment() {
  const std::size_t header_size = options_.compression == Compression::kLz4 ? 5 : 3;
  const std::string_view input = std::string_view(input_).substr(input_used_);
  if (input.size() < header_size + 3) return false;
  const auto head = input.substr(0, header_size);
  if (little_endian(input.substr(header_size, 3)) != segment_crc24(head)) {
    throw WireError("the checksum of a segment header is wrong");
  }
  const std::uint64_t header = little_endian(head);
  const std::size_t length = header & 0x1FFFF;
  const std::size_t plain_length = options_.compression == Compression::kLz4 ? (header >> 17) & 0x1FFFF : 0;
  if (input.size() < header_size + 3 + length + 4) return false;
  const auto payload = input.substr(header_size + 3, length);
  if (little_endian(input.substr(header_size + 3 + length, 4)) != segment_crc32(payload)) {
    throw WireError("the checksum of a segment's payload is wrong");
  }
  compact(envelopes_, envelopes_used_);
  if (plain_length != 0) {
    envelopes_ += lz4_decompress(payload, plain_length);
  } else {
    envelopes_ += payload;
  }
  input_used_ += header_size + 3 + length + 4;
  return true;
}

std::optional<Frame> FrameDecoder::next_frame(std::string& buffer, std::size_t& used) {
  const std::string_view input = std::string_view(buffer).substr(used);
  if (input.size() < kHeaderSize) return std::nullopt;
  Reader header(input.substr(0, kHeaderSize));
  const std::uint8_t version = header.u8();
  const std::uint8_t flags = header.u8();
  Frame frame;
  frame.version = version & 0x7F;
  frame.stream = static_cast<std::int16_t>(header.u16());
  frame.opcode = static_cast<Opcode>(header.u8());
  const std::int32_t length = header.i32();
  if ((version & 0x80) == 0 || frame.version < 1 || frame.version > 10) {
    throw WireError("the peer does not answer in the CQL protocol (first byte " + std::to_string(version) + ")");
  }
  if (length < 0 || length > kMaxBody) throw WireError("a message declares " + std::to_string(length) + " bytes");
  const auto size = static_cast<std::size_t>(length);
  if (input.size() < kHeaderSize + size) {
    if (buffer.capacity() < used + kHeaderSize + size && size <= 4 * 1024 * 1024)
      buffer.reserve(used + kHeaderSize + size);
    return std::nullopt;
  }
  std::string_view body = input.substr(kHeaderSize, size);
  constexpr std::uint8_t kKnown =
      frame_flag::kCompressed | frame_flag::kTracing | frame_flag::kPayload | frame_flag::kWarnings | frame_flag::kBeta;
  if ((flags & ~kKnown) != 0) throw WireError("unknown flags " + std::to_string(flags) + " in a response");
  std::string plain;
  if ((flags & frame_flag::kCompressed) != 0 && framing_ == Framing::kPlain) {
    if (options_.compression == Compression::kNone) throw WireError("a response is compressed, which was not agreed");
    if (options_.compression == Compression::kSnappy) {
      plain = snappy_decompress(body);
    } else {
      Reader packed(body);
      const std::int32_t plain_size = packed.i32();
      if (plain_size < 0) throw WireError("a compressed message declares a negative size");
      plain = lz4_decompress(packed.raw(packed.remaining()), static_cast<std::size_t>(plain_size));
    }
    body = plain;
  }
  Reader prefix(body);
  if ((flags & frame_flag::kTracing) != 0) prefix.raw(16);
  if ((flags & frame_flag::kWarnings) != 0) frame.warnings = prefix.string_list();
  if ((flags & frame_flag::kPayload) != 0) {
    for (std::uint16_t n = prefix.u16(); n > 0; --n) {
      prefix.string();
      prefix.bytes();
    }
  }
  frame.body =
      !plain.empty() && prefix.position() == 0 ? std::move(plain) : std::string(body.substr(prefix.position()));
  used += kHeaderSize + size;
  compact(buffer, used);
  return frame;
}

}  // namespace millrace::cassandra::cql
