// Nanoseconds of CPU per record for each case of bench/transforms/cases.json; bench/transforms/run.py shows them beside Java's.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include "json/node.h"
#include "millrace/plugin.h"
#include "runtime/transform_chain.h"

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);
}

namespace millrace {
namespace {

const PluginRegistry& plugins() {
  static const auto kPlugins = [] {
    auto registry = std::make_unique<PluginRegistry>();
    runtime::register_builtin_plugins(*registry);
    return registry;
  }();
  return *kPlugins;
}

SinkRecord read_record(const json::Node& json) {
  const auto read = [](const json::Node& envelope, ConverterType type) {
    auto converter =
        plugins().find(PluginKind::kConverter, "org.apache.kafka.connect.json.JsonConverter")->make_converter();
    converter->configure({}, type);
    return converter->to_connect_data("orders", envelope.dump());
  };
  SinkRecord record;
  record.topic = json.find("topic")->string();
  record.kafka_partition = 0;
  record.timestamp = json.find("timestamp")->integer();
  SchemaAndValue value = read(*json.find("value"), ConverterType::kValue);
  record.value_schema = value.schema;
  record.value = value.value;
  for (const json::Node& header : json.find("headers")->items()) {
    json::Node envelope = json::Node::object();
    envelope.set("schema", *header.find("schema"));
    envelope.set("payload", *header.find("payload"));
    SchemaAndValue converted = read(envelope, ConverterType::kHeader);
    record.headers.add(header.find("key")->string(), converted.value, converted.schema);
  }
  return record;
}

/// Every record is a fresh copy that shares its struct with the original, so the first transform that changes it copies it.
void transform(benchmark::State& state, const SinkRecord& original, const Props& config) {
  auto parsed = runtime::TransformChainConfig::parse(config, plugins());
  if (!parsed) throw std::runtime_error(parsed.error().text);
  auto chain = runtime::TransformChain::make(parsed->transforms, parsed->predicates, plugins());
  if (!chain) throw std::runtime_error(chain.error().text);
  for (auto _ : state) {
    SinkRecord record = original;
    benchmark::DoNotOptimize(chain->apply(record));
    benchmark::DoNotOptimize(record);
  }
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  const char* path = std::getenv("MILLRACE_TRANSFORM_CASES");
  std::ifstream file(path == nullptr ? "bench/transforms/cases.json" : path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto document = millrace::json::parse(text);
  const auto original = millrace::read_record(*document->find("record"));
  for (const auto& test : document->find("cases")->items()) {
    millrace::Props config;
    for (const auto& [name, value] : test.find("config")->members()) config[name] = value.string();
    benchmark::RegisterBenchmark(test.find("name")->string().c_str(), [&original, config](benchmark::State& state) {
      millrace::transform(state, original, config);
    });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
