#pragma once

#include <memory>
#include <string>
#include <vector>

#include "millrace/schema.h"

namespace millrace::json_converter {

enum class DecimalFormat : std::uint8_t { kBase64, kNumeric };
enum class NullPolicy : std::uint8_t { kReplaceWithDefault, kKeep };

struct WriteOptions {
  DecimalFormat decimal_format = DecimalFormat::kBase64;
  NullPolicy nulls = NullPolicy::kReplaceWithDefault;
};

/// How to write the values of one schema: made once, used for every record.
class PayloadWriter {
 public:
  PayloadWriter(SchemaPtr schema, WriteOptions options);
  ~PayloadWriter();
  PayloadWriter(const PayloadWriter&) = delete;
  PayloadWriter& operator=(const PayloadWriter&) = delete;

  const SchemaPtr& schema() const noexcept { return schema_; }

  /// Appends `value` as JSON. DataError with JsonConverter's texts.
  void write(const Value& value, std::string& out) const;

 private:
  struct FieldWriter {
    std::string prefix;  // the name with its quotes, the colon, and the comma before all but the first
    std::unique_ptr<PayloadWriter> writer;
  };

  static void write_element(const std::unique_ptr<PayloadWriter>& writer, const Value& value, std::string& out);
  void write_null(std::string& out) const;
  void write_logical(const Value& value, std::string& out) const;
  void write_array(const Value& value, std::string& out) const;
  void write_map(const Value& value, std::string& out) const;
  void write_struct(const Value& value, std::string& out) const;
  [[noreturn]] void throw_wrong_class(const Value& value) const;

  SchemaPtr schema_;
  WriteOptions options_;
  std::vector<FieldWriter> fields_;
  std::unique_ptr<PayloadWriter> keys_;
  std::unique_ptr<PayloadWriter> values_;
};

/// Appends a value that has no schema.
void write_schemaless(const Value& value, std::string& out);

/// The JSON form of a schema, defaults included.
std::string schema_json(const Schema& schema, WriteOptions options);

}  // namespace millrace::json_converter
