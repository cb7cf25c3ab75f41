#include "storage/java_serialized_map.h"

#include <fmt/core.h>

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::storage {
namespace {

constexpr std::string_view kMapClass = "java.util.HashMap";
constexpr std::uint32_t kFirstHandle = 0x7e0000;
constexpr std::uint32_t kByteArrayClassHandle = kFirstHandle + 2;
enum : std::uint8_t {
  kNull = 0x70,
  kReference = 0x71,
  kClassDescription = 0x72,
  kObject = 0x73,
  kString = 0x74,
  kArray = 0x75,
  kBlock = 0x77,
  kEndBlock = 0x78,
  kReset = 0x79,
  kLongBlock = 0x7a,
};

// ------------------------------------------------------------------------------------------------------- writing

void put_u8(std::string& out, std::uint8_t v) { out.push_back(static_cast<char>(v)); }
void put_u16(std::string& out, std::uint16_t v) {
  put_u8(out, static_cast<std::uint8_t>(v >> 8));
  put_u8(out, static_cast<std::uint8_t>(v));
}
void put_u32(std::string& out, std::uint32_t v) {
  put_u16(out, static_cast<std::uint16_t>(v >> 16));
  put_u16(out, static_cast<std::uint16_t>(v));
}
void put_u64(std::string& out, std::uint64_t v) {
  put_u32(out, static_cast<std::uint32_t>(v >> 32));
  put_u32(out, static_cast<std::uint32_t>(v));
}
void put_text(std::string& out, std::string_view text) {
  put_u16(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

class ArrayWriter {
 public:
  explicit ArrayWriter(std::string& out) : out_(out) {}
  void write(std::string_view bytes) {
    put_u8(out_, kArray);
    if (std::exchange(class_written_, true)) {
      put_u8(out_, kReference);
      put_u32(out_, kByteArrayClassHandle);
    } else {
      put_u8(out_, kClassDescription);
      put_text(out_, "[B");
      put_u64(out_, 0xacf317f8060854e0);
      put_u8(out_, 0x02);
      put_u16(out_, 0);
      put_u8(out_, kEndBlock);
      put_u8(out_, kNull);
    }
    put_u32(out_, static_cast<std::uint32_t>(bytes.size()));
    out_ += bytes;
  }

 private:
  std::string& out_;
  bool class_written_ = false;
};

// ------------------------------------------------------------------------------------------------------- reading

struct EndOfData {};
struct Malformed {
  std::string text;
};

/// One recursive-descent pass. Throws EndOfData and Malformed, which `read_java_map` catches.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  ByteMap map() {
    if (u16() != 0xaced || u16() != 5) throw Malformed{"it is not a Java object stream"};
    const std::uint8_t tag = next_tag();
    if (tag == kNull) throw Malformed{"Expected HashMap but found null"};
    if (tag != kObject) throw Malformed{fmt::format("Expected HashMap but found type code 0x{:02x}", tag)};
    const std::string name = class_description();
    if (name != kMapClass) throw Malformed{fmt::format("Expected HashMap but found class {}", name)};
    handles_.emplace_back();  // the map itself
    if (!(f32_bits() > 0x00000000U)) throw Malformed{"the map's load factor is not above 0"};
    u32();  // threshold
    const std::uint32_t size = block_with_size();
    ByteMap result;
    for (std::uint32_t i = 0; i < size; ++i) {
      std::optional<std::string> key = bytes_or_null();
      std::optional<std::string> value = bytes_or_null();
      if (key) result[std::move(*key)] = std::move(value);
    }
    return result;
  }

 private:
  std::string_view take(std::size_t n) {
    if (n > bytes_.size() - at_) throw EndOfData{};
    return bytes_.substr(std::exchange(at_, at_ + n), n);
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint16_t u16() {
    const std::uint16_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  /// Positive floats order as their bits do; negative ones and NaN have to be refused.
  std::uint32_t f32_bits() {
    const std::uint32_t bits = u32();
    return bits > 0x7f800000U ? 0 : bits;
  }

  std::uint8_t next_tag() {
    while (true) {
      const std::uint8_t tag = u8();
      if (tag != kReset) return tag;
      handles_.clear();
    }
  }

  const std::variant<std::monostate, std::string, std::pair<std::string, bool>>& referred() {
    const std::uint32_t handle = u32();
    if (handle < kFirstHandle || handle - kFirstHandle >= handles_.size())
      throw Malformed{"a back reference leads nowhere"};
    return handles_[handle - kFirstHandle];
  }

  /// Name of the class. Reads the whole description.
  std::string class_description() {
    const std::uint8_t tag = next_tag();
    if (tag == kReference) {
      const auto& target = referred();
      if (const auto* named = std::get_if<std::pair<std::string, bool>>(&target)) return named->first;
      throw Malformed{"a back reference to a class leads to something else"};
    }
    if (tag != kClassDescription)
      throw Malformed{fmt::format("a class description starts with type code 0x{:02x}", tag)};
    std::string name(take(u16()));
    take(8);  // serialVersionUID
    handles_.emplace_back(std::pair(name, true));
    take(1);  // flags
    if (name != kMapClass && name != "[B") throw Malformed{fmt::format("Expected HashMap but found class {}", name)};
    const std::uint16_t fields = u16();
    for (int i = 0; i < fields; ++i) {
      const std::uint8_t type = u8();
      take(u16());
      if (type == '[' || type == 'L') throw Malformed{"its class has fields of an unexpected type"};
    }
    if (next_tag() != kEndBlock) throw Malformed{"its class carries an annotation"};
    if (next_tag() != kNull) throw Malformed{"its class has an unexpected parent"};
    return name;
  }

  std::uint32_t block_with_size() {
    const std::uint8_t tag = next_tag();
    const std::uint32_t length = tag == kBlock ? u8() : tag == kLongBlock ? u32() : 0;
    if (length != 8) throw Malformed{"the map's size is missing"};
    u32();  // capacity
    const std::uint32_t size = u32();
    if (size > 0x7fffffffU) throw Malformed{"the map's size is negative"};
    return size;
  }

  std::optional<std::string> bytes_or_null() {
    const std::uint8_t tag = next_tag();
    if (tag == kNull) return std::nullopt;
    if (tag == kReference) {
      const auto& target = referred();
      if (const auto* bytes = std::get_if<std::string>(&target)) return *bytes;
      throw Malformed{"a back reference to a byte array leads to something else"};
    }
    if (tag != kArray)
      throw Malformed{fmt::format("an entry has type code 0x{:02x}; only byte arrays are expected", tag)};
    if (class_description() != "[B") throw Malformed{"an entry is an array of something else than bytes"};
    const std::uint32_t length = u32();
    std::string bytes(take(length));
    handles_.emplace_back(bytes);
    return bytes;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::vector<std::variant<std::monostate, std::string, std::pair<std::string, bool>>> handles_;
};

}  // namespace

std::string write_java_map(const ByteMap& map) {
  std::uint32_t capacity = 16;
  while (map.size() > capacity / 4 * 3) capacity *= 2;
  std::string out;
  put_u32(out, 0xaced0005);
  put_u8(out, kObject);
  put_u8(out, kClassDescription);
  put_text(out, kMapClass);
  put_u64(out, 0x0507dac1c31660d1);
  put_u8(out, 0x03);
  put_u16(out, 2);
  put_u8(out, 'F');
  put_text(out, "loadFactor");
  put_u8(out, 'I');
  put_text(out, "threshold");
  put_u8(out, kEndBlock);
  put_u8(out, kNull);
  put_u32(out, 0x3f400000);  // 0.75f
  put_u32(out, map.empty() ? 0 : capacity / 4 * 3);
  put_u8(out, kBlock);
  put_u8(out, 8);
  put_u32(out, capacity);
  put_u32(out, static_cast<std::uint32_t>(map.size()));
  ArrayWriter arrays(out);
  for (const auto& [key, value] : map) {
    arrays.write(key);
    if (value) {
      arrays.write(*value);
    } else {
      put_u8(out, kNull);
    }
  }
  put_u8(out, kEndBlock);
  return out;
}

Result<ByteMap> read_java_map(std::string_view bytes) {
  try {
    return Reader(bytes).map();
  } catch (const EndOfData&) {
    return ByteMap{};
  } catch (const Malformed& malformed) {
    Error error;
    error.code = Errc::kInvalid;
    error.text = malformed.text;
    return error;
  }
}

}  // namespace millrace::storage
