#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace millrace {

/// What kind of failure: decides the REST status (one table in rest/) and what the caller does next.
enum class Errc : std::uint8_t {
  kInvalid,          ///< bad input: REST 400
  kNotFound,         ///< REST 404
  kConflict,         ///< exists already, or a rebalance is in the way: REST 409
  kForbidden,        ///< REST 403
  kUnavailable,      ///< not ready yet: REST 503
  kNotLeader,        ///< distributed: the leader must do it; `target_url` says where
  kNotAssigned,      ///< distributed: the owner must do it; `target_url` says where
  kRebalanceNeeded,  ///< distributed: a rebalance is expected
  kTimeout,
  kIo,            ///< files, sockets
  kKafka,         ///< a broker or client error
  kFenced,        ///< a newer producer or member took over
  kPluginFailed,  ///< connector, converter or transform code threw
  kCancelled,     ///< stop was requested
  kInternal,
};

/// A failure, saying what to do next. `trace` is the Java-like text for statuses, empty when `text` says it all.
struct Error {
  Errc code = Errc::kInternal;
  std::string text = {};
  bool retriable = false;
  std::string trace = {};
  std::optional<std::string> target_url =
      std::nullopt;     ///< kNotLeader, kNotAssigned: base URL of the worker that can; may be absent
  int http_status = 0;  ///< 0: by code. Set for replies passed on from another worker.
};

/// A value or an Error. Never both, never neither.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return v_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return std::get<0>(v_); }
  const T& value() const& { return std::get<0>(v_); }
  T&& value() && { return std::get<0>(std::move(v_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & { return std::get<1>(v_); }
  const Error& error() const& { return std::get<1>(v_); }
  Error&& error() && { return std::get<1>(std::move(v_)); }

 private:
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool ok() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace millrace
