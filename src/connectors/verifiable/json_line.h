#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::verifiable {

/// One JSON object on one line of standard output: what the harness of Kafka's system tests reads. Each line is written
/// and flushed as a whole, so lines of several tasks never mix.
class JsonLine {
 public:
  JsonLine& add(std::string_view name, std::string_view text);
  JsonLine& add(std::string_view name, std::int64_t number);
  JsonLine& add_true(std::string_view name);
  void print();

 private:
  void key(std::string_view name);
  std::string text_ = "{";
};

/// Writes `line` and a line end to standard output at once.
void print_line(std::string line);

}  // namespace millrace::verifiable
