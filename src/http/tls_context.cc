#include "http/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

namespace millrace::http {

namespace asio = boost::asio;

Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const Tls& tls, TlsRole role) {
  const bool server = role == TlsRole::kServer;
  try {
    auto context =
        std::make_shared<asio::ssl::context>(server ? asio::ssl::context::tls_server : asio::ssl::context::tls_client);
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                         asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
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
