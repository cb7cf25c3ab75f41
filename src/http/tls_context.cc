#include "http/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace::http {

namespace asio = boost::asio;

namespace {

Error invalid(std::string text) { return Error{.code = Errc::kInvalid, .text = std::move(text)}; }

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

/// Limits the context to the protocol versions and cipher suites that are asked for.
Result<void> narrow(asio::ssl::context& context, const Tls& tls) {
  const auto asked = [&tls](const char* protocol) {
    return tls.protocols.empty() ||
           std::find(tls.protocols.begin(), tls.protocols.end(), protocol) != tls.protocols.end();
  };
  bool tls12 = asked("TLSv1.2");
  bool tls13 = asked("TLSv1.3");
  if (!tls12 && !tls13)
    return invalid("ssl.enabled.protocols: [" + join(tls.protocols, ", ") + "] has neither TLSv1.2 nor TLSv1.3");
  if (!tls.cipher_suites.empty()) {
    std::vector<std::string> suites12;
    std::vector<std::string> suites13;
    for (const std::string& name : tls.cipher_suites) {
      const std::string known = OPENSSL_cipher_name(name.c_str());
      if (known == "(NONE)") continue;
      // Those of TLS 1.3 have no key exchange in their names.
      (name.find("_WITH_") == std::string::npos ? suites13 : suites12).push_back(known);
    }
    tls12 = tls12 && !suites12.empty();
    tls13 = tls13 && !suites13.empty();
    if (!tls12 && !tls13)
      return invalid("ssl.cipher.suites: [" + join(tls.cipher_suites, ", ") +
                     "] has no suite that is known and fits the protocols");
    if (tls12 && SSL_CTX_set_cipher_list(context.native_handle(), join(suites12, ":").c_str()) != 1)
      return invalid("ssl.cipher.suites: OpenSSL takes none of [" + join(suites12, ", ") + "]");
    if (tls13 && SSL_CTX_set_ciphersuites(context.native_handle(), join(suites13, ":").c_str()) != 1)
      return invalid("ssl.cipher.suites: OpenSSL takes none of [" + join(suites13, ", ") + "]");
  }
  if (!tls12) context.set_options(asio::ssl::context::no_tlsv1_2);
  if (!tls13) context.set_options(asio::ssl::context::no_tlsv1_3);
  return {};
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const Tls& tls, TlsRole role) {
  const bool server = role == TlsRole::kServer;
  try {
    auto context =
        std::make_shared<asio::ssl::context>(server ? asio::ssl::context::tls_server : asio::ssl::context::tls_client);
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                         asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    if (Result<void> done = narrow(*context, tls); !done) return std::move(done).error();
    if (!tls.certificate_chain.empty()) {
      context->use_certificate_chain(asio::buffer(tls.certificate_chain));
      context->use_private_key(asio::buffer(tls.private_key), asio::ssl::context::pem);
    } else if (server) {
      return Error{
          .code = Errc::kInvalid,
          .text =
              "an https listener needs a certificate: set ssl.keystore.location (or listeners.https.ssl.keystore."
              "location)"};
    }
    if (!tls.authorities.empty()) {
      context->add_certificate_authority(asio::buffer(tls.authorities));
    } else {
      context->set_default_verify_paths();
    }
    asio::ssl::verify_mode mode = asio::ssl::verify_none;
    if (!server || tls.client_certificate != ClientCertificate::kNone) mode = asio::ssl::verify_peer;
    if (server && tls.client_certificate == ClientCertificate::kRequired)
      mode |= asio::ssl::verify_fail_if_no_peer_cert;
    context->set_verify_mode(mode);
    return context;
  } catch (const boost::system::system_error& error) {
    ERR_clear_error();
    return Error{.code = Errc::kInvalid,
                 .text = fmt::format("the TLS certificate or key cannot be used: {}", error.code().message())};
  }
}

}  // namespace millrace::http
