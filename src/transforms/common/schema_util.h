#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/config.h"
#include "millrace/schema.h"

namespace millrace::transforms {

/// Name, version, doc and parameters of `from`; not whether it is optional, not its default.
SchemaBuilder& copy_basics(const Schema& from, SchemaBuilder& to);

/// `fill_null` for a value that is null.
void replace_null(Value& value, const Field& from, const Field& to, bool replace);

/// What `updated.put(to, getFieldValue(struct, from))` of the Java classes makes of a null in a rebuilt struct: the
/// default of `from` when `replace` says so, else null where `to` is optional, else DataError.
inline void fill_null(Value& value, const Field& from, const Field& to, bool replace) {
  if (value.is_null()) [[unlikely]]
    replace_null(value, from, to, replace);
}

/// `fill_null` for values that all keep their fields. Precondition: one value per field of `schema`.
inline void fill_nulls(std::vector<Value>& values, const Schema& schema, bool replace) {
  const Field* field = schema.fields().data();
  for (Value& value : values) {
    fill_null(value, *field, *field, replace);
    ++field;
  }
}

/// `field "amount" (STRING)`: the place of an error in a record.
std::string field_place(const Field& field);
/// The same without a schema: `field "amount" (java.lang.Long)`.
std::string field_place(const std::string& field, const Value& value);

/// The option that most transforms share.
template <class Config>
Option<Config> replace_null_option(bool Config::*member) {
  return option("replace.null.with.default", member)
      .default_to(true)
      .importance(Importance::kMedium)
      .doc(
          "What a field that is null and has a default is read as: the default (true) or null (false). Holds for all "
          "fields of "
          "a struct that is rebuilt.");
}

/// "Empty list", of null too.
ConfigCheck non_empty_list();

/// "entry must be non null": the second error of a required option that is missing.
ConfigCheck non_null();

/// What was worked out for a schema, by its address: the last one at once, a few others by search. Holding the schema
/// keeps its address from being used again.
template <class Plan>
class SchemaCache {
 public:
  /// The plan of `schema`; `make(schema)` when it is not known. The reference holds until the next call.
  template <class Make>
  Plan& get(const SchemaPtr& schema, Make&& make) {
    if (!entries_.empty() && entries_.front()->schema == schema) return entries_.front()->plan;
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e->schema == schema; });
    if (found != entries_.end()) {
      std::rotate(entries_.begin(), found, found + 1);
      return entries_.front()->plan;
    }
    auto entry = std::make_unique<Entry>(Entry{schema, make(schema)});
    if (entries_.size() == kMost) entries_.pop_back();
    entries_.insert(entries_.begin(), std::move(entry));
    return entries_.front()->plan;
  }

 private:
  static constexpr std::size_t kMost = 16;
  struct Entry {
    SchemaPtr schema;
    Plan plan;
  };
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace millrace::transforms
