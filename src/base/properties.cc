#include "base/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/utf8.h"

namespace millrace::base {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

/// Joins `\uD83D\uDE00` into one character; a lone surrogate becomes '?', as when Java writes such a text out.
class TextBuilder {
 public:
  explicit TextBuilder(PropertiesEncoding encoding) : encoding_(encoding) {}

  void byte(char c) {
    flush();
    if (encoding_ == PropertiesEncoding::kUtf8) {
      text_ += c;
    } else {
      append_utf8(text_, static_cast<unsigned char>(c));
    }
  }

  void unit(std::uint32_t code) {
    if (high_ != 0 && code >= 0xdc00 && code < 0xe000) {
      append_utf8(text_, 0x10000 + ((high_ - 0xd800) << 10) + (code - 0xdc00));
      high_ = 0;
      return;
    }
    flush();
    if (code >= 0xd800 && code < 0xdc00) {
      high_ = code;
    } else if (code >= 0xdc00 && code < 0xe000) {
      text_ += '?';
    } else {
      append_utf8(text_, code);
    }
  }

  std::string take() {
    flush();
    return std::move(text_);
  }

 private:
  void flush() {
    if (high_ != 0) text_ += '?';
    high_ = 0;
  }

  PropertiesEncoding encoding_;
  std::string text_;
  std::uint32_t high_ = 0;
};

/// One logical line: natural lines joined at a trailing odd backslash, without leading blanks.
struct LogicalLine {
  std::string text;
  int number = 0;
};

class LineReader {
 public:
  explicit LineReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<LogicalLine> next() {
    while (position_ < bytes_.size()) {
      std::string_view line = natural_line();
      skip_blanks(line);
      if (line.empty() || line.front() == '#' || line.front() == '!') continue;
      LogicalLine out{.text = {}, .number = number_};
      while (ends_in_continuation(line)) {
        out.text.append(line.substr(0, line.size() - 1));
        if (position_ >= bytes_.size()) return out;
        line = natural_line();
        skip_blanks(line);
      }
      out.text.append(line);
      return out;
    }
    return std::nullopt;
  }

 private:
  std::string_view natural_line() {
    ++number_;
    const std::size_t start = position_;
    while (position_ < bytes_.size() && bytes_[position_] != '\n' && bytes_[position_] != '\r') ++position_;
    const std::string_view line = bytes_.substr(start, position_ - start);
    if (position_ < bytes_.size()) {
      const bool carriage_return = bytes_[position_++] == '\r';
      if (carriage_return && position_ < bytes_.size() && bytes_[position_] == '\n') ++position_;
    }
    return line;
  }

  static void skip_blanks(std::string_view& line) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  }

  static bool ends_in_continuation(std::string_view line) {
    std::size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
  int number_ = 0;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> unescape(std::string_view raw, int line, PropertiesEncoding encoding) {
  TextBuilder out(encoding);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out.byte(raw[i]);
      continue;
    }
    if (++i == raw.size()) break;
    switch (raw[i]) {
      case 't': out.byte('\t'); break;
      case 'n': out.byte('\n'); break;
      case 'r': out.byte('\r'); break;
      case 'f': out.byte('\f'); break;
      case 'u': {
        std::uint32_t code = 0;
        for (int digit = 0; digit < 4; ++digit) {
          const int value = ++i < raw.size() ? hex_digit(raw[i]) : -1;
          if (value < 0) {
            return Error{
                .code = Errc::kInvalid,
                .text = fmt::format("line {}: \\u must be followed by four hexadecimal digits (write \\\\ for a "
                                    "backslash)",
                                    line)};
          }
          code = code * 16 + static_cast<std::uint32_t>(value);
        }
        out.unit(code);
        break;
      }
      default: out.byte(raw[i]);
    }
  }
  return out.take();
}

}  // namespace

void Properties::set(std::string key, std::string value) {
  const auto [position, added] = index_.try_emplace(key, entries_.size());
  if (added) {
    entries_.emplace_back(std::move(key), std::move(value));
  } else {
    entries_[position->second].second = std::move(value);
  }
}

const std::string* Properties::find(std::string_view key) const {
  const auto position = index_.find(key);
  return position == index_.end() ? nullptr : &entries_[position->second].second;
}

Result<Properties> parse_properties(std::string_view bytes, PropertiesEncoding encoding) {
  Properties out;
  LineReader lines(bytes);
  while (const std::optional<LogicalLine> line = lines.next()) {
    const std::string_view text = line->text;
    std::size_t end = 0;
    while (end < text.size() && text[end] != '=' && text[end] != ':' && !is_blank(text[end]))
      end += text[end] == '\\' ? 2 : 1;
    end = std::min(end, text.size());
    std::size_t start = end;
    while (start < text.size() && is_blank(text[start])) ++start;
    if (start < text.size() && (text[start] == '=' || text[start] == ':')) ++start;
    while (start < text.size() && is_blank(text[start])) ++start;

    Result<std::string> key = unescape(text.substr(0, end), line->number, encoding);
    if (!key) return std::move(key).error();
    Result<std::string> value = unescape(text.substr(start), line->number, encoding);
    if (!value) return std::move(value).error();
    out.set(std::move(key).value(), std::move(value).value());
  }
  return out;
}

Result<Properties> read_properties_file(const std::string& path, PropertiesEncoding encoding) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  char chunk[16384];
  while (file.read(chunk, sizeof chunk) || file.gcount() > 0)
    bytes.append(chunk, static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad()) {
    return Error{.code = Errc::kIo,
                 .text = fmt::format("cannot read {}: {}", path, std::strerror(errno != 0 ? errno : EIO))};
  }
  Result<Properties> parsed = parse_properties(bytes, encoding);
  if (!parsed) parsed.error().text = fmt::format("{}, {}", path, parsed.error().text);
  return parsed;
}

}  // namespace millrace::base
