#include "runtime/metrics_text.h"

#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

TEST(MetricsText, NamesConnectorsTasksAndTheirFigures) {
  WorkerFigures figures;
  figures.version = "4.1.0";
  figures.connectors_here = 1;
  WorkerFigures::Connector connector{"com.example.Source", {}};
  connector.state.name = "a \"b\"\n";
  connector.state.type = ConnectorType::kSource;
  connector.state.connector.state = State::kRunning;
  connector.state.connector.version = "1.2";
  connector.state.tasks[0].state = State::kFailed;
  figures.connectors.push_back(connector);
  auto metrics = std::make_shared<TaskMetrics>();
  metrics->records_polled.set(5);
  metrics->batches.set(2);
  metrics->batch_records.set(5);
  figures.tasks.push_back({{"a \"b\"\n", 0}, ConnectorType::kSource, metrics});

  const std::string text = metrics_text(figures);
  const auto has = [&](const std::string& line) { return text.find(line + "\n") != std::string::npos; };
  EXPECT_TRUE(has(
      R"(kafka_connect_connector_info{connector="a \"b\"\n",class="com.example.Source",type="source",version="1.2"} 1)"))
      << text;
  EXPECT_TRUE(has(R"(kafka_connect_connector_status{connector="a \"b\"\n",status="running"} 1)"));
  EXPECT_TRUE(has(R"(kafka_connect_connector_status{connector="a \"b\"\n",status="failed"} 0)"));
  EXPECT_TRUE(has(R"(kafka_connect_connector_task_status{connector="a \"b\"\n",task="0",status="failed"} 1)"));
  EXPECT_TRUE(has("# TYPE kafka_connect_source_task_source_record_poll_total counter"));
  EXPECT_TRUE(has(R"(kafka_connect_source_task_source_record_poll_total{connector="a \"b\"\n",task="0"} 5)"));
  EXPECT_TRUE(has(R"(kafka_connect_connector_task_batch_size_avg{connector="a \"b\"\n",task="0"} 2.5)"));
  EXPECT_EQ(text.find("sink_task_sink_record_read_total{"), std::string::npos) << "no figures of sinks for a source";
  EXPECT_NE(text.find("process_resident_memory_bytes "), std::string::npos);
}

}  // namespace
}  // namespace millrace::runtime
