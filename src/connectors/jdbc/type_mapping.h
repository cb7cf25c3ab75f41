#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/jdbc/database.h"

namespace millrace::jdbc {

/// The Connect schema and target of a column by the generic rules; nullopt when the type has none.
std::optional<FieldPlan> plan_field(std::size_t index, const ResultColumn& column, const ReadOptions& options);

// Shared pieces of the decoders. All texts are the Java connector's.

/// A TIMESTAMP value in the configured granularity.
Value timestamp_value(const Instant& instant, const ReadOptions& options);

/// A decimal text (no NaN, no infinity) as `target`; DataError when it does not fit.
Value number_from_text(std::string_view text, Target target, std::int32_t scale);

/// An integer as `target`; DataError "Bad value for type byte : 300" when it does not fit.
Value integer_value(std::int64_t value, Target target, std::int32_t scale);

/// Emitted timestamps read back: what the offset needs when only the value is at hand.
std::optional<Instant> instant_of_value(const Value& value, const ReadOptions& options);

}  // namespace millrace::jdbc
