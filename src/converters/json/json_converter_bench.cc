#include <benchmark/benchmark.h>

#include "converters/json/json_converter.h"
#include "millrace/schema.h"

namespace millrace {
namespace {

const std::string& line() {
  static const std::string kLine =
      "2026-01-01T00:00:00.000Z INFO request served path=/orders/12345 status=200 bytes=5123 ms=12 user=4711 ok";
  return kLine;
}

SchemaPtr row_schema() {
  return SchemaBuilder::structure()
      .field("id", Schema::int64())
      .field("name", Schema::optional_string())
      .field("price", SchemaBuilder::decimal(2).optional().build())
      .field("weight", Schema::optional_float64())
      .field("active", Schema::boolean())
      .field("count", Schema::int32())
      .field("created", SchemaBuilder::timestamp().build())
      .field("note", Schema::optional_string())
      .name("orders")
      .build();
}

Value row(const SchemaPtr& schema) {
  return Struct(schema, {std::int64_t{123456789}, "Anna Example", Decimal(1999, 2), 12.75, true, std::int32_t{42},
                         Date{1566570894346}, "a short note about it"});
}

JsonConverter& converter() {
  static JsonConverter kConverter;
  static const bool kConfigured = [] {
    kConverter.configure({}, ConverterType::kValue);
    return true;
  }();
  benchmark::DoNotOptimize(kConfigured);
  return kConverter;
}

void write(benchmark::State& state, const SchemaPtr& schema, const Value& value) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    converter().from_connect_data("t", schema, value, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

void read(benchmark::State& state, const SchemaPtr& schema, const Value& value) {
  std::string text;
  converter().from_connect_data("t", schema, value, text);
  for (auto _ : state) {
    auto back = converter().to_connect_data("t", text);
    benchmark::DoNotOptimize(&back);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void BM_WriteLine(benchmark::State& state) { write(state, Schema::string(), line()); }
void BM_ReadLine(benchmark::State& state) { read(state, Schema::string(), line()); }
void BM_WriteStruct(benchmark::State& state) {
  const SchemaPtr schema = row_schema();
  write(state, schema, row(schema));
}
void BM_ReadStruct(benchmark::State& state) {
  const SchemaPtr schema = row_schema();
  read(state, schema, row(schema));
}

BENCHMARK(BM_WriteLine);
BENCHMARK(BM_ReadLine);
BENCHMARK(BM_WriteStruct);
BENCHMARK(BM_ReadStruct);

}  // namespace
}  // namespace millrace
