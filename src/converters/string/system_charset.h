#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace millrace {

/// A character set that the C library knows (windows-1252, Shift_JIS, KOI8-R...). What it cannot say becomes '?', what it
/// does not know U+FFFD. Not for several threads at once.
class SystemCharset {
 public:
  /// Null when there is none of that name.
  static std::unique_ptr<SystemCharset> open(const std::string& name);
  ~SystemCharset();
  SystemCharset(const SystemCharset&) = delete;
  SystemCharset& operator=(const SystemCharset&) = delete;

  /// Appends UTF-8 text in this character set.
  void encode(std::string_view text, std::string& out);
  /// Appends bytes of this character set as UTF-8.
  void decode(std::string_view bytes, std::string& out);

 private:
  SystemCharset(void* encoder, void* decoder) : encoder_(encoder), decoder_(decoder) {}
  void* encoder_;  // iconv_t
  void* decoder_;
};

}  // namespace millrace
