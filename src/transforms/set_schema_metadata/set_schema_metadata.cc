#include "transforms/set_schema_metadata/set_schema_metadata.h"

#include <string_view>

#include "millrace/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {
constexpr std::string_view kPurpose = "updating schema metadata";
}

const ConfigTable<SetSchemaMetadataConfig>& SetSchemaMetadataConfig::table() {
  using C = SetSchemaMetadataConfig;
  static const ConfigTable<C> kTable =
      ConfigTable<C>{
          option("schema.name", &C::name).importance(Importance::kHigh).doc("Name to give to the schema."),
          option("schema.version", &C::version).importance(Importance::kHigh).doc("Version to give to the schema."),
          replace_null_option(&C::replace_null_with_default),
      }
          .rule([](const C& config) {
            if (!config.name && !config.version) throw ConfigError("Neither schema name nor version configured");
          });
  return kTable;
}

SchemaPtr SetSchemaMetadata::with_metadata(const SchemaPtr& from) const {
  const std::vector<Field>& fields = from->fields();  // refuses what is no struct
  SchemaBuilder builder = SchemaBuilder::structure();
  if (from->is_optional()) builder.optional();
  if (config_.name || from->name()) builder.name(config_.name ? *config_.name : *from->name());
  if (config_.version || from->version()) builder.version(config_.version ? *config_.version : *from->version());
  if (from->doc()) builder.doc(*from->doc());
  if (!from->parameters().empty()) builder.parameters(from->parameters());
  for (const Field& field : fields) builder.field(field.name, field.schema);
  if (from->default_value()) {
    Struct fallback = from->default_value()->as_struct();
    fallback.reset(builder.build());
    builder.default_value(Value(std::move(fallback)));
  }
  return builder.build();
}

bool SetSchemaMetadata::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (value.is_null() && schema == nullptr) return true;
  require_schema(schema, kPurpose);
  const SchemaPtr& named = schemas_.get(schema, [this](const SchemaPtr& from) { return with_metadata(from); });
  if (!value.is_null()) {
    require_struct_of(value, schema, kPurpose);
    Struct& edited = value.mutable_struct();
    fill_nulls(edited.mutable_values(), *schema, config_.replace_null_with_default);
    edited.reset(named);
  }
  schema = named;
  return true;
}

}  // namespace millrace::transforms
