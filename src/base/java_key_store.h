#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millrace::base {

/// What a file in Java's own key store format ("JKS", magic fe ed fe ed) holds.
struct JavaKeyStore {
  std::vector<std::string> trusted_certificates;  ///< DER
  std::string private_key_pkcs8;                  ///< DER, unencrypted: the first key entry; empty: none
  std::vector<std::string> key_chain;             ///< DER, of that key
};

bool is_java_key_store(std::string_view data);

/// `password` checks the file's digest (empty: not checked, as Java does without one); `key_password` opens the key.
Result<JavaKeyStore> parse_java_key_store(std::string_view data, const std::string& password,
                                          const std::string& key_password);

}  // namespace millrace::base
