#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::kafka::wire {

enum class ScramHash : std::uint8_t { kSha256, kSha512 };

/// The client's side of SCRAM (RFC 5802). `nonce`: printable characters without comma.
class ScramClient {
 public:
  ScramClient(ScramHash hash, std::string user, std::string password, std::string nonce);

  std::string first_message();
  /// The answer to the server's first message.
  Result<std::string> final_message(std::string_view server_first);
  /// Whether the server knows the password too.
  Result<void> check(std::string_view server_final) const;

  static std::string make_nonce();

 private:
  std::string hmac(std::string_view key, std::string_view data) const;
  std::string hash(std::string_view data) const;

  ScramHash hash_;
  std::string user_;
  std::string password_;
  std::string nonce_;
  std::string first_bare_;
  std::string server_signature_;
};

}  // namespace millrace::kafka::wire
