// A transform of one's own: puts string fields of the value into upper case (ASCII), with a schema and without.
//
//   transforms=up
//   transforms.up.type=com.example.Uppercase
//   transforms.up.fields=status,country

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/errors.h"
#include "millrace/plugin.h"

namespace {

struct UppercaseConfig {
  std::vector<std::string> fields;

  static const millrace::ConfigTable<UppercaseConfig>& table() {
    using C = UppercaseConfig;
    static const millrace::ConfigTable<C> kTable{
        millrace::option("fields", &C::fields)
            .required()
            .importance(millrace::Importance::kHigh)
            .doc("String fields to put into upper case."),
    };
    return kTable;
  }
};

class Uppercase : public millrace::Transformation {
 public:
  const millrace::ConfigDef& config() const override { return UppercaseConfig::table().definitions(); }
  void configure(const millrace::Props& config) override { config_ = UppercaseConfig::table().parse(config); }

  bool apply(millrace::ConnectRecord& record) override {
    if (record.value.is_null()) return true;
    if (record.value_schema == nullptr) {
      if (record.value.kind() != millrace::ValueKind::kMap)
        throw millrace::DataError("Uppercase needs a map or a struct");
      millrace::Map& map = record.value.mutable_map();
      for (const std::string& name : config_.fields) {
        if (const millrace::Value* value = map.find(std::string_view(name)))
          map.put(millrace::Value(name), upper(*value, name));
      }
      return true;
    }
    if (record.value.kind() != millrace::ValueKind::kStruct)
      throw millrace::DataError("Uppercase needs a map or a struct");
    millrace::Struct& value = record.value.mutable_struct();
    for (const std::string& name : config_.fields) {
      if (const millrace::Field* field = record.value_schema->field(name))
        value.put(*field, upper(value.get(*field), name));
    }
    return true;
  }

 private:
  static millrace::Value upper(const millrace::Value& value, const std::string& field) {
    if (value.is_null()) return value;
    if (value.kind() != millrace::ValueKind::kString) {
      millrace::DataError error(std::string("Uppercase needs a string, found ") + value.java_class());
      error.set_place("field \"" + field + "\"");
      throw error;
    }
    std::string text = value.as_string();
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return millrace::Value(std::move(text));
  }

  UppercaseConfig config_;
};

}  // namespace

MILLRACE_PLUGIN(plugins) {
  plugins.transformation<Uppercase>("com.example.Uppercase")
      .version("1.0")
      .config(UppercaseConfig::table().definitions())
      .summary("Puts string fields into upper case.");
}
