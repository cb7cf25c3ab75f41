// Vectors of the protocol specifications and of an independent client, and what broken bytes do.

#include <gtest/gtest.h>

#include <limits>

#include "connectors/cassandra/cql/frame.h"
#include "connectors/cassandra/cql/message.h"
#include "connectors/cassandra/cql/session.h"
#include "connectors/cassandra/cql/snappy.h"
#include "connectors/cassandra/cql/token.h"
#include "connectors/cassandra/cql/topology.h"
#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {
namespace {

std::string unhex(std::string_view text) {
  std::string out;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits.push_back(c);
    if (digits.size() == 2) {
      out.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return out;
}

TEST(Wire, UnsignedVints) {
  for (const auto& [value, bytes] : std::vector<std::pair<std::uint64_t, std::string>>{{0, "00"},
                                                                                       {127, "7f"},
                                                                                       {128, "8080"},
                                                                                       {256000, "c3e800"},
                                                                                       {512000, "c7d000"},
                                                                                       {~0ULL, "ffffffffffffffffff"}}) {
    EXPECT_EQ(hex(Writer().unsigned_vint(value).take()), bytes);
    const std::string input = unhex(bytes);
    EXPECT_EQ(Reader(input).unsigned_vint(), value);
  }
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{256000}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    const std::string bytes = Writer().vint(value).take();
    EXPECT_EQ(Reader(bytes).vint(), value);
  }
}

TEST(Wire, ShortInputIsAnErrorAndReadsNothingBeyondTheEnd) {
  EXPECT_THROW(Reader("\x01").u16(), WireError);
  EXPECT_THROW(Reader(std::string_view("\x00\x05"
                                       "ab",
                                       4))
                   .string(),
               WireError);
  EXPECT_THROW(Reader(unhex("7fffffff")).bytes(), WireError);
  EXPECT_EQ(Reader(unhex("ffffffff")).bytes(), std::nullopt);
}

TEST(Segments, ChecksumsOfTheSpecification) {
  EXPECT_EQ(segment_crc24(unhex("090002")), 0xc1c8a4U);
  EXPECT_EQ(segment_crc32(""), 0x44777ed3U);
  EXPECT_EQ(segment_crc32("123456789"), 0xe2a261a7U);
}

/// What a server would send: the same bytes with the response bit set.
std::string as_response(std::string frame, bool segment) {
  if (!segment) {
    frame[0] = static_cast<char>(frame[0] | 0x80);
    return frame;
  }
  return frame;
}

Frame round_trip(FramingOptions options, Framing framing, const std::string& body, std::size_t step) {
  FrameEncoder encoder(options);
  encoder.switch_to(framing);
  // Inside a segment the response bit lies under the checksum: the encoder is told a version that has it.
  FramingOptions response = options;
  if (framing == Framing::kSegments) response.version |= 0x80;
  FrameEncoder server(response);
  server.switch_to(framing);
  const std::string bytes = as_response(server.encode(7, Opcode::kResult, body), framing == Framing::kSegments);
  FrameDecoder decoder(options);
  decoder.switch_to(framing);
  std::optional<Frame> frame;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    EXPECT_FALSE(frame.has_value());
    decoder.feed(std::string_view(bytes).substr(at, step));
    frame = decoder.next();
  }
  EXPECT_TRUE(frame.has_value());
  return frame.value_or(Frame{});
}

TEST(Frames, RoundTripInAnyCut) {
  std::string big(300000, 'x');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 7 + i / 1000);
  for (const auto& body : {std::string(), std::string("a"), big}) {
    for (const auto compression : {Compression::kNone, Compression::kLz4, Compression::kSnappy}) {
      for (const std::size_t step : {std::size_t{1000}, std::size_t{1} << 20}) {
        EXPECT_EQ(round_trip({4, compression}, Framing::kPlain, body, step).body, body);
        if (compression == Compression::kSnappy) continue;
        const auto frame = round_trip({5, compression}, Framing::kSegments, body, step);
        EXPECT_EQ(frame.body, body);
        EXPECT_EQ(frame.stream, 7);
      }
    }
  }
}

TEST(Frames, BrokenOnesAreRefused) {
  FrameDecoder not_cql({4, Compression::kNone});
  not_cql.feed("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_THROW(not_cql.next(), WireError);
  FrameDecoder huge({4, Compression::kNone});
  huge.feed(unhex("84 00 0000 08 12c00000"));  // 300 MB
  EXPECT_THROW(huge.next(), WireError);
  FrameDecoder flipped({5, Compression::kNone});
  flipped.switch_to(Framing::kSegments);
  std::string bytes = unhex("010002 7256ac 01 0b2b9bba");
  bytes[1] = 1;
  flipped.feed(bytes);
  EXPECT_THROW(flipped.next(), WireError);
  FrameDecoder bomb({4, Compression::kLz4});
  bomb.feed(unhex("84 01 0000 08 00000005 0fffffff 00"));
  EXPECT_THROW(bomb.next(), WireError);
}

TEST(Snappy, BlocksOfTheFormatDescription) {
  EXPECT_EQ(snappy_decompress(unhex("00")), "");
  EXPECT_EQ(snappy_decompress(unhex("05 10 68656c6c6f")), "hello");
  // "ab" and a copy of eight bytes that overlaps itself, in each of the three forms.
  EXPECT_EQ(snappy_decompress(unhex("0a 04 6162 11 02")), "ababababab");
  EXPECT_EQ(snappy_decompress(unhex("0a 04 6162 1e 0200")), "ababababab");
  EXPECT_EQ(snappy_decompress(unhex("0a 04 6162 1f 02000000")), "ababababab");
  EXPECT_LT(snappy_compress(std::string(200000, 'x')).size(), 10000U);
  for (const char* broken : {"", "05", "05 10 6865", "ff ff ff ff ff 01", "0a 04 6162 11 03", "0a 04 6162 11 00",
                             "03 04 6162 11 02", "0b 04 6162 11 02", "02 f0"})
    EXPECT_THROW(snappy_decompress(unhex(broken)), WireError) << broken;
}

TEST(Snappy, WhateverIsPackedComesBack) {
  std::uint32_t random = 1;
  for (std::size_t round = 0; round < 200; ++round) {
    std::string plain;
    const std::size_t size = round * round * 5U;
    while (plain.size() < size) {
      random = random * 1664525U + 1013904223U;
      if ((random >> 28U) < 8 && plain.size() > 8) {
        const std::size_t from = (random >> 8U) % (plain.size() - 4);
        plain += std::string(plain, from, random >> 26U);
      } else {
        plain.push_back(static_cast<char>(random >> 20U));
      }
    }
    ASSERT_EQ(snappy_decompress(snappy_compress(plain)), plain) << round;
  }
}

TEST(Tokens, AgreeWithTheServer) {
  EXPECT_EQ(murmur3_token(encode_i32(1)), -4069959284402364209);
  EXPECT_EQ(murmur3_token(encode_i32(-1)), 7297452126230313552);
  EXPECT_EQ(murmur3_token(encode_i64(123)), 8388530992993956647);
  EXPECT_EQ(murmur3_token("a"), -8839064797231613815);
  EXPECT_EQ(murmur3_token("hello"), -3758069500696749310);
  EXPECT_EQ(murmur3_token("device-0001"), 3720963895966726722);
  EXPECT_EQ(murmur3_token(unhex("000102030405060708090a0b0c0d0e0f")), 4920504430128807728);
  EXPECT_EQ(murmur3_token(unhex("000102030405060708090a0b0c0d0e0f10")), 6662781046685680142);
  EXPECT_EQ(murmur3_token(std::string(15, '\xff')), -2195530867418009455);
  EXPECT_EQ(murmur3_token(std::string(16, '\xff')), -2824192546314762522);
  EXPECT_EQ(murmur3_token(std::string(31, '\x80')), 2158224688659817168);
  EXPECT_EQ(murmur3_token("\xc3\xa9"), 5461403030378599040);
  EXPECT_EQ(murmur3_token(*parse_uuid("123e4567-e89b-12d3-a456-426655440000")), -6129097125723764871);
  const std::string one = encode_i32(1);
  EXPECT_EQ(murmur3_token(partition_key_bytes({"a", one})), 8247712171917364652);
  EXPECT_EQ(murmur3_token(""), std::numeric_limits<std::int64_t>::min());
}

TEST(Tokens, SplittingTheRingCoversEveryTokenOnce) {
  for (const auto& tokens : std::vector<std::vector<std::int64_t>>{
           {}, {0}, {-5, 9000000000000000000}, {std::numeric_limits<std::int64_t>::max()}}) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
      const auto ranges = split_ring(tokens, count);
      ASSERT_FALSE(ranges.empty());
      EXPECT_GE(ranges.size(), count);
      EXPECT_EQ(ranges.front().start, std::numeric_limits<std::int64_t>::min());
      EXPECT_EQ(ranges.back().end, std::numeric_limits<std::int64_t>::max());
      for (std::size_t i = 0; i < ranges.size(); ++i) {
        EXPECT_LT(ranges[i].start, ranges[i].end);
        if (i > 0) {
          EXPECT_EQ(ranges[i].start, ranges[i - 1].end);
        }
      }
    }
  }
}

TEST(Replicas, NetworkTopologyPrefersOtherRacks) {
  TokenRing ring;
  for (std::size_t node = 0; node < 4; ++node) {
    ring.add(static_cast<std::int64_t>(node) * 100, node);
    ring.set_place(node, {"dc1", node < 2 ? "r1" : "r2"});
  }
  ring.finish();
  const auto replication =
      Replication::from({{"class", "org.apache.cassandra.locator.NetworkTopologyStrategy"}, {"dc1", "3"}});
  EXPECT_EQ(ring.replicas(0, replication), (std::vector<std::size_t>{0, 2, 1}));
  EXPECT_EQ(ring.replicas(301, replication), (std::vector<std::size_t>{0, 2, 1}));
  EXPECT_EQ(ring.replicas(50, Replication::from({{"class", "SimpleStrategy"}, {"replication_factor", "2"}})),
            (std::vector<std::size_t>{1, 2}));
}

TEST(Types, ClassNames) {
  EXPECT_EQ(parse_class_name("org.apache.cassandra.db.marshal.DurationType").cql(), "duration");
  EXPECT_EQ(
      parse_class_name("org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3)")
          .cql(),
      "vector<float, 3>");
  EXPECT_EQ(parse_class_name("MapType(UTF8Type,FrozenType(ListType(Int32Type)))").cql(), "map<text, list<int>>");
  const auto udt = parse_class_name("UserType(ks,61646472,6369747900:UTF8Type,7a6970:Int32Type)");
  EXPECT_EQ(udt.name, "addr");
  EXPECT_EQ(udt.params.size(), 2U);
  EXPECT_EQ(parse_class_name("com.acme.Strange(1,2").id, TypeId::kCustom);
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "ListType(";
  EXPECT_EQ(parse_class_name(deep).id, TypeId::kCustom);
}

TEST(Types, DeepNestingOnTheWireIsRefused) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += unhex("0020");
  Reader in(deep);
  EXPECT_THROW(read_type(in), WireError);
}

TEST(Values, Texts) {
  EXPECT_EQ(uuid_text(*parse_uuid("AE7CDFB0-23b4-11e8-8080-808080808080")), "ae7cdfb0-23b4-11e8-8080-808080808080");
  EXPECT_EQ(parse_uuid("ae7cdfb0"), std::nullopt);
  EXPECT_EQ(timeuuid_ms(*parse_uuid("ac413480-23b4-11e8-8080-808080808080")), 1520611952584);
  EXPECT_EQ(timeuuid_ms(*parse_uuid("ac415b8f-23b4-11e8-7f7f-7f7f7f7f7f7f")), 1520611952584);
  EXPECT_EQ(inet_text(unhex("20010db8000000000000000000000001")), "2001:db8::1");
  EXPECT_EQ(java_inet_text(unhex("20010db8000000000000000000000001")), "2001:db8:0:0:0:0:0:1");
  EXPECT_EQ(date_text(0), "1970-01-01");
  EXPECT_EQ(date_text(-25567), "1900-01-01");
  EXPECT_EQ(parse_date("2018-03-09"), 0x44bf);
  EXPECT_EQ(time_text(0x385875c32200), "17:12:32.584000000");
  EXPECT_EQ(instant_text(1520611952584), "2018-03-09T16:12:32.584Z");
  EXPECT_EQ(parse_instant("2018-03-09T16:12:32.584Z"), 1520611952584);
  EXPECT_EQ(parse_instant("2018-03-09T16:12:32Z"), 1520611952000);
  EXPECT_EQ(duration_text(read_duration(unhex("020406"))), "1mo2d3ns");
  EXPECT_EQ(duration_text(read_duration(unhex("010305"))), "-1mo2d3ns");
  EXPECT_EQ(duration_text(read_duration(unhex("183efc068c61714000"))), "1y31d1h");
  EXPECT_EQ(decode_i64(unhex("ff7f")), -129);
}

TEST(Values, CivilDatesRoundTrip) {
  for (std::int64_t day = -800000; day < 800000; day += 37) {
    const auto date = civil_from_days(day);
    EXPECT_EQ(days_from_civil(date.year, date.month, date.day), day);
  }
}

TEST(Names, AreQuotedWhereCqlNeedsIt) {
  EXPECT_EQ(quoted_name("metrics_1"), "metrics_1");
  EXPECT_EQ(quoted_name("Metrics"), "\"Metrics\"");
  EXPECT_EQ(quoted_name("token"), "\"token\"");
  EXPECT_EQ(quoted_name("a\"b"), "\"a\"\"b\"");
}

TEST(Messages, ErrorsAreReadEvenWhenTheirExtrasAreCutOff) {
  Writer body;
  body.i32(error_code::kWriteTimeout).string("too slow").u16(1).i32(0);
  Frame frame;
  frame.opcode = Opcode::kError;
  frame.body = body.take();
  const auto response = decode_response(std::move(frame));
  const auto& error = std::get<ServerError>(response);
  EXPECT_EQ(error.message, "too slow");
  EXPECT_STREQ(error_name(error.code), "Write timeout");
}

TEST(Messages, RowsThatCannotBeThereAreRefused) {
  Writer body;
  body.i32(2).i32(1).i32(1).string("ks").string("t").string("c").u16(9).i32(1000000);
  Frame frame;
  frame.opcode = Opcode::kResult;
  frame.body = body.take();
  EXPECT_THROW(decode_response(std::move(frame)), WireError);
}

TEST(Messages, ConsistencyNames) {
  EXPECT_EQ(parse_consistency("local_quorum"), Consistency::kLocalQuorum);
  EXPECT_EQ(parse_consistency("MOST"), std::nullopt);
  EXPECT_STREQ(name_of(Consistency::kLocalOne), "LOCAL_ONE");
}

}  // namespace
}  // namespace millrace::cassandra::cql
