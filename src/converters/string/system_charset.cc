#include "converters/string/system_charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstddef>

#include "millrace/text.h"

namespace millrace {
namespace {

const auto kNone = reinterpret_cast<iconv_t>(-1);  // NOLINT(performance-no-int-to-ptr): iconv's own

/// Converts until the end or a character that cannot be; `in` moves behind what was done. False: stopped in between.
bool convert(iconv_t conversion, std::string_view& in, std::string& out) {
  char* from = const_cast<char*>(in.data());
  std::size_t left = in.size();
  bool done = false;
  while (!done) {
    std::array<char, 512> block{};
    char* to = block.data();
    std::size_t room = block.size();
    const std::size_t answer = ::iconv(conversion, &from, &left, &to, &room);
    out.append(block.data(), static_cast<std::size_t>(to - block.data()));
    done = answer != static_cast<std::size_t>(-1);
    if (!done && errno != E2BIG) break;
  }
  in.remove_prefix(in.size() - left);
  return done;
}

/// Brings the conversion back to its first state; a stateful set writes what ends its text.
void finish(iconv_t conversion, std::string& out) {
  std::array<char, 32> block{};
  char* to = block.data();
  std::size_t room = block.size();
  ::iconv(conversion, nullptr, nullptr, &to, &room);
  out.append(block.data(), static_cast<std::size_t>(to - block.data()));
}

}  // namespace

std::unique_ptr<SystemCharset> SystemCharset::open(const std::string& name) {
  const auto named = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-+.:_").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), named)) return nullptr;
  std::string known = name;
  std::transform(known.begin(), known.end(), known.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (known == "UTF-32") known = "UTF-32BE";  // Java writes no byte order mark
  const iconv_t encoder = ::iconv_open(known.c_str(), "UTF-8");
  const iconv_t decoder = ::iconv_open("UTF-8", known.c_str());
  if (encoder != kNone && decoder != kNone) return std::unique_ptr<SystemCharset>(new SystemCharset(encoder, decoder));
  if (encoder != kNone) ::iconv_close(encoder);
  if (decoder != kNone) ::iconv_close(decoder);
  return nullptr;
}

SystemCharset::~SystemCharset() {
  ::iconv_close(encoder_);
  ::iconv_close(decoder_);
}

void SystemCharset::encode(std::string_view text, std::string& out) {
  while (!convert(encoder_, text, out)) {
    const char* p = text.data();
    (void)next_code_point(p, text.data() + text.size());
    text.remove_prefix(static_cast<std::size_t>(p - text.data()));
    std::string_view unknown = "?";
    convert(encoder_, unknown, out);
  }
  finish(encoder_, out);
}

void SystemCharset::decode(std::string_view bytes, std::string& out) {
  while (!convert(decoder_, bytes, out)) {
    append_code_point(out, 0xFFFD);
    if (errno == EINVAL) break;  // the last character is incomplete
    bytes.remove_prefix(1);
  }
  finish(decoder_, out);
}

}  // namespace millrace
