#pragma once

#include <optional>
#include <string>

#include "base/properties.h"
#include "base/result.h"
#include "http/message.h"

namespace millrace::rest {

/// HTTP Basic authentication as the Java worker's BasicAuthSecurityRestExtension does it with PropertyFileLoginModule.
///
/// The JAAS file is the one that Java users name in KAFKA_OPTS: -Djava.security.auth.login.config=FILE. Its entry `KafkaConnect`
/// names a properties file of users and passwords, read once.
class BasicAuth {
 public:
  static constexpr const char* kClass =
      "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";
  static bool is_extension(const std::string& name);

  /// Errors: kInvalid or kIo, one sentence.
  static Result<BasicAuth> from_jaas_file(const std::string& path);
  /// The file named in KAFKA_OPTS. Errors: also when there is none.
  static Result<BasicAuth> from_environment();

  /// The 401 to answer, or nullopt when the request may pass. Requests between workers pass by their signature.
  std::optional<http::Response> refuse(const http::Request& request) const;

 private:
  base::Properties users_;
};

}  // namespace millrace::rest
