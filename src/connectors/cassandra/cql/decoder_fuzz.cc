// Everything a node may send, as a fuzzer sees it: the first byte chooses version, framing and compression, the rest is the
// stream. No input may crash, hang or allocate much more than its own size.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/cassandra/cql/frame.h"
#include "connectors/cassandra/cql/message.h"
#include "connectors/cassandra/source/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::cassandra;
  if (size == 0) return 0;
  const std::uint8_t choice = data[0];
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  cql::FrameDecoder decoder(
      {static_cast<std::uint8_t>((choice & 1) != 0 ? 5 : 4), (choice & 2) == 0     ? cql::Compression::kNone
                                                             : (choice & 128) == 0 ? cql::Compression::kLz4
                                                                                   : cql::Compression::kSnappy});
  if ((choice & 4) != 0) decoder.switch_to(cql::Framing::kSegments);
  try {
    const std::size_t cut = (choice >> 3) + 1U;
    for (std::size_t at = 0; at < stream.size(); at += stream.size() / cut + 1) {
      decoder.feed(stream.substr(at, stream.size() / cut + 1));
      while (auto frame = decoder.next()) {
        auto response = cql::decode_response(std::move(*frame));
        auto* rows = std::get_if<cql::Rows>(&response);
        if (rows == nullptr || !rows->columns()) continue;
        std::vector<cql::Cell> cells;
        while (rows->next(cells)) {
          for (std::size_t i = 0; i < cells.size(); ++i) {
            const auto& type = rows->columns()->at(i).type;
            const auto bytes = cells[i].is_null() ? std::string_view() : cells[i].bytes();
            std::string out;
            append_json(out, type, bytes);
            append_cql_literal(out, type, bytes);
          }
        }
      }
    }
  } catch (const cql::WireError&) {
    return 0;  // the only way out for bytes that do not parse
  }
  return 0;
}
