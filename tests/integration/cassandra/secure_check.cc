// TLS and logins against a real node that wants a client's certificate and a password, and whose certificate names localhost only.
// Run by the Python test beside.

#include <gtest/gtest.h>

#include <cstdlib>

#include "connectors/cassandra/cql/session.h"

namespace millrace::cassandra::cql {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string("set ") + name);
  return value;
}

class SecureCheck : public testing::Test {
 protected:
  void SetUp() override {
    folder = from_environment("MILLRACE_CERTIFICATES") + "/";
    config.contact_points = {"127.0.0.1"};
    config.port = static_cast<std::uint16_t>(std::stoi(from_environment("MILLRACE_CASSANDRA_PORT")));
    config.user = "cassandra";
    config.password = "cassandra";
    config.connect_timeout = std::chrono::seconds(30);
    config.tls = TlsConfig{};
    config.tls->trust_store_path = folder + "trust.p12";
    config.tls->trust_store_password = "changeit";
    config.tls->key_store_path = folder + "client.p12";
    config.tls->key_store_password = "changeit";
  }

  std::string outcome() {
    try {
      auto session = Session::connect(config);
      return session->query("SELECT cluster_name FROM system.local").row_count() == 1 ? "connected" : "no row";
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  void expect(const std::string& part) {
    const auto text = outcome();
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }

  std::string folder;
  SessionConfig config;
};

TEST_F(SecureCheck, EveryKindOfStore) {
  EXPECT_EQ(outcome(), "connected");
  config.tls->trust_store_path = folder + "trust.jks";
  config.tls->key_store_path = folder + "client.jks";
  EXPECT_EQ(outcome(), "connected");
  config.tls->trust_store_path = folder + "ca.pem";
  config.tls->key_store_path = folder + "client-all.pem";
  EXPECT_EQ(outcome(), "connected");
  config.max_version = 4;
  config.compression = Compression::kLz4;
  EXPECT_EQ(outcome(), "connected");
}

TEST_F(SecureCheck, HostNames) {
  config.tls->verify_hostname = true;
  expect("TLS handshake failed: IP address mismatch (checked for 127.0.0.1)");
  config.contact_points = {"localhost"};
  EXPECT_EQ(outcome(), "connected");
}

TEST_F(SecureCheck, StoresThatDoNotFit) {
  config.tls->trust_store_password = "wrong";
  expect("store " + folder + "trust.p12 cannot be opened: is its password right?");
  config.tls->trust_store_path = folder + "trust.jks";
  expect("store " + folder + "trust.jks cannot be read as JKS: the password is wrong or the file is damaged");
  config.tls->trust_store_path = folder + "missing.p12";
  expect("store " + folder + "missing.p12 cannot be read: no such file, or no permission");
  config.tls->trust_store_path = from_environment("MILLRACE_OTHER_CERTIFICATES") + "/ca.pem";
  expect("TLS handshake failed: ");
}

TEST_F(SecureCheck, WithoutTheClientsCertificate) {
  config.tls->key_store_path.clear();
  EXPECT_NE(outcome(), "connected");
}

TEST_F(SecureCheck, Logins) {
  config.password = "wrong";
  expect("refuses user \"cassandra\": Provided username cassandra and/or password are incorrect");
  config.user.clear();
  expect("wants a login");
}

}  // namespace
}  // namespace millrace::cassandra::cql
