// The fuzz target over a seed corpus and mutations of it, with a fixed seed: part of every test run. The preset "fuzz" builds the
// same target for libFuzzer.

#include <gtest/gtest.h>

#include <random>

#include "connectors/cassandra/cql/decoder_fuzz.cc"  // NOLINT(bugprone-suspicious-include): the target itself
#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {
namespace {

std::string frame(Opcode opcode, const std::string& body, FramingOptions options, Framing framing) {
  options.version |= 0x80;
  FrameEncoder encoder(options);
  encoder.switch_to(framing);
  return encoder.encode(3, opcode, body);
}

/// A page with a column of every type.
std::string page_body() {
  Writer out;
  const std::vector<std::pair<std::string, std::string>> columns{
      {Writer().u16(0x0D).take(), "text"},
      {Writer().u16(0x09).take(), encode_i32(7)},
      {Writer().u16(0x06).take(), std::string("\0\0\0\x02\xff", 5)},
      {Writer().u16(0x0E).take(), std::string("\x05\x6b\xc7\x5e\x2d\x63\x10\x00\x00", 9)},
      {Writer().u16(0x0F).take(), *parse_uuid("ac413480-23b4-11e8-8080-808080808080")},
      {Writer().u16(0x10).take(), std::string("\x7f\0\0\x01", 4)},
      {Writer().u16(0x11).take(), encode_i32(INT32_MIN)},
      {Writer().u16(0x12).take(), encode_i64(1)},
      {Writer().u16(0x15).take(), std::string("\x02\x04\x06", 3)},
      {Writer().u16(0x20).u16(0x09).take(), Writer().i32(1).bytes(encode_i32(1)).take()},
      {Writer().u16(0x21).u16(0x0D).u16(0x22).u16(0x02).take(),
       Writer().i32(1).bytes("k").bytes(Writer().i32(1).bytes(encode_i64(5)).take()).take()},
      {Writer().u16(0x31).u16(2).u16(0x0D).u16(0x07).take(), Writer().bytes("a").bytes(encode_i64(0)).take()},
      {Writer().u16(0x30).string("ks").string("t").u16(1).string("f").u16(0x04).take(), Writer().bytes("\x01").take()},
      {Writer().u16(0).string("org.apache.cassandra.db.marshal.VectorType(FloatType , 2)").take(), encode_i64(0)},
  };
  out.i32(2).i32(0x03).i32(static_cast<std::int32_t>(columns.size())).bytes("state").string("ks").string("t");
  for (std::size_t i = 0; i < columns.size(); ++i) out.string("c" + std::to_string(i)).raw(columns[i].first);
  out.i32(2);
  for (int row = 0; row < 2; ++row) {
    for (const auto& column : columns) out.bytes(column.second);
  }
  return out.take();
}

TEST(DecoderFuzz, SeedsAndTheirMutations) {
  std::vector<std::string> seeds;
  for (const std::uint8_t choice : {0, 1, 2, 3, 4, 5, 6, 7, 100, 130, 131, 255}) {
    const FramingOptions options{static_cast<std::uint8_t>((choice & 1) != 0 ? 5 : 4),
                                 (choice & 2) == 0     ? Compression::kNone
                                 : (choice & 128) == 0 ? Compression::kLz4
                                                       : Compression::kSnappy};
    const Framing framing = (choice & 4) != 0 ? Framing::kSegments : Framing::kPlain;
    const std::vector<std::pair<Opcode, std::string>> bodies{
        {Opcode::kResult, page_body()},
        {Opcode::kError, Writer().i32(error_code::kUnprepared).string("gone").string("id").take()},
        {Opcode::kSupported, Writer().u16(1).string("COMPRESSION").u16(1).string("lz4").take()},
        {Opcode::kEvent,
         Writer().string("SCHEMA_CHANGE").string("UPDATED").string("TABLE").string("ks").string("t").take()},
        {Opcode::kResult, Writer()
                              .i32(4)
                              .string("id")
                              .string("meta")
                              .i32(1)
                              .i32(1)
                              .i32(1)
                              .u16(0)
                              .string("ks")
                              .string("t")
                              .string("c")
                              .u16(9)
                              .i32(4)
                              .i32(0)
                              .take()},
    };
    for (const auto& [opcode, body] : bodies) {
      std::string bytes = frame(opcode, body, options, framing);
      // Without segments the version is the first byte and needs no checksum.
      seeds.push_back(std::string(1, static_cast<char>(choice)) + bytes + bytes);
    }
  }
  std::mt19937 random(20160409);
  std::size_t runs = 0;
  for (const auto& seed : seeds) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(seed.data()), seed.size());
    for (int i = 0; i < 400; ++i) {
      std::string input = seed;
      for (std::uint32_t change = random() % 6 + 1; change > 0; --change) {
        const std::size_t at = 1 + random() % (input.size() - 1);
        switch (random() % 4) {
          case 0: input[at] = static_cast<char>(random()); break;
          case 1: input[at] = static_cast<char>(input[at] ^ (1 << (random() % 8))); break;
          case 2: input.erase(at, random() % 9); break;
          default: input.insert(at, random() % 5, static_cast<char>(random() % 2 == 0 ? 0xFF : 0)); break;
        }
        if (input.size() < 2) break;
      }
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
      ++runs;
    }
  }
  EXPECT_EQ(runs, seeds.size() * 400);
}

}  // namespace
}  // namespace millrace::cassandra::cql
