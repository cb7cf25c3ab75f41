#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/regex.h"
#include "http/message.h"
#include "runtime/config/rest_config.h"

namespace millrace::rest {

/// Cross-origin rules: `access.control.allow.origin` and `.methods`.
///
/// Behaviour: Kafka 4.1, whose origins are regular expressions without regard to case; older ones had `*` for any text.
/// Here both do. Differs: a text without special characters is taken as it is, so that its dots stand for dots only.
class Cors {
 public:
  Cors(const std::string& origins, const std::string& methods);
  bool enabled() const noexcept { return !origins_.empty(); }
  void apply(const http::Request& request, http::Response& response) const;

 private:
  struct Origin {
    std::string text;
    std::optional<base::Regex> regex{};
  };
  /// `origins`: what the header says, several with blanks between them.
  bool allows(const std::string& origins) const;
  std::vector<Origin> origins_;
  std::vector<std::string> methods_;
};

/// Adds the headers of `response.http.headers.config`.
void apply_header_rules(const std::vector<runtime::ResponseHeaderRule>& rules, http::Response& response);

/// "Sat, 22 Nov 2026 10:00:00 GMT"
std::string http_date(std::int64_t seconds_since_epoch);

/// One line per request: the extended NCSA format and the milliseconds.
std::string log_line(const http::Request& request, const http::Response& response, std::int64_t milliseconds);

}  // namespace millrace::rest
