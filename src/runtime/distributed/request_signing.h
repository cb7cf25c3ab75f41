#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/herder.h"
#include "storage/config_state.h"

namespace millrace::runtime {

/// Is `algorithm` a MAC that this program can compute? Java's names: HmacSHA256, HmacSHA1, HmacSHA512, ...
bool is_known_mac(std::string_view algorithm);

/// A fresh session key. `bits` 0: the length that Java's generator takes for the algorithm (the digest's own).
Result<storage::SessionKey> generate_session_key(const std::string& algorithm, std::int32_t bits, std::int64_t now_ms);

/// The headers of a worker-to-worker request over `body` (X-Connect-Authorization, X-Connect-Request-Signature-Algorithm).
Result<RequestSignature> sign_request(const storage::SessionKey& key, const std::string& algorithm, std::string body);

/// Checks a signed request as Kafka Connect does: 400, 503 or 403 with its texts.
/// `key` null: none was read from the config topic yet.
Result<void> verify_request(const RequestSignature& signature, const storage::SessionKey* key,
                            const std::vector<std::string>& allowed_algorithms);

}  // namespace millrace::runtime
