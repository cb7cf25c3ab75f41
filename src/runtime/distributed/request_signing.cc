#include "runtime/distributed/request_signing.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "millrace/base64.h"

namespace millrace::runtime {
namespace {

struct Mac {
  std::string_view name;
  const EVP_MD* (*digest)();
};

constexpr std::array kMacs{Mac{"HmacMD5", EVP_md5},       Mac{"HmacSHA1", EVP_sha1},     Mac{"HmacSHA224", EVP_sha224},
                           Mac{"HmacSHA256", EVP_sha256}, Mac{"HmacSHA384", EVP_sha384}, Mac{"HmacSHA512", EVP_sha512}};

const EVP_MD* digest_of(std::string_view algorithm) {
  const auto same_name = [&](const Mac& mac) {
    return std::equal(mac.name.begin(), mac.name.end(), algorithm.begin(), algorithm.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  };
  const auto found = std::find_if(kMacs.begin(), kMacs.end(), same_name);
  return found == kMacs.end() ? nullptr : found->digest();
}

Error status(int code, std::string text) {
  return Error{.code = code == 403   ? Errc::kForbidden
                       : code == 503 ? Errc::kUnavailable
                                     : Errc::kInvalid,
               .text = std::move(text)};
}

Error unknown_mac(const std::string& algorithm) { return status(400, "Algorithm " + algorithm + " not available"); }

Bytes mac_of(const EVP_MD* digest, const Bytes& key, std::string_view body) {
  Bytes mac(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(body.data()),
       body.size(), mac.data(), &size);
  mac.resize(size);
  return mac;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// In the words of Java's decoder.
std::string base64_problem(const std::string& text) {
  const auto bad = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) == 0 && c != '+' && c != '/' && c != '=';
  });
  if (bad != text.end()) return fmt::format("Illegal base64 character {:x}", static_cast<unsigned char>(*bad));
  return "Input byte array has wrong 4-byte ending unit";
}

}  // namespace

bool is_known_mac(std::string_view algorithm) { return digest_of(algorithm) != nullptr; }

Result<storage::SessionKey> generate_session_key(const std::string& algorithm, std::int32_t bits, std::int64_t now_ms) {
  const EVP_MD* digest = digest_of(algorithm);
  if (digest == nullptr) return unknown_mac(algorithm);
  Bytes key(bits > 0 ? static_cast<std::size_t>((bits + 7) / 8) : static_cast<std::size_t>(EVP_MD_size(digest)));
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    return Error{.code = Errc::kInternal, .text = "the system gives no random bytes for a session key"};
  }
  return storage::SessionKey{std::move(key), algorithm, now_ms};
}

Result<RequestSignature> sign_request(const storage::SessionKey& key, const std::string& algorithm, std::string body) {
  const EVP_MD* digest = digest_of(algorithm);
  if (digest == nullptr) return unknown_mac(algorithm);
  RequestSignature signature;
  signature.authorization = base64_encode(mac_of(digest, key.key, body));
  signature.algorithm = algorithm;
  signature.body = std::move(body);
  return signature;
}

Result<void> verify_request(const RequestSignature& signature, const storage::SessionKey* key,
                            const std::vector<std::string>& allowed_algorithms) {
  if (!signature.authorization || !signature.algorithm)
    return status(400, "Internal request missing required signature");
  const EVP_MD* digest = digest_of(*signature.algorithm);
  if (digest == nullptr) return unknown_mac(*signature.algorithm);
  const std::optional<Bytes> claimed = base64_decode(*signature.authorization);
  if (!claimed) return status(400, base64_problem(*signature.authorization));
  if (std::find(allowed_algorithms.begin(), allowed_algorithms.end(), *signature.algorithm) ==
      allowed_algorithms.end()) {
    return status(400,
                  "This worker does not support the '" + *signature.algorithm +
                      "' key signing algorithm used by other workers. This worker is currently configured to use: [" +
                      joined(allowed_algorithms) +
                      "]. Check that all workers' configuration files permit the same set of signature algorithms, and "
                      "correct any misconfigured worker and restart it.");
  }
  if (key == nullptr) {
    return status(
        503, "This worker is still starting up and has not been able to read a session key from the config topic yet");
  }
  const Bytes expected = mac_of(digest, key->key, signature.body);
  if (claimed->size() != expected.size() || CRYPTO_memcmp(claimed->data(), expected.data(), expected.size()) != 0) {
    return status(403, "Internal request contained invalid signature.");
  }
  return {};
}

}  // namespace millrace::runtime
