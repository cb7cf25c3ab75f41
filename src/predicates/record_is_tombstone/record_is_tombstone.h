#pragma once

#include "millrace/transform.h"

namespace millrace::transforms {

/// True for records whose value is null.
class RecordIsTombstone : public Predicate {
 public:
  static const ConfigDef& definitions();
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& /*config*/) override {}
  bool test(const ConnectRecord& record) override { return record.value.is_null(); }
};

}  // namespace millrace::transforms
