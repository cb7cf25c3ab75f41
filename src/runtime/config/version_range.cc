#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "runtime/config/validation.h"

namespace millrace::runtime {
namespace {

std::string trimmed(std::string text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  text.erase(std::find_if_not(text.rbegin(), text.rend(), blank).base(), text.end());
  return text;
}

/// Splits "4.1.0-rc1" into 4, 1, 0, rc1.
std::vector<std::string> parts_of(const std::string& version) {
  std::vector<std::string> parts(1);
  for (const char c : version) {
    if (c == '.' || c == '-') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Numbers by value, a qualifier ("rc1") below the version without it.
int compare(const std::string& a, const std::string& b) {
  const std::vector<std::string> left = parts_of(a);
  const std::vector<std::string> right = parts_of(b);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string x = i < left.size() ? left[i] : "0";
    const std::string y = i < right.size() ? right[i] : "0";
    if (is_number(x) != is_number(y)) return is_number(x) ? 1 : -1;
    if (is_number(x) && x.size() != y.size()) {
      const std::string zeros(std::max(x.size(), y.size()), '0');
      const std::string wide_x = zeros.substr(x.size()) + x;
      const std::string wide_y = zeros.substr(y.size()) + y;
      if (wide_x != wide_y) return wide_x < wide_y ? -1 : 1;
    } else if (x != y) {
      return x < y ? -1 : 1;
    }
  }
  return 0;
}

}  // namespace

Result<VersionRange> VersionRange::parse(const std::string& text) {
  VersionRange out;
  std::string body = trimmed(text);
  const auto invalid = [&] {
    return Error{
        .code = Errc::kInvalid,
        .text = fmt::format("Invalid version range '{}': write a version, or a range such as [1.0,2.0)", text)};
  };
  if (body.empty()) return invalid();
  if (body.front() != '[' && body.front() != '(') {
    out.low_ = out.high_ = body;
    return out;
  }
  out.with_low_ = body.front() == '[';
  if (body.back() != ']' && body.back() != ')') return invalid();
  out.with_high_ = body.back() == ']';
  body = body.substr(1, body.size() - 2);
  const std::size_t comma = body.find(',');
  if (comma == std::string::npos) {
    out.low_ = out.high_ = trimmed(body);
    if (out.low_.empty() || !out.with_low_ || !out.with_high_) return invalid();
    return out;
  }
  out.low_ = trimmed(body.substr(0, comma));
  out.high_ = trimmed(body.substr(comma + 1));
  return out;
}

bool VersionRange::contains(const std::string& version) const {
  if (!low_.empty()) {
    const int order = compare(version, low_);
    if (order < 0 || (order == 0 && !with_low_)) return false;
  }
  if (high_.empty()) return true;
  const int order = compare(version, high_);
  return order < 0 || (order == 0 && with_high_);
}

std::string VersionRange::to_string() const {
  return fmt::format("{}{},{}{}", with_low_ ? '[' : '(', low_, high_, with_high_ ? ']' : ')');
}

}  // namespace millrace::runtime
