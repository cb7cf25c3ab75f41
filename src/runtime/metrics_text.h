#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/herder.h"
#include "runtime/task_metrics.h"

namespace millrace::runtime {

/// What a worker knows of itself when it is asked for its metrics.
struct WorkerFigures {
  struct Connector {
    std::string class_name;
    ConnectorStateInfo state;
  };
  struct Task {
    ConnectorTaskId id;
    ConnectorType type = ConnectorType::kUnknown;
    std::shared_ptr<const TaskMetrics> metrics;
  };
  std::string version;
  std::vector<Connector> connectors;  ///< all that have a status, here or elsewhere
  std::size_t connectors_here = 0;
  std::vector<Task> tasks;  ///< those of this worker
};

/// Prometheus' text format. Names are those of Kafka Connect's JMX attributes as its exporter writes them:
/// kafka_connect_<group without -metrics>_<attribute>{connector="...",task="..."}. Totals count since the task's start;
/// rates and averages over a window are left to who reads them.
std::string metrics_text(const WorkerFigures& figures);

}  // namespace millrace::runtime
