#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "runtime/config/rest_config.h"

namespace millrace::rest {

/// Cross-origin rules: `access.control.allow.origin` and `.methods`.
class Cors {
 public:
  Cors(const std::string& origins, const std::string& methods);
  bool enabled() const noexcept { return !origins_.empty(); }
  void apply(const http::Request& request, http::Response& response) const;

 private:
  bool allows(const std::string& origin) const;
  std::vector<std::string> origins_;
  std::vector<std::string> methods_;
};

/// Adds the headers of `response.http.headers.config`.
void apply_header_rules(const std::vector<runtime::ResponseHeaderRule>& rules, http::Response& response);

/// "Sat, 22 Nov 2026 10:00:00 GMT"
std::string http_date(std::int64_t seconds_since_epoch);

/// One line per request: the extended NCSA format and the milliseconds.
std::string log_line(const http::Request& request, const http::Response& response, std::int64_t milliseconds);

}  // namespace millrace::rest
