#include "connectors/cassandra/cql/jks.h"

#include <openssl/sha.h>

#include "connectors/cassandra/cql/wire.h"

namespace millrace::cassandra::cql {

namespace {

constexpr std::size_t kHashSize = SHA_DIGEST_LENGTH;

std::string sha1(std::string_view data) {
  std::string out(kHashSize, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(data.data()), data.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

/// UTF-16BE of a password; Java's stores take each char as two bytes.
std::string wide(std::string_view password) {
  std::string out;
  for (std::size_t i = 0; i < password.size();) {
    const auto lead = static_cast<std::uint8_t>(password[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
    std::uint32_t point = size == 1 ? lead : size == 2 ? lead & 0x1FU : lead & 0x0FU;
    for (std::size_t k = 1; k < size && i + k < password.size(); ++k)
      point = point << 6 | (static_cast<std::uint8_t>(password[i + k]) & 0x3FU);
    out.push_back(static_cast<char>(point >> 8));
    out.push_back(static_cast<char>(point & 0xFF));
    i += size;
  }
  return out;
}

/// The content of a DER element and what follows it.
std::string_view der_content(Reader& in, std::uint8_t tag) {
  if (in.u8() != tag) throw JksError("a private key is not in the form Java writes");
  std::size_t size = in.u8();
  if (size >= 0x80) {
    const std::size_t bytes = size & 0x7F;
    if (bytes > 4) throw JksError("a private key is not in the form Java writes");
    size = 0;
    for (std::size_t i = 0; i < bytes; ++i) size = size << 8 | in.u8();
  }
  return in.raw(size);
}

std::string decrypt_key(std::string_view encrypted_info, std::string_view wide_password) {
  Reader outer(encrypted_info);
  Reader inner(der_content(outer, 0x30));
  der_content(inner, 0x30);  // the algorithm, Java's own
  const auto octets = der_content(inner, 0x04);
  if (octets.size() < 2 * kHashSize) throw JksError("a private key is too short");
  std::string block(octets.substr(0, kHashSize));
  const auto cipher = octets.substr(kHashSize, octets.size() - 2 * kHashSize);
  std::string plain(cipher);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i % kHashSize == 0) block = sha1(std::string(wide_password) + block);
    plain[i] = static_cast<char>(plain[i] ^ block[i % kHashSize]);
  }
  if (sha1(std::string(wide_password) + plain) != octets.substr(octets.size() - kHashSize)) {
    throw JksError("the password of the private key is wrong");
  }
  return plain;
}

}  // namespace

JavaKeyStore read_java_key_store(std::string_view bytes, std::string_view password) {
  try {
    if (bytes.size() < 12 + kHashSize) throw JksError("the file is too short");
    const auto content = bytes.substr(0, bytes.size() - kHashSize);
    const std::string wide_password = wide(password);
    if (!password.empty() &&
        sha1(wide_password + "Mighty Aphrodite" + std::string(content)) != bytes.substr(content.size())) {
      throw JksError("the password is wrong or the file is damaged");
    }
    Reader in(content);
    in.i32();
    const std::int32_t version = in.i32();
    if (version != 1 && version != 2)
      throw JksError("version " + std::to_string(version) + " of the format is unknown");
    const auto certificate = [&] {
      if (version == 2) in.string();
      return std::string(in.long_string());
    };
    JavaKeyStore store;
    for (std::int32_t left = in.i32(); left > 0; --left) {
      const std::int32_t tag = in.i32();
      in.string();
      in.i64();
      if (tag == 2) {
        store.trusted.push_back(certificate());
      } else if (tag == 1) {
        JavaKeyStore::Key key;
        const auto info = in.long_string();
        for (std::int32_t chain = in.i32(); chain > 0; --chain) key.chain.push_back(certificate());
        if (!password.empty()) key.pkcs8 = decrypt_key(info, wide_password);
        store.keys.push_back(std::move(key));
      } else {
        throw JksError("an entry has the unknown tag " + std::to_string(tag));
      }
    }
    return store;
  } catch (const WireError&) {
    throw JksError("the file ends early");
  }
}

}  // namespace millrace::cassandra::cql
