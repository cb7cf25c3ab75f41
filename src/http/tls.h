#pragma once

#include <cstdint>
#include <string>

namespace millrace::http {

enum class ClientCertificate : std::uint8_t { kNone, kRequested, kRequired };

/// Certificates and keys as PEM texts, so that this folder need not know of store formats.
struct Tls {
  std::string certificate_chain;                                    ///< a server needs one; a client may have one
  std::string private_key;                                          ///< unencrypted
  std::string authorities;                                          ///< who is trusted; empty: the system's
  ClientCertificate client_certificate = ClientCertificate::kNone;  ///< servers
  bool verify_host = true;                                          ///< clients: check the server's name
};

}  // namespace millrace::http
