#include "kafka/wire/messages.h"

#include <gtest/gtest.h>

#include <string>

#include "kafka/wire/codec.h"
#include "kafka/wire/scram.h"
#include "kafka/wire/socket.h"

namespace millrace::kafka::wire {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : bytes) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

JoinGroupRequest join() {
  JoinGroupRequest request;
  request.group = "g";
  request.session_timeout_ms = 10000;
  request.rebalance_timeout_ms = 60000;
  request.member_id = "m";
  request.protocol_type = "connect";
  request.protocols = {{"default", "\x01\x02"}};
  request.reason = "why";
  return request;
}

TEST(MessagesTest, JoinGroupInTheOldLayout) {
  EXPECT_EQ(hex(encode(join(), 5)),
            "000167"
            "00002710"
            "0000ea60"
            "00016d"
            "ffff"
            "0007636f6e6e656374"
            "00000001"
            "000764656661756c74"
            "000000020102");
}

TEST(MessagesTest, JoinGroupInTheFlexibleLayout) {
  EXPECT_EQ(hex(encode(join(), 9)),
            "0267"
            "00002710"
            "0000ea60"
            "026d"
            "00"
            "08636f6e6e656374"
            "02"
            "0864656661756c74"
            "030102"
            "00"
            "04776879"
            "00");
}

TEST(MessagesTest, AReasonIsCutAt255Characters) {
  auto request = join();
  request.reason = std::string(300, 'r');
  EXPECT_EQ(encode(request, 8).size(), encode(join(), 8).size() + 255 - 3 + 1);
}

TEST(MessagesTest, JoinGroupAnswersOfAllVersionsRead) {
  for (std::int16_t version = 2; version <= 9; ++version) {
    Writer out(version >= 6 ? Layout::kFlexible : Layout::kFixed);
    out.int32(0);
    out.int16(0);
    out.int32(7);
    if (version >= 7) out.nullable_string("connect");
    out.string("sessioned");
    out.string("leader");
    if (version >= 9) out.int8(0);
    out.string("me");
    out.array(2);
    for (const char* id : {"leader", "me"}) {
      out.string(id);
      if (version >= 5) out.nullable_string(std::nullopt);
      out.bytes("metadata");
      out.tags();
    }
    out.tags();
    auto read = read_join_group(out.data(), version);
    ASSERT_TRUE(read) << version;
    EXPECT_EQ(read->generation, 7);
    EXPECT_EQ(read->protocol, "sessioned");
    EXPECT_EQ(read->leader, "leader");
    EXPECT_EQ(read->member_id, "me");
    ASSERT_EQ(read->members.size(), 2U);
    EXPECT_EQ(read->members[1], (std::pair<std::string, std::string>("me", "metadata")));
    for (std::size_t cut = 0; cut + 2 < out.data().size(); ++cut) {
      EXPECT_FALSE(read_join_group(std::string_view(out.data()).substr(0, cut), version))
          << version << " cut at " << cut;
    }
  }
}

TEST(MessagesTest, AnArrayLargerThanTheMessageIsRefused) {
  Writer out;
  out.int16(0);
  out.int32(2000000000);
  EXPECT_FALSE(read_api_versions(out.data(), 0));
}

TEST(MessagesTest, ABrokerThatDoesNotKnowTheVersionIsUnderstood) {
  Writer out;
  out.int16(35);
  out.array(1);
  out.int16(18);
  out.int16(0);
  out.int16(2);
  auto read = read_api_versions(out.data(), 3);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->error, Code::kUnsupportedVersion);
  EXPECT_EQ(read->apis.at(18).high, 2);
}

TEST(MessagesTest, LeaveGroupTellsTheMembersOwnError) {
  Writer out(Layout::kFlexible);
  out.int32(0);
  out.int16(0);
  out.array(1);
  out.string("m");
  out.nullable_string(std::nullopt);
  out.int16(25);
  out.tags();
  out.tags();
  EXPECT_EQ(read_leave_group(out.data(), 5).value(), Code::kUnknownMemberId);
}

TEST(AddressTest, TakesWhatBootstrapServersHolds) {
  EXPECT_EQ(parse_address("kafka:9092").value(), (Address{"kafka", 9092}));
  EXPECT_EQ(parse_address("[::1]:9092").value(), (Address{"::1", 9092}));
  EXPECT_EQ(parse_address("SASL_SSL://kafka:9093").value(), (Address{"kafka", 9093}));
  for (const char* bad : {"kafka", ":9092", "kafka:", "kafka:x", "kafka:0", "kafka:70000"})
    EXPECT_FALSE(parse_address(bad)) << bad;
}

// RFC 7677, section 3.
TEST(ScramTest, GivesTheProofOfTheStandardsExample) {
  ScramClient client(ScramHash::kSha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(client.first_message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const std::string server_first =
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
  EXPECT_EQ(
      client.final_message(server_first).value(),
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_TRUE(client.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_FALSE(client.check("v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_FALSE(client.check("e=invalid-proof"));
  EXPECT_FALSE(client.final_message("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
  EXPECT_FALSE(client.final_message("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1"));
}

}  // namespace
}  // namespace millrace::kafka::wire
