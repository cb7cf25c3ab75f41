#include "connectors/cassandra/cql/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "connectors/cassandra/cql/jks.h"

namespace millrace::cassandra::cql {

namespace {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(PKCS12* p) const { PKCS12_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(STACK_OF(X509) * p) const { sk_X509_pop_free(p, X509_free); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown reason";
}

/// Certificates and a key, whatever file they came from.
struct Material {
  std::vector<Owned<X509>> certificates;  // the key's own first
  Owned<EVP_PKEY> key;
};

Owned<X509> der_certificate(std::string_view der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  return Owned<X509>(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
}

Material read_pem(const std::string& content, const std::string& password) {
  Material material;
  Owned<BIO> certificates(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  while (X509* certificate = PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr))
    material.certificates.emplace_back(certificate);
  Owned<BIO> key(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  auto* secret = password.empty() ? nullptr : const_cast<char*>(password.c_str());
  material.key.reset(PEM_read_bio_PrivateKey(
      key.get(), nullptr,
      [](char* out, int size, int, void* data) {
        if (data == nullptr) return 0;
        const std::string_view word(static_cast<const char*>(data));
        if (word.size() > static_cast<std::size_t>(size)) return 0;
        word.copy(out, word.size());
        return static_cast<int>(word.size());
      },
      secret));
  ERR_clear_error();
  return material;
}

Material read_pkcs12(const std::string& path, const std::string& content, const std::string& password) {
  const auto* data = reinterpret_cast<const unsigned char*>(content.data());
  Owned<PKCS12> store(d2i_PKCS12(nullptr, &data, static_cast<long>(content.size())));
  if (!store) throw TlsError("store " + path + " cannot be read as PKCS12: " + openssl_reason());
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store.get(), password.c_str(), &key, &certificate, &others) != 1) {
    throw TlsError("store " + path + " cannot be opened: is its password right? (" + openssl_reason() + ")");
  }
  Material material;
  material.key.reset(key);
  if (certificate != nullptr) material.certificates.emplace_back(certificate);
  Owned<STACK_OF(X509)> owned(others);
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    X509* one = sk_X509_value(others, i);
    X509_up_ref(one);
    material.certificates.emplace_back(one);
  }
  return material;
}

Material read_jks(const std::string& path, const std::string& content, const std::string& password) {
  Material material;
  try {
    const auto store = read_java_key_store(content, password);
    for (const auto& key : store.keys) {
      if (key.pkcs8.empty() || material.key) continue;
      const auto* data = reinterpret_cast<const unsigned char*>(key.pkcs8.data());
      material.key.reset(d2i_AutoPrivateKey(nullptr, &data, static_cast<long>(key.pkcs8.size())));
      for (const auto& der : key.chain) material.certificates.push_back(der_certificate(der));
    }
    for (const auto& der : store.trusted) material.certificates.push_back(der_certificate(der));
  } catch (const JksError& error) {
    throw TlsError("store " + path + " cannot be read as JKS: " + error.what());
  }
  for (const auto& certificate : material.certificates) {
    if (!certificate) throw TlsError("store " + path + " holds a certificate that cannot be read: " + openssl_reason());
  }
  return material;
}

Material read_store(const std::string& path, const std::string& password) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw TlsError("store " + path + " cannot be read: no such file, or no permission");
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (content.starts_with("\xFE\xED\xFE\xED")) return read_jks(path, content, password);
  if (content.starts_with("\xCE\xCE\xCE\xCE")) {
    throw TlsError("store " + path + " is in the JCEKS format, which is not supported: convert it with " +
                   "keytool -importkeystore -srckeystore " + path + " -destkeystore store.p12 -deststoretype PKCS12");
  }
  if (content.starts_with("\x30")) return read_pkcs12(path, content, password);
  if (content.find("-----BEGIN") != std::string::npos) return read_pem(content, password);
  throw TlsError("store " + path + " is neither PKCS12 nor JKS nor PEM");
}

}  // namespace

std::shared_ptr<ssl_ctx_st> make_tls_context(const TlsConfig& config) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw TlsError("TLS cannot be set up: " + openssl_reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!config.cipher_suites.empty() && SSL_CTX_set_cipher_list(context.get(), config.cipher_suites.c_str()) != 1) {
    throw TlsError("cipher suites \"" + config.cipher_suites + "\" hold no known one");
  }
  if (config.trust_store_path.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    const auto trusted = read_store(config.trust_store_path, config.trust_store_password);
    if (trusted.certificates.empty())
      throw TlsError("trust store " + config.trust_store_path + " holds no certificate");
    X509_STORE* store = SSL_CTX_get_cert_store(context.get());
    for (const auto& certificate : trusted.certificates) X509_STORE_add_cert(store, certificate.get());
    ERR_clear_error();
  }
  if (!config.key_store_path.empty()) {
    auto own = read_store(config.key_store_path, config.key_store_password);
    if (!config.private_key_path.empty())
      own.key = std::move(read_store(config.private_key_path, config.key_store_password).key);
    if (!own.key)
      throw TlsError("key store " + config.key_store_path + " holds no private key that its password opens");
    if (own.certificates.empty()) throw TlsError("key store " + config.key_store_path + " holds no certificate");
    if (SSL_CTX_use_certificate(context.get(), own.certificates.front().get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), own.key.get()) != 1) {
      throw TlsError("key store " + config.key_store_path +
                     ": certificate and key do not belong together: " + openssl_reason());
    }
    for (std::size_t i = 1; i < own.certificates.size(); ++i)
      SSL_CTX_add1_chain_cert(context.get(), own.certificates[i].get());
  }
  return context;
}

}  // namespace millrace::cassandra::cql
