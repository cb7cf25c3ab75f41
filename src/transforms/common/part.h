#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "millrace/plugin.h"
#include "millrace/transform.h"

namespace millrace::transforms {

/// Which side of a record a transform works on: `X$Key` or `X$Value`.
enum class Part : std::uint8_t { kKey, kValue };

/// A transform of the record's key or value.
class PartTransformation : public Transformation {
 public:
  explicit PartTransformation(Part part) : part_(part) {}

 protected:
  SchemaPtr& schema_of(ConnectRecord& record) const {
    return part_ == Part::kKey ? record.key_schema : record.value_schema;
  }
  Value& value_of(ConnectRecord& record) const { return part_ == Part::kKey ? record.key : record.value; }
  void set(ConnectRecord& record, SchemaPtr schema, Value value) const {
    schema_of(record) = std::move(schema);
    value_of(record) = std::move(value);
  }

 private:
  Part part_;
};

inline constexpr const char* kPackage = "org.apache.kafka.connect.transforms.";

/// Registers `T` as `<name>$Key` and `<name>$Value`. T: constructible from a Part, with T::definitions().
template <class T>
void register_parts(PluginRegistry& plugins, const std::string& name, const std::string& summary) {
  for (const Part part : {Part::kKey, Part::kValue}) {
    PluginEntry entry;
    entry.kind = PluginKind::kTransformation;
    entry.make_transformation = [part] { return std::make_unique<T>(part); };
    plugins.add(kPackage + name + (part == Part::kKey ? "$Key" : "$Value"), std::move(entry))
        .config(T::definitions())
        .summary(summary);
  }
}

/// Registers `T` under one name. T: default constructible, with T::definitions().
template <class T>
void register_transformation(PluginRegistry& plugins, const std::string& name, const std::string& summary) {
  plugins.transformation<T>(kPackage + name).config(T::definitions()).summary(summary);
}

template <class T>
void register_predicate(PluginRegistry& plugins, const std::string& name, const std::string& summary) {
  plugins.predicate<T>(std::string(kPackage) + "predicates." + name).config(T::definitions()).summary(summary);
}

}  // namespace millrace::transforms
