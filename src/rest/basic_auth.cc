#include "rest/basic_auth.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "millrace/base64.h"

namespace millrace::rest {
namespace {

Error invalid(std::string text) { return Error{.code = Errc::kInvalid, .text = std::move(text)}; }

/// The words of a JAAS file: quoted texts, words, and the marks { } ; =
std::vector<std::string> jaas_words(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
    } else if (text.compare(i, 2, "//") == 0 || c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.compare(i, 2, "/*") == 0) {
      const std::size_t end = text.find("*/", i + 2);
      i = end == std::string::npos ? text.size() : end + 2;
    } else if (c == '"') {
      std::string word;
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        word += text[i];
      }
      ++i;
      out.push_back(std::move(word));
    } else if (std::string_view("{};=").find(c) != std::string_view::npos) {
      out.emplace_back(1, c);
      ++i;
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n{};=\"", i), text.size());
      out.push_back(text.substr(i, end - i));
      i = end;
    }
  }
  return out;
}

bool same(const std::string& a, const std::string& b) {
  // Every byte is looked at, so the time tells nothing about where they differ.
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ b[b.empty() ? 0 : i % b.size()]);
  return difference == 0 && a.size() == b.size();
}

bool is_internal(const http::Request& request) {
  const std::vector<std::string> segments = http::parse_target(request.target).segments;
  if (segments.size() != 3 || segments[0] != "connectors") return false;
  return (request.method == "POST" && segments[2] == "tasks") || (request.method == "PUT" && segments[2] == "fence");
}

}  // namespace

bool BasicAuth::is_extension(const std::string& name) {
  return name == kClass || name == "BasicAuthSecurityRestExtension" || name == "BasicAuthSecurity";
}

Result<BasicAuth> BasicAuth::from_jaas_file(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    return Error{.code = Errc::kIo, .text = fmt::format("cannot read the JAAS file {} for basic authentication", path)};
  const std::vector<std::string> words =
      jaas_words({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  std::size_t at = 0;
  while (at + 1 < words.size() && !(words[at] == "KafkaConnect" && words[at + 1] == "{")) ++at;
  if (at + 1 >= words.size()) return invalid(fmt::format("the JAAS file {} has no entry KafkaConnect", path));
  std::string users_file;
  const std::string module = at + 2 < words.size() ? words[at + 2] : "";
  if (!module.ends_with("PropertyFileLoginModule")) {
    return invalid(
        fmt::format("the JAAS file {}: entry KafkaConnect has login module {}; only "
                    "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule is supported",
                    path, module));
  }
  for (std::size_t i = at + 2; i + 2 < words.size() && words[i] != "}"; ++i) {
    if (words[i] == "file" && words[i + 1] == "=") users_file = words[i + 2];
  }
  if (users_file.empty())
    return invalid(fmt::format("the JAAS file {}: entry KafkaConnect names no file=\"...\" of users", path));
  Result<base::Properties> users = base::read_properties_file(users_file);
  if (!users) return std::move(users).error();
  BasicAuth out;
  out.users_ = std::move(users).value();
  return out;
}

Result<BasicAuth> BasicAuth::from_environment() {
  constexpr std::string_view kOption = "-Djava.security.auth.login.config=";
  const char* options = std::getenv("KAFKA_OPTS");
  const std::string text = options == nullptr ? "" : options;
  const std::size_t at = text.find(kOption);
  if (at == std::string::npos) {
    return invalid(fmt::format(
        "rest.extension.classes asks for basic authentication, but KAFKA_OPTS does not name the JAAS file: set "
        "KAFKA_OPTS={}FILE",
        kOption));
  }
  const std::size_t begin = at + kOption.size();
  return from_jaas_file(text.substr(begin, text.find_first_of(" \t", begin) - begin));
}

std::optional<http::Response> BasicAuth::refuse(const http::Request& request) const {
  if (is_internal(request)) return std::nullopt;
  if (const std::string* header = http::find_header(request.headers, "Authorization")) {
    const std::size_t blank = header->find(' ');
    std::string scheme = header->substr(0, blank);
    for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (scheme == "basic" && blank != std::string::npos) {
      const auto bytes = base64_decode(header->substr(blank + 1));
      const std::string decoded = bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
      const std::size_t colon = decoded.find(':');
      if (colon != std::string::npos && colon != 0) {
        const std::string* password = users_.find(decoded.substr(0, colon));
        if (password != nullptr && same(*password, decoded.substr(colon + 1))) return std::nullopt;
      }
    }
  }
  return http::Response{
      .status = 401, .headers = {{"Content-Type", "text/plain"}}, .body = "User cannot access the resource."};
}

}  // namespace millrace::rest
