#include "rest/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace millrace::rest {
namespace {

std::vector<std::string> split(const std::string& text, char separator = ',') {
  std::vector<std::string> out;
  std::string item;
  for (const char c : text + separator) {
    if (c != separator) {
      if (c != ' ' && c != '\t') item += c;
    } else if (!item.empty()) {
      out.push_back(std::exchange(item, {}));
    }
  }
  return out;
}

/// `*` stands for any text.
bool wildcard_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*')
    return !text.empty() && pattern.front() == text.front() && wildcard_match(pattern.substr(1), text.substr(1));
  for (std::size_t skipped = 0; skipped <= text.size(); ++skipped) {
    if (wildcard_match(pattern.substr(1), text.substr(skipped))) return true;
  }
  return false;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

void remove_header(http::Response& response, const std::string& name) {
  std::erase_if(response.headers,
                [&](const http::Header& header) { return http::find_header({header}, name) != nullptr; });
}

}  // namespace

Cors::Cors(const std::string& origins, const std::string& methods) : methods_(split(methods)) {
  for (const std::string& text : split(origins)) {
    Origin origin{.text = lower(text)};
    if (text.find_first_of("*+?[](){}|^$\\") != std::string::npos) {
      if (auto regex = base::Regex::compile("(?i)" + text)) origin.regex = std::move(regex).value();
    }
    origins_.push_back(std::move(origin));
  }
  if (methods_.empty()) methods_ = {"GET", "POST", "HEAD"};
}

bool Cors::allows(const std::string& origins) const {
  const auto matches = [](const Origin& allowed, const std::string& given) {
    if (wildcard_match(allowed.text, lower(given))) return true;
    if (!allowed.regex) return false;
    const Result<bool> matched = allowed.regex->matches(given);
    return matched.ok() && *matched;
  };
  const std::vector<std::string> given = split(origins, ' ');
  return std::all_of(given.begin(), given.end(), [&](const std::string& one) {
    return std::any_of(origins_.begin(), origins_.end(), [&](const Origin& allowed) { return matches(allowed, one); });
  });
}

void Cors::apply(const http::Request& request, http::Response& response) const {
  if (!enabled()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string* origin = http::find_header(request.headers, "Origin");
  if (origin == nullptr || !allows(*origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
  if (request.method != "OPTIONS" || !http::find_header(request.headers, "Access-Control-Request-Method")) return;
  response.headers.emplace_back("Access-Control-Allow-Methods", join(methods_));
  response.headers.emplace_back("Access-Control-Allow-Headers", "Content-Type");
  response.headers.emplace_back("Access-Control-Max-Age", "60");
}

std::string http_date(std::int64_t seconds_since_epoch) {
  const std::time_t time = seconds_since_epoch;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
}

void apply_header_rules(const std::vector<runtime::ResponseHeaderRule>& rules, http::Response& response) {
  using Action = runtime::ResponseHeaderRule::Action;
  for (const runtime::ResponseHeaderRule& rule : rules) {
    const bool date = rule.action == Action::kSetDate || rule.action == Action::kAddDate;
    if (rule.action == Action::kSet || rule.action == Action::kSetDate) remove_header(response, rule.name);
    response.headers.emplace_back(
        rule.name,
        date ? http_date(std::time(nullptr) + std::strtoll(rule.value.c_str(), nullptr, 10) / 1000) : rule.value);
  }
}

std::string log_line(const http::Request& request, const http::Response& response, std::int64_t milliseconds) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char time[64];
  std::strftime(time, sizeof time, "%d/%b/%Y:%H:%M:%S +0000", &parts);
  const auto header = [&](const char* name) {
    const std::string* value = http::find_header(request.headers, name);
    return value == nullptr ? std::string("-") : *value;
  };
  std::string line = fmt::format("{} - - [{}] \"{} {} HTTP/1.1\" {} {} \"{}\" \"{}\" {}", request.remote, time,
                                 request.method, request.target, response.status, response.body.size(),
                                 header("Referer"), header("User-Agent"), milliseconds);
  // What a client sends must not be able to forge lines.
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }, '?');
  return line;
}

}  // namespace millrace::rest
