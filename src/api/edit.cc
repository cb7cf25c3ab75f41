// Changing values in place, for transforms: a copy is made only of what someone else holds too.

#include <atomic>
#include <memory>

#include "millrace/schema.h"
#include "millrace/value.h"

namespace millrace {
namespace {

template <class T>
T& sole_owner(std::shared_ptr<const T>& pointer) {
  if (pointer.use_count() == 1) {
    // Whoever let go of it last did so with a release; see its writes before ours.
    std::atomic_thread_fence(std::memory_order_acquire);
  } else {
    pointer = std::make_shared<T>(*pointer);
  }
  // Values make their targets through make_shared, which never creates const objects.
  return const_cast<T&>(*pointer);
}

}  // namespace

Struct& Value::mutable_struct() { return sole_owner(std::get<std::shared_ptr<const Struct>>(v_)); }
Map& Value::mutable_map() { return sole_owner(std::get<std::shared_ptr<const Map>>(v_)); }

}  // namespace millrace
