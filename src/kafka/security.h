#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kafka/client_config.h"

namespace millrace::kafka {

/// A parsed sasl.jaas.config: `<LoginModule class> required key="value" ... ;`
struct Jaas {
  std::string login_module;
  std::map<std::string, std::string> options;

  /// Empty when the option is absent.
  std::string option(const std::string& name) const;
};

/// Accepts what Java's JaasConfig does: one login module, a control flag, options quoted or not, a final semicolon.
Result<Jaas> parse_jaas(std::string_view text);

/// How to reach the brokers: security.protocol, ssl.*, sasl.* with stores read and passwords applied. PEM texts only
/// live in memory.
struct Security {
  bool tls = false;
  bool sasl = false;

  std::string ca_pem;                 ///< empty: the system's authorities
  std::string certificate_chain_pem;  ///< client certificate, empty: none
  std::string private_key_pem;        ///< unencrypted
  bool verify_host = true;            ///< ssl.endpoint.identification.algorithm

  std::string mechanism;  ///< as given; GSSAPI by default
  Jaas jaas;
};

/// Reads the security keys of a client. An unknown protocol, a store that cannot be opened, a wrong password or a bad
/// JAAS text is an Error of one sentence that names the key.
Result<Security> read_security(const ClientConfig& config);

}  // namespace millrace::kafka
