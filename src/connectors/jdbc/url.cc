#include "connectors/jdbc/url.h"

#include <algorithm>
#include <cctype>

namespace millrace::jdbc {

std::string url_decode(std::string_view text) {
  const auto hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) && hex(text[i + 2])) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

UrlParameters parse_parameters(std::string_view text, char separator, bool decode) {
  UrlParameters parameters;
  for (const std::string& part : split(text, separator)) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    std::string key = part.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (decode) {
      key = url_decode(key);
      value = url_decode(value);
    }
    parameters.emplace_back(std::move(key), std::move(value));
  }
  return parameters;
}

HostPort parse_host_port(std::string_view text) {
  if (!text.empty() && text[0] == '[') {
    const std::size_t end = text.find(']');
    if (end != std::string_view::npos) {
      const std::string_view rest = text.substr(end + 1);
      return {std::string(text.substr(1, end - 1)), rest.size() > 1 ? std::string(rest.substr(1)) : ""};
    }
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string trim(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) { return to_lower(a) == to_lower(b); }

bool is_true(std::string_view text) {
  const std::string lower = to_lower(text);
  return lower.empty() || lower == "true" || lower == "yes" || lower == "1" || lower == "on";
}

}  // namespace millrace::jdbc
