#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cassandra::cql {

class JksError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A Java key store (magic FE ED FE ED): trusted certificates and private keys with their chains, all in DER.
struct JavaKeyStore {
  struct Key {
    std::string pkcs8;
    std::vector<std::string> chain;
  };
  std::vector<std::string> trusted;
  std::vector<Key> keys;
};

/// Throws JksError. An empty password skips the integrity test; keys then cannot be read.
JavaKeyStore read_java_key_store(std::string_view bytes, std::string_view password);

}  // namespace millrace::cassandra::cql
