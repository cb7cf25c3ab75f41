#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::http {

using Header = std::pair<std::string, std::string>;

/// The first header of that name, in any case; nullptr when there is none.
const std::string* find_header(const std::vector<Header>& headers, std::string_view name);

struct Request {
  std::string method;  ///< "GET"; unknown words come as they are
  std::string target;  ///< as sent: path and query, percent-encoded
  std::vector<Header> headers;
  std::string body;
  std::string remote;        ///< the client's address
  std::size_t listener = 0;  ///< index of the listener it came in on
  bool https = false;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
};

/// "%2F" → "/". Malformed escapes stay as they are; `+` stays `+` in paths.
enum class Plus : bool { kStays, kIsBlank };
std::string percent_decode(std::string_view text, Plus plus = Plus::kStays);
/// Everything but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view text);

/// A target taken apart: decoded path segments (an encoded slash does not separate), decoded query parameters in order.
struct Target {
  std::vector<std::string> segments;
  std::vector<Header> query;
  /// The last parameter of that name.
  std::optional<std::string> parameter(std::string_view name) const;
};
Target parse_target(std::string_view target);

/// "OK", "Not Found"
const char* reason_of(int status);

}  // namespace millrace::http
