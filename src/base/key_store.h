#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::base {

/// What a key store or trust store file holds, as PEM texts.
struct KeyStore {
  std::string
      certificates_pem;  ///< every trusted certificate (all certificates, where the format does not tell them apart)
  std::string private_key_pem;  ///< the first private key, unencrypted; empty: none
  std::string key_chain_pem;    ///< its certificate, then the issuers that the store has
};

/// Reads a PKCS12, JKS or PEM file. What the file is decides its content, not `type` (Java's default "JKS" often names
/// a PKCS12 file); an unknown `type` is refused. `key_password` protects the key inside; empty: the store password
/// does.
Result<KeyStore> read_key_store(const std::string& path, const std::string& password, const std::string& key_password,
                                std::string_view type);

/// A PEM private key without its passphrase. `password` may be empty when it has none.
Result<std::string> decrypt_private_key(const std::string& pem, const std::string& password);

}  // namespace millrace::base
