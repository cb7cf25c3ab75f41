#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace millrace::base {

/// The entries of a properties file in the order of their first appearance; a later duplicate replaces the value in
/// place.
class Properties {
 public:
  using Entry = std::pair<std::string, std::string>;

  void set(std::string key, std::string value);
  const std::string* find(std::string_view key) const;
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  std::map<std::string, std::string> to_map() const { return {entries_.begin(), entries_.end()}; }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// What the bytes of a properties file stand for: Java reads a file that it opens by name as ISO-8859-1, one that it
/// opens through a reader (config providers) as UTF-8.
enum class PropertiesEncoding : bool { kLatin1, kUtf8 };

/// Parses Java's .properties syntax. Values keep their trailing blanks; typed parsing trims them.
/// Errors: kInvalid "line N: ..." for a malformed \uXXXX, the only thing that can be wrong.
Result<Properties> parse_properties(std::string_view bytes, PropertiesEncoding encoding = PropertiesEncoding::kLatin1);

/// Reads and parses a file. Errors: kIo or kInvalid with the path in the sentence.
Result<Properties> read_properties_file(const std::string& path,
                                        PropertiesEncoding encoding = PropertiesEncoding::kLatin1);

}  // namespace millrace::base
