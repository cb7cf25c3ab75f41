#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/jdbc/database.h"

namespace millrace::jdbc::postgresql {

/// Type oids that have a meaning of their own here (pg_type.dat; they never change).
enum Oid : std::uint32_t {
  kBoolOid = 16,
  kByteaOid = 17,
  kCharOid = 18,
  kNameOid = 19,
  kInt8Oid = 20,
  kInt2Oid = 21,
  kInt4Oid = 23,
  kTextOid = 25,
  kOidOid = 26,
  kJsonOid = 114,
  kXmlOid = 142,
  kFloat4Oid = 700,
  kFloat8Oid = 701,
  kMoneyOid = 790,
  kBpcharOid = 1042,
  kVarcharOid = 1043,
  kDateOid = 1082,
  kTimeOid = 1083,
  kTimestampOid = 1114,
  kTimestamptzOid = 1184,
  kTimetzOid = 1266,
  kBitOid = 1560,
  kVarbitOid = 1562,
  kNumericOid = 1700,
  kUuidOid = 2950,
  kJsonbOid = 3802,
};

struct PgCell {
  const char* data = nullptr;
  std::int32_t size = -1;  ///< -1: NULL
};

struct PgDecoder;
using PgDecode = void (*)(const PgCell& cell, const PgDecoder& decoder, Value& value);

/// How one planned column turns from PostgreSQL's binary format into a Value; chosen once per result.
struct PgDecoder {
  std::size_t column = 0;
  PgDecode decode = nullptr;
  std::uint32_t oid = 0;
  Target target = Target::kString;
  std::int32_t scale = 0;
  const ReadOptions* options = nullptr;
};

/// The JDBC view of a result column of type `oid`; `type_class` is pg_type.typtype for types not listed above.
void describe_type(std::uint32_t oid, std::int32_t modifier, char type_class, ResultColumn& column);

PgDecoder make_decoder(std::uint32_t oid, const FieldPlan& plan, const ReadOptions& options);

/// date, timestamp and timestamptz with full precision.
Instant decode_instant(const PgCell& cell, std::uint32_t oid, const ReadOptions& options);

std::int16_t read_int16(const char* data) noexcept;
std::int32_t read_int32(const char* data) noexcept;
std::int64_t read_int64(const char* data) noexcept;

}  // namespace millrace::jdbc::postgresql
