#include "kafka/wire/codec.h"

namespace millrace::kafka::wire {

void Writer::big_endian(std::uint64_t v, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) out_ += static_cast<char>((v >> shift) & 0xff);
}

void Writer::uvarint(std::uint32_t v) {
  for (; v >= 0x80; v >>= 7) out_ += static_cast<char>((v & 0x7f) | 0x80);
  out_ += static_cast<char>(v);
}

void Writer::string(std::string_view v) {
  if (layout_ == Layout::kFlexible)
    uvarint(static_cast<std::uint32_t>(v.size()) + 1);
  else
    int16(static_cast<std::int16_t>(v.size()));
  out_.append(v);
}

void Writer::nullable_string(const std::optional<std::string>& v) {
  if (v) return string(*v);
  if (layout_ == Layout::kFlexible)
    uvarint(0);
  else
    int16(-1);
}

void Writer::bytes(std::string_view v) {
  if (layout_ == Layout::kFlexible)
    uvarint(static_cast<std::uint32_t>(v.size()) + 1);
  else
    int32(static_cast<std::int32_t>(v.size()));
  out_.append(v);
}

void Writer::array(std::size_t count) {
  if (layout_ == Layout::kFlexible)
    uvarint(static_cast<std::uint32_t>(count) + 1);
  else
    int32(static_cast<std::int32_t>(count));
}

std::uint64_t Reader::big_endian(int size) {
  if (data_.size() < static_cast<std::size_t>(size)) {
    fail();
    return 0;
  }
  std::uint64_t v = 0;
  for (int i = 0; i < size; ++i) v = (v << 8) | static_cast<unsigned char>(data_[static_cast<std::size_t>(i)]);
  data_.remove_prefix(static_cast<std::size_t>(size));
  return v;
}

std::uint32_t Reader::uvarint() {
  std::uint64_t v = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto byte = big_endian(1);
    if (!ok_) return 0;
    v |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      if (v > 0xffffffffU) break;
      return static_cast<std::uint32_t>(v);
    }
  }
  fail();
  return 0;
}

std::string Reader::take(std::size_t size) {
  if (size > data_.size()) {
    fail();
    return {};
  }
  std::string out(data_.substr(0, size));
  data_.remove_prefix(size);
  return out;
}

std::optional<std::string> Reader::nullable_string() {
  if (layout_ == Layout::kFlexible) {
    const auto size = uvarint();
    if (size == 0) return std::nullopt;
    return take(size - 1);
  }
  const auto size = int16();
  if (size < 0 || !ok_) return std::nullopt;
  return take(static_cast<std::size_t>(size));
}

std::string Reader::bytes() {
  if (layout_ == Layout::kFlexible) {
    const auto size = uvarint();
    return size == 0 ? std::string() : take(size - 1);
  }
  const auto size = int32();
  return size < 0 || !ok_ ? std::string() : take(static_cast<std::size_t>(size));
}

std::int32_t Reader::array() {
  std::int64_t count = 0;
  if (layout_ == Layout::kFlexible)
    count = static_cast<std::int64_t>(uvarint()) - 1;
  else
    count = int32();
  if (count < 0 || !ok_) return 0;
  if (count > static_cast<std::int64_t>(data_.size())) {  // every element takes a byte at least
    fail();
    return 0;
  }
  return static_cast<std::int32_t>(count);
}

void Reader::tags() {
  if (layout_ != Layout::kFlexible) return;
  const auto count = uvarint();
  for (std::uint32_t i = 0; i < count && ok_; ++i) {
    uvarint();
    take(uvarint());
  }
}

}  // namespace millrace::kafka::wire
