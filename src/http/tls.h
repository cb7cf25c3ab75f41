#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::http {

enum class ClientCertificate : std::uint8_t { kNone, kRequested, kRequired };

/// Certificates and keys as PEM texts, so that this folder need not know of store formats.
struct Tls {
  std::string certificate_chain;                                    ///< a server needs one; a client may have one
  std::string private_key;                                          ///< unencrypted
  std::string authorities;                                          ///< who is trusted; empty: the system's
  ClientCertificate client_certificate = ClientCertificate::kNone;  ///< servers
  bool verify_host = true;                                          ///< clients: check the server's name
  /// Java's names, "TLSv1.2"; empty: 1.2 and 1.3, which are all there are here.
  std::vector<std::string> protocols{};
  /// Java's names, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; empty: all that OpenSSL has. What it has not is left out.
  std::vector<std::string> cipher_suites{};
};

}  // namespace millrace::http
