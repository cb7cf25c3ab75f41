#pragma once

#include <optional>

#include "millrace/config.h"
#include "millrace/record.h"

namespace millrace {

/// Changes one record at a time. One instance belongs to one task, so it may cache by schema pointer.
/// Source and sink specifics (offsets) are kept by the worker; most transforms see and change the common part only.
class Transformation {
 public:
  virtual ~Transformation() = default;
  virtual const ConfigDef& config() const = 0;
  /// Throws ConfigError.
  virtual void configure(const Props& config) = 0;
  /// Changes `record` in place; false drops it. Throws DataError; `record` may be half changed then.
  virtual bool apply(ConnectRecord& record) = 0;
  /// What the worker calls: a transform that needs to know the side or the offset overrides these. Offsets stay as they are.
  virtual bool apply_to_source(SourceRecord& record) { return apply(record); }
  virtual bool apply_to_sink(SinkRecord& record) { return apply(record); }
};

class Predicate {
 public:
  virtual ~Predicate() = default;
  virtual const ConfigDef& config() const = 0;
  virtual void configure(const Props& config) = 0;
  virtual bool test(const ConnectRecord& record) = 0;
};

}  // namespace millrace
