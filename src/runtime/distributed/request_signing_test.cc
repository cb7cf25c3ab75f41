#include "runtime/distributed/request_signing.h"

#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

const std::vector<std::string> kAllowed{"HmacSHA256"};

storage::SessionKey key_of(const std::string& text) { return {Bytes(text.begin(), text.end()), "HmacSHA256", 0}; }

// RFC 4231, test case 2.
TEST(RequestSigning, ComputesHmacSha256) {
  const auto signature = sign_request(key_of("Jefe"), "HmacSHA256", "what do ya want for nothing?");
  ASSERT_TRUE(signature.ok());
  EXPECT_EQ(signature->authorization, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

TEST(RequestSigning, TakesItsOwnSignatureAndNoOther) {
  const storage::SessionKey key = key_of("secret");
  const auto signed_request = sign_request(key, "HmacSHA256", "[{}]");
  ASSERT_TRUE(signed_request.ok());
  EXPECT_TRUE(verify_request(*signed_request, &key, kAllowed).ok());
  RequestSignature changed = *signed_request;
  changed.body += " ";
  EXPECT_EQ(verify_request(changed, &key, kAllowed).error().code, Errc::kForbidden);
  const storage::SessionKey other = key_of("other");
  EXPECT_EQ(verify_request(*signed_request, &other, kAllowed).error().text,
            "Internal request contained invalid signature.");
}

TEST(RequestSigning, SaysWhatIsMissing) {
  const storage::SessionKey key = key_of("secret");
  EXPECT_EQ(verify_request({}, &key, kAllowed).error().text, "Internal request missing required signature");
  EXPECT_EQ(verify_request({"AAAA", "HmacSHA256", ""}, nullptr, kAllowed).error().code, Errc::kUnavailable);
  EXPECT_EQ(verify_request({"AAAA", "HmacSHA1", ""}, &key, kAllowed).error().code, Errc::kInvalid);
  EXPECT_EQ(verify_request({"AAAA", "Rot13", ""}, &key, kAllowed).error().code, Errc::kInvalid);
  EXPECT_EQ(verify_request({"A", "HmacSHA256", ""}, &key, kAllowed).error().code, Errc::kInvalid);
  EXPECT_EQ(verify_request({"A*", "HmacSHA256", ""}, &key, kAllowed).error().text, "Illegal base64 character 2a");
}

TEST(RequestSigning, KeysHaveTheAlgorithmsLength) {
  EXPECT_EQ(generate_session_key("HmacSHA256", 0, 1)->key.size(), 32u);
  EXPECT_EQ(generate_session_key("HmacSHA256", 128, 1)->key.size(), 16u);
  EXPECT_FALSE(generate_session_key("nonsense", 0, 1).ok());
}

}  // namespace
}  // namespace millrace::runtime
