#include "transforms/extract_field/extract_field.h"

#include <string_view>
#include <utility>

#include "transforms/common/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {
constexpr std::string_view kPurpose = "field extraction";
}

const ConfigTable<ExtractFieldConfig>& ExtractFieldConfig::table() {
  using C = ExtractFieldConfig;
  static const ConfigTable<C> kTable{
      option("field", &C::field)
          .required()
          .importance(Importance::kMedium)
          .doc("The field to extract: a name, or with field.syntax.version=V2 a path."),
      replace_null_option(&C::replace_null_with_default),
      option("field.syntax.version", &C::syntax, ConfigType::kString,
             [](const ConfigObject& value) {
               const std::string& text = std::get<std::string>(value);
               return text == "V2" || text == "v2" ? Syntax::kV2 : Syntax::kV1;
             })
          .default_to("V1")
          .check(one_of_ignoring_case({"V1", "V2"}))
          .importance(Importance::kHigh)
          .doc("How field is read. V1: the whole text is one name. V2: names with dots between them lead into nested "
               "structs and "
               "maps; a name that holds dots stands in backticks."),
  };
  return kTable;
}

void ExtractField::configure(const Props& config) {
  config_ = ExtractFieldConfig::table().parse(config);
  path_ = config_.syntax == ExtractFieldConfig::Syntax::kV2 ? FieldPath::parse(config_.field)
                                                            : FieldPath::whole(config_.field);
}

bool ExtractField::apply(ConnectRecord& record) {
  Value& value = value_of(record);
  SchemaPtr& schema = schema_of(record);
  if (schema == nullptr) {
    require_map_or_null(value, kPurpose);
    if (!value.is_null()) value = path_->value(value.as_map());
    return true;
  }
  require_struct_or_null(value, kPurpose);
  const Field* field = path_->find(*schema);
  if (field == nullptr) throw IllegalArgumentError("Unknown field: " + config_.field);
  if (!value.is_null()) value = path_->value(value.as_struct(), config_.replace_null_with_default);
  schema = SchemaPtr(field->schema);  // `field` lives in the schema that this lets go
  return true;
}

}  // namespace millrace::transforms
