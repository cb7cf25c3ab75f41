#include "base/key_store.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "base/java_key_store.h"

namespace millrace::base {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Deleter<X509_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;

struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackFree>;

Error invalid(std::string text) { return Error{Errc::kInvalid, std::move(text), false, {}, {}, 0}; }

std::string text_of(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string pem_of(X509* certificate) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

int give_password(char* buffer, int size, int /*rwflag*/, void* user) {
  const auto& password = *static_cast<const std::string*>(user);
  int length = std::min(size, static_cast<int>(password.size()));
  std::memcpy(buffer, password.data(), static_cast<std::size_t>(length));
  return length;
}

Result<KeyStore> read_pem(const std::string& path, const std::string& text, const std::string& password) {
  KeyStore store;
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  while (CertPtr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
    store.certificates_pem += pem_of(certificate.get());
  ERR_clear_error();
  if (text.find("PRIVATE KEY-----") != std::string::npos) {
    auto key = decrypt_private_key(text, password);
    if (!key) return invalid(path + ": " + key.error().text);
    store.private_key_pem = std::move(*key);
    store.key_chain_pem = store.certificates_pem;
  }
  if (store.certificates_pem.empty() && store.private_key_pem.empty())
    return invalid(path + " holds neither a certificate nor a key");
  return store;
}

/// Old keytools encrypt with RC2 and the like, which OpenSSL 3 keeps in a provider of its own.
void load_legacy_algorithms() {
  static const bool loaded = [] {
    OSSL_PROVIDER_load(nullptr, "default");
    OSSL_PROVIDER_load(nullptr, "legacy");
    return true;
  }();
  (void)loaded;
}

Result<KeyStore> read_pkcs12(const std::string& path, const std::string& data, const std::string& password) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  Pkcs12Ptr pkcs12(d2i_PKCS12(nullptr, &bytes, static_cast<long>(data.size())));
  if (!pkcs12) return invalid(path + " is neither a PKCS12, a JKS nor a PEM file");
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  bool parsed = PKCS12_parse(pkcs12.get(), password.c_str(), &key, &certificate, &others) == 1;
  if (!parsed) {
    bool password_right = PKCS12_verify_mac(pkcs12.get(), password.c_str(), static_cast<int>(password.size())) == 1;
    if (!password_right) {
      load_legacy_algorithms();
      password_right = PKCS12_verify_mac(pkcs12.get(), password.c_str(), static_cast<int>(password.size())) == 1;
    }
    ERR_clear_error();
    if (!password_right) return invalid("the password does not open " + path);
    load_legacy_algorithms();
    parsed = PKCS12_parse(pkcs12.get(), password.c_str(), &key, &certificate, &others) == 1;
    ERR_clear_error();
    if (!parsed)
      return invalid(
          path + " cannot be read: its encryption is not supported, or the key has another password than the store");
  }
  KeyPtr key_owner(key);
  CertPtr certificate_owner(certificate);
  StackPtr others_owner(others);
  KeyStore store;
  if (certificate != nullptr) store.key_chain_pem = pem_of(certificate);
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    std::string pem = pem_of(sk_X509_value(others, i));
    store.certificates_pem += pem;
    if (certificate != nullptr) store.key_chain_pem += pem;
  }
  if (key != nullptr) store.private_key_pem = pem_of(key);
  return store;
}

Result<KeyStore> read_jks(const std::string& path, const std::string& data, const std::string& password,
                          const std::string& key_password) {
  auto entries = parse_java_key_store(data, password, key_password.empty() ? password : key_password);
  if (!entries) return invalid(path + ": " + entries.error().text);
  KeyStore store;
  auto pem_of_der = [](const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    CertPtr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
    return certificate ? pem_of(certificate.get()) : std::string();
  };
  for (const std::string& der : entries->trusted_certificates) store.certificates_pem += pem_of_der(der);
  for (const std::string& der : entries->key_chain) store.key_chain_pem += pem_of_der(der);
  if (!entries->private_key_pkcs8.empty()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(entries->private_key_pkcs8.data());
    KeyPtr key(d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(entries->private_key_pkcs8.size())));
    ERR_clear_error();
    if (!key) return invalid(path + ": the private key cannot be read");
    store.private_key_pem = pem_of(key.get());
  }
  return store;
}

}  // namespace

Result<std::string> decrypt_private_key(const std::string& pem, const std::string& password) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::string secret = password;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, &secret));
  ERR_clear_error();
  if (!key) {
    bool encrypted = pem.find("ENCRYPTED") != std::string::npos;
    if (encrypted && password.empty()) return invalid("the private key is encrypted and no key password is given");
    return invalid(encrypted ? "the key password does not open the private key"
                             : "it holds no private key in PEM form");
  }
  return pem_of(key.get());
}

Result<KeyStore> read_key_store(const std::string& path, const std::string& password, const std::string& key_password,
                                std::string_view type) {
  if (!type.empty() && type != "JKS" && type != "PKCS12" && type != "PEM") {
    return invalid("store type " + std::string(type) + " is not one of JKS, PKCS12, PEM");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return invalid(path + " cannot be read: " + std::strerror(errno));
  std::ostringstream content;
  content << file.rdbuf();
  std::string data = std::move(content).str();
  if (data.find("-----BEGIN ") != std::string::npos)
    return read_pem(path, data, key_password.empty() ? password : key_password);
  if (is_java_key_store(data)) return read_jks(path, data, password, key_password);
  return read_pkcs12(path, data, password);
}

}  // namespace millrace::base
