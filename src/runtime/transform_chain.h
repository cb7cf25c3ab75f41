#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "millrace/plugin.h"
#include "millrace/record.h"
#include "millrace/transform.h"
#include "runtime/config/connector_config.h"

namespace millrace::runtime {

/// One configured transform, applied where its predicate says so. Belongs to one task.
///
/// Errors: what the transform or predicate throws; a ConnectError's place() gets alias, class and the value's type.
class ConfiguredTransform {
 public:
  /// Precondition: `config.class_name` and the predicate's are known to `plugins`; TransformChain::make checks it.
  ConfiguredTransform(const TransformConfig& config, std::unique_ptr<Transformation> transform,
                      std::unique_ptr<Predicate> predicate, std::string class_name);

  const std::string& alias() const noexcept { return alias_; }
  /// The full class name, whatever the configuration called it.
  const std::string& class_name() const noexcept { return class_name_; }

  /// Changes the record in place; false drops it.
  bool apply(SourceRecord& record);
  bool apply(SinkRecord& record);

 private:
  template <class Record, class Apply>
  bool guarded(Record& record, Apply&& apply);

  std::string alias_;
  std::string class_name_;
  bool negate_;
  std::unique_ptr<Predicate> predicate_;  ///< null: always
  std::unique_ptr<Transformation> transform_;
};

/// A connector's transforms in the order of its option `transforms`. Belongs to one task: transforms cache by schema.
class TransformChain {
 public:
  TransformChain() = default;

  /// Makes and configures all of them. Errors: kInvalid, naming the alias, the class and the option.
  static Result<TransformChain> make(const std::vector<TransformConfig>& transforms,
                                     const std::map<std::string, TransformConfig>& predicates,
                                     const PluginRegistry& plugins);

  /// Each step is shared so that a caller may keep it in a callback; it is still for one thread.
  const std::vector<std::shared_ptr<ConfiguredTransform>>& steps() const noexcept { return steps_; }
  bool empty() const noexcept { return steps_.empty(); }
  std::size_t size() const noexcept { return steps_.size(); }

  /// All steps; false as soon as one drops the record. Throws what a step throws.
  template <class Record>
  bool apply(Record& record) {
    for (const auto& step : steps_) {
      if (!step->apply(record)) return false;
    }
    return true;
  }

 private:
  std::vector<std::shared_ptr<ConfiguredTransform>> steps_;
};

/// The transforms and predicates that a connector's properties configure, checked as validation does. Errors: kInvalid, the
/// first problem.
struct TransformChainConfig {
  std::vector<TransformConfig> transforms;
  std::map<std::string, TransformConfig> predicates;

  static Result<TransformChainConfig> parse(const Props& props, const PluginRegistry& plugins);
};

/// `place: message` of anything a step threw, for people.
std::string transform_error_text(const std::exception& error);

}  // namespace millrace::runtime
