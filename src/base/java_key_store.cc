#include "base/java_key_store.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace millrace::base {
namespace {

constexpr std::uint32_t kMagic = 0xfeedfeed;
constexpr std::size_t kDigestSize = 20;
using Digest = std::array<unsigned char, kDigestSize>;

Error invalid(std::string text) { return Error{Errc::kInvalid, std::move(text), false, {}, {}, 0}; }

/// Java hashes passwords as UTF-16, big endian. Passwords here are UTF-8; beyond the basic plane they become
/// surrogates.
std::string utf16(const std::string& text) {
  std::string out;
  auto put = [&out](std::uint32_t unit) {
    out += static_cast<char>(unit >> 8);
    out += static_cast<char>(unit & 0xff);
  };
  for (std::size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    int extra = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    std::uint32_t code = extra == 0 ? c : c & (0x3fU >> extra);
    for (int k = 1; k <= extra && i + k < text.size(); ++k)
      code = (code << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    i += 1 + extra;
    if (code >= 0x10000) {
      put(0xd800 + ((code - 0x10000) >> 10));
      put(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      put(code);
    }
  }
  return out;
}

Digest sha1(std::string_view a, std::string_view b, std::string_view c = {}) {
  Digest digest{};
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned int size = 0;
  EVP_DigestInit_ex(context, EVP_sha1(), nullptr);
  EVP_DigestUpdate(context, a.data(), a.size());
  EVP_DigestUpdate(context, b.data(), b.size());
  EVP_DigestUpdate(context, c.data(), c.size());
  EVP_DigestFinal_ex(context, digest.data(), &size);
  EVP_MD_CTX_free(context);
  return digest;
}

std::string_view view(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  std::optional<std::uint64_t> number(int bytes) {
    if (data_.size() < static_cast<std::size_t>(bytes)) return std::nullopt;
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
      value = (value << 8) | static_cast<unsigned char>(data_[static_cast<std::size_t>(i)]);
    data_.remove_prefix(static_cast<std::size_t>(bytes));
    return value;
  }
  /// Bytes behind a length of `width` bytes.
  std::optional<std::string_view> block(int width) {
    auto size = number(width);
    if (!size || *size > data_.size()) return std::nullopt;
    auto out = data_.substr(0, *size);
    data_.remove_prefix(*size);
    return out;
  }

 private:
  std::string_view data_;
};

/// The one value inside EncryptedPrivateKeyInfo: SEQUENCE { AlgorithmIdentifier, OCTET STRING }.
std::optional<std::string_view> encrypted_octets(std::string_view der) {
  auto read = [](std::string_view& in, unsigned char tag) -> std::optional<std::string_view> {
    if (in.size() < 2 || static_cast<unsigned char>(in[0]) != tag) return std::nullopt;
    std::size_t length = static_cast<unsigned char>(in[1]);
    std::size_t header = 2;
    if (length & 0x80) {
      std::size_t bytes = length & 0x7f;
      if (bytes > 4 || in.size() < 2 + bytes) return std::nullopt;
      length = 0;
      for (std::size_t i = 0; i < bytes; ++i) length = (length << 8) | static_cast<unsigned char>(in[2 + i]);
      header += bytes;
    }
    if (in.size() < header + length) return std::nullopt;
    auto value = in.substr(header, length);
    in.remove_prefix(header + length);
    return value;
  };
  auto outer = read(der, 0x30);
  if (!outer || !read(*outer, 0x30)) return std::nullopt;
  return read(*outer, 0x04);
}

/// Sun's key protector: salt, key XOR a chain of SHA-1(password, previous), SHA-1(password, key).
std::optional<std::string> unprotect(std::string_view data, const std::string& password16) {
  if (data.size() < 2 * kDigestSize) return std::nullopt;
  std::string_view check = data.substr(data.size() - kDigestSize);
  std::string_view cipher = data.substr(kDigestSize, data.size() - 2 * kDigestSize);
  std::string previous(data.substr(0, kDigestSize));
  std::string plain;
  plain.reserve(cipher.size());
  for (std::size_t at = 0; at < cipher.size(); at += kDigestSize) {
    Digest digest = sha1(password16, previous);
    previous.assign(view(digest));
    for (std::size_t i = 0; i < kDigestSize && at + i < cipher.size(); ++i)
      plain += static_cast<char>(cipher[at + i] ^ previous[i]);
  }
  if (view(sha1(password16, plain)) != check) return std::nullopt;
  return plain;
}

}  // namespace

bool is_java_key_store(std::string_view data) { return Reader(data).number(4) == kMagic; }

Result<JavaKeyStore> parse_java_key_store(std::string_view data, const std::string& password,
                                          const std::string& key_password) {
  if (data.size() < 12 + kDigestSize) return invalid("the key store is cut off");
  std::string_view body = data.substr(0, data.size() - kDigestSize);
  if (!password.empty() && view(sha1(utf16(password), "Mighty Aphrodite", body)) != data.substr(body.size())) {
    return invalid("the password does not open the key store, or the file is damaged");
  }
  const Error damaged = invalid("the key store is damaged");
  Reader in(body);
  auto magic = in.number(4);
  auto version = in.number(4);
  auto count = in.number(4);
  if (magic != kMagic || (version != 1U && version != 2U) || !count) return damaged;
  auto certificate = [&]() -> std::optional<std::string> {
    if (version == 2U && !in.block(2)) return std::nullopt;  // "X.509"
    auto der = in.block(4);
    return der ? std::optional<std::string>(*der) : std::nullopt;
  };
  JavaKeyStore store;
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto tag = in.number(4);
    auto alias = in.block(2);
    auto created = in.number(8);
    if (!tag || !alias || !created) return damaged;
    if (*tag == 2) {
      auto der = certificate();
      if (!der) return damaged;
      store.trusted_certificates.push_back(std::move(*der));
      continue;
    }
    if (*tag != 1) return damaged;
    auto sealed = in.block(4);
    auto chain_size = in.number(4);
    if (!sealed || !chain_size) return damaged;
    std::vector<std::string> chain;
    for (std::uint64_t k = 0; k < *chain_size; ++k) {
      auto der = certificate();
      if (!der) return damaged;
      chain.push_back(std::move(*der));
    }
    if (!store.private_key_pkcs8.empty()) continue;
    auto octets = encrypted_octets(*sealed);
    if (!octets) return damaged;
    auto key = unprotect(*octets, utf16(key_password));
    if (!key) return invalid("the key password does not open the key \"" + std::string(*alias) + "\"");
    store.private_key_pkcs8 = std::move(*key);
    store.key_chain = std::move(chain);
  }
  return store;
}

}  // namespace millrace::base
