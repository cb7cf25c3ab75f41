#include "connectors/verifiable/json_line.h"

#include <cstdio>

namespace millrace::verifiable {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

void JsonLine::key(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  append_quoted(text_, name);
  text_ += ':';
}

JsonLine& JsonLine::add(std::string_view name, std::string_view text) {
  key(name);
  append_quoted(text_, text);
  return *this;
}

JsonLine& JsonLine::add(std::string_view name, std::int64_t number) {
  key(name);
  text_ += std::to_string(number);
  return *this;
}

JsonLine& JsonLine::add_true(std::string_view name) {
  key(name);
  text_ += "true";
  return *this;
}

void JsonLine::print() { print_line(text_ + "}"); }

void print_line(std::string line) {
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);  // one call: stdio locks the stream around it
  std::fflush(stdout);
}

}  // namespace millrace::verifiable
