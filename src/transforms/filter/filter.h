#pragma once

#include "millrace/transform.h"

namespace millrace::transforms {

/// Drops every record that its predicate lets through to it.
class Filter : public Transformation {
 public:
  static const ConfigDef& definitions();
  const ConfigDef& config() const override { return definitions(); }
  void configure(const Props& /*config*/) override {}
  bool apply(ConnectRecord& /*record*/) override { return false; }
};

}  // namespace millrace::transforms
