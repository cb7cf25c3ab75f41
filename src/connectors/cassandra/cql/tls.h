#pragma once

#include <memory>
#include <stdexcept>
#include <string>

struct ssl_ctx_st;

namespace millrace::cassandra::cql {

/// What `connect.cassandra.ssl.*` says.
struct TlsConfig {
  std::string trust_store_path;  ///< empty: the system's authorities
  std::string trust_store_password;
  std::string key_store_path;  ///< empty: no client certificate
  std::string key_store_password;
  std::string private_key_path;  ///< PEM, where it is a file of its own
  std::string cipher_suites;     ///< OpenSSL names, colon between them; empty: the default
  bool verify_hostname = false;
};

/// A store cannot be read; the text names the file and what is wrong with it.
class TlsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A client context, TLS 1.2 or newer. Stores may be PKCS12, PEM or JKS: their content decides.
std::shared_ptr<ssl_ctx_st> make_tls_context(const TlsConfig& config);

}  // namespace millrace::cassandra::cql
