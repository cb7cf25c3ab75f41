#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Pieces that the URL grammars of several databases share.
namespace millrace::jdbc {

using UrlParameters = std::vector<std::pair<std::string, std::string>>;

/// %20 and + are decoded; a broken % sequence stays as it is.
std::string url_decode(std::string_view text);

/// "a=1&b=2" (any of `separators`); a key without "=" has an empty value.
UrlParameters parse_parameters(std::string_view text, char separator, bool decode);

struct HostPort {
  std::string host;
  std::string port;  ///< empty: the default
};

/// "host[:port]" with IPv6 in brackets.
HostPort parse_host_port(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);
std::string trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// "true", "yes", "1", "on" and the empty text of a bare parameter.
bool is_true(std::string_view text);

}  // namespace millrace::jdbc
