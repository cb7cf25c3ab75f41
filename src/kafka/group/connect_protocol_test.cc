#include "kafka/group/connect_protocol.h"

#include <gtest/gtest.h>

namespace millrace::kafka {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() == 2) {
      bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
      digits.clear();
    }
  }
  return bytes;
}

// The samples were written by Kafka Connect's own classes.
const std::string kUrl = "000e 687474703a2f2f683a383038332f";
const std::string kElements = "00000002 0002 6331 00000002 ffffffff 00000000 0002 6332 00000001 00000001";

Assignment sample(ConnectProtocolVersion version) {
  Assignment assignment;
  assignment.version = version;
  assignment.leader = "L";
  assignment.leader_url = "http://h:8083/";
  assignment.config_offset = 5;
  assignment.assigned = {{"c1"}, {{"c1", 0}, {"c2", 1}}};
  if (version != ConnectProtocolVersion::kEager) {
    assignment.revoked = {{"c3"}, {{"c3", 0}}};
    assignment.delay_ms = 300'000;
  }
  return assignment;
}

std::string assignment_v2_bytes() {
  return from_hex("0002 0000 0001 4c" + kUrl + "0000000000000005" + kElements +
                  "00000001 0002 6333 00000002 ffffffff 00000000 000493e0");
}

TEST(ConnectProtocol, WritesMetadataAsJavaDoes) {
  WorkerMetadata metadata{ConnectProtocolVersion::kEager, "http://h:8083/", 5, std::nullopt};
  EXPECT_EQ(encode(metadata), from_hex("0000" + kUrl + "0000000000000005"));
  metadata.version = ConnectProtocolVersion::kSessioned;
  EXPECT_EQ(encode(metadata), from_hex("0002" + kUrl + "0000000000000005 ffffffff"));
  metadata.allocation = sample(ConnectProtocolVersion::kSessioned);
  EXPECT_EQ(encode(metadata), from_hex("0002" + kUrl + "0000000000000005 00000057") + assignment_v2_bytes());
  const auto back = decode_metadata(encode(metadata));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, metadata);
}

TEST(ConnectProtocol, WritesAssignmentsAsJavaDoes) {
  EXPECT_EQ(encode(sample(ConnectProtocolVersion::kEager)),
            from_hex("0000 0000 0001 4c" + kUrl + "0000000000000005" + kElements));
  EXPECT_EQ(encode(sample(ConnectProtocolVersion::kSessioned)), assignment_v2_bytes());
  std::string v1 = assignment_v2_bytes();
  v1[1] = 1;
  EXPECT_EQ(encode(sample(ConnectProtocolVersion::kCompatible)), v1);
  Assignment error;
  error.error = Assignment::kConfigMismatch;
  error.leader = "L";
  error.leader_url = "u";
  error.config_offset = 0;
  EXPECT_EQ(encode(error), from_hex("0002 0001 0001 4c 0001 75 0000000000000000 00000000 00000000 00000000"));
}

TEST(ConnectProtocol, ReadsWhatItWrote) {
  for (const auto version :
       {ConnectProtocolVersion::kEager, ConnectProtocolVersion::kCompatible, ConnectProtocolVersion::kSessioned}) {
    const auto back = decode_assignment(encode(sample(version)));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, sample(version));
  }
}

TEST(ConnectProtocol, EveryCutOfTheBytesIsAnErrorOrAShorterForm) {
  const std::string whole = encode(WorkerMetadata{ConnectProtocolVersion::kSessioned, "http://h:8083/", 5,
                                                  sample(ConnectProtocolVersion::kSessioned)});
  std::size_t errors = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (!decode_metadata(std::string_view(whole).substr(0, size)).ok()) ++errors;
  }
  EXPECT_EQ(errors, whole.size() - 1);  // without the allocation it is still a whole metadata
  std::string wrong = assignment_v2_bytes();
  wrong[31] = '\x7f';  // a number of elements that no bytes stand behind
  EXPECT_FALSE(decode_assignment(wrong).ok());
}

}  // namespace
}  // namespace millrace::kafka
