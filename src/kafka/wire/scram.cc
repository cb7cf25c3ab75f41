#include "kafka/wire/scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace millrace::kafka::wire {
namespace {

constexpr int kMinIterations = 4096;

Error refused(std::string text) { return Error{Errc::kForbidden, std::move(text), false, {}, {}, 0}; }

const EVP_MD* digest(ScramHash hash) { return hash == ScramHash::kSha256 ? EVP_sha256() : EVP_sha512(); }

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64_encode(std::string_view data) {
  std::string out(4 * ((data.size() + 2) / 3), '\0');
  // Writes a terminating zero as well, where std::string keeps its own.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes(data), static_cast<int>(data.size()));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes(text), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(out.size() - padding);
  return out;
}

std::string escaped(const std::string& user) {
  std::string out;
  for (char c : user) {
    if (c == '=')
      out += "=3D";
    else if (c == ',')
      out += "=2C";
    else
      out += c;
  }
  return out;
}

std::map<char, std::string> attributes(std::string_view message) {
  std::map<char, std::string> out;
  while (!message.empty()) {
    auto comma = message.find(',');
    auto part = message.substr(0, comma);
    if (part.size() >= 2 && part[1] == '=') out[part[0]] = std::string(part.substr(2));
    if (comma == std::string_view::npos) break;
    message.remove_prefix(comma + 1);
  }
  return out;
}

}  // namespace

ScramClient::ScramClient(ScramHash hash, std::string user, std::string password, std::string nonce)
    : hash_(hash), user_(std::move(user)), password_(std::move(password)), nonce_(std::move(nonce)) {}

std::string ScramClient::make_nonce() {
  std::array<unsigned char, 24> random{};
  RAND_bytes(random.data(), static_cast<int>(random.size()));
  return base64_encode(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()));
}

std::string ScramClient::hmac(std::string_view key, std::string_view data) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(digest(hash_), key.data(), static_cast<int>(key.size()), bytes(data), data.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string ScramClient::hash(std::string_view data) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &size, digest(hash_), nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string ScramClient::first_message() {
  first_bare_ = "n=" + escaped(user_) + ",r=" + nonce_;
  return "n,," + first_bare_;
}

Result<std::string> ScramClient::final_message(std::string_view server_first) {
  auto given = attributes(server_first);
  if (given.contains('e')) return refused("SCRAM: " + given['e']);
  auto salt = base64_decode(given['s']);
  int iterations = 0;
  std::from_chars(given['i'].data(), given['i'].data() + given['i'].size(), iterations);
  if (!given['r'].starts_with(nonce_) || given['r'].size() == nonce_.size() || !salt)
    return refused("SCRAM: the broker's answer is not valid");
  if (iterations < kMinIterations) {
    return refused("SCRAM: the broker asks for " + std::to_string(iterations) + " iterations, at least 4096 are safe");
  }
  const auto size = static_cast<std::size_t>(EVP_MD_get_size(digest(hash_)));
  std::string salted(size, '\0');
  PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()), bytes(*salt), static_cast<int>(salt->size()),
                    iterations, digest(hash_), static_cast<int>(size), reinterpret_cast<unsigned char*>(salted.data()));
  const std::string client_key = hmac(salted, "Client Key");
  const std::string without_proof = "c=biws,r=" + given['r'];
  const std::string message = first_bare_ + "," + std::string(server_first) + "," + without_proof;
  const std::string signature = hmac(hash(client_key), message);
  std::string proof = client_key;
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  server_signature_ = hmac(hmac(salted, "Server Key"), message);
  return without_proof + ",p=" + base64_encode(proof);
}

Result<void> ScramClient::check(std::string_view server_final) const {
  auto given = attributes(server_final);
  if (given.contains('e')) return refused("SCRAM: " + given['e']);
  auto signature = base64_decode(given['v']);
  if (!signature || *signature != server_signature_)
    return refused("SCRAM: the broker did not prove that it knows the password");
  return {};
}

}  // namespace millrace::kafka::wire
