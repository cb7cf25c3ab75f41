#include "transforms/common/field_path.h"

#include <cstddef>

#include "millrace/errors.h"
#include "transforms/common/errors.h"
#include "transforms/common/requirements.h"

namespace millrace::transforms {
namespace {

constexpr std::string_view kPurpose = "nested field access";

[[noreturn]] void incomplete(std::string_view path, std::size_t backtick) {
  // Java counts UTF-16 units: one for a character, two for one of four bytes.
  std::size_t position = 0;
  for (const char c : path.substr(0, backtick)) {
    const auto byte = static_cast<unsigned char>(c);
    position += byte >= 0xf0 ? 2 : (byte & 0xc0U) == 0x80U ? 0 : 1;
  }
  throw ConfigError("Incomplete backtick pair in path: [" + std::string(path) +
                    "], consider adding a backslash before backtick at position " + std::to_string(position) +
                    " to escape it");
}

/// The step behind the backtick at `at`; `at` goes behind its dot.
std::string quoted_step(std::string_view path, std::size_t& at) {
  const std::size_t opening = at++;
  std::string step;
  std::size_t start = at;
  while (true) {
    at = path.find('`', at);
    if (at == std::string_view::npos) incomplete(path, opening);
    const bool escaped = path[at - 1] == '\\';
    if (at + 1 == path.size()) {
      if (escaped) incomplete(path, opening);
      step += path.substr(start, at - start);
      ++at;
      return step;
    }
    if (path[at + 1] != '.') {  // part of the name
      ++at;
    } else if (escaped) {
      step += path.substr(start, at - 1 - start);
      step += '`';
      start = ++at;
    } else {
      step += path.substr(start, at - start);
      at += 2;
      return step;
    }
  }
}

}  // namespace

FieldPath FieldPath::whole(std::string name) { return FieldPath({std::move(name)}); }

FieldPath FieldPath::parse(std::string_view path) {
  std::vector<std::string> steps;
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == '`') {
      steps.push_back(quoted_step(path, at));
      continue;
    }
    const std::size_t dot = path.find('.', at);
    steps.emplace_back(path.substr(at, dot - at));
    at = dot == std::string_view::npos ? path.size() : dot + 1;
  }
  if (path.ends_with('.')) steps.emplace_back();
  return FieldPath(std::move(steps));
}

const Field* FieldPath::find(const Schema& schema) const {
  if (steps_.empty()) throw IllegalArgumentError("The field path is empty");
  const Schema* current = &schema;
  const Field* field = nullptr;
  for (const std::string& step : steps_) {
    field = current->field(step);
    if (field == nullptr) return nullptr;
    current = field->schema.get();
  }
  return field;
}

Value FieldPath::value(const Struct& from, bool replace_null_with_default) const {
  const Struct* current = &from;
  Value found;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Field* field = current->schema()->field(steps_[i]);
    if (field == nullptr) return {};
    // `found` keeps alive what `current` points into.
    Value next = replace_null_with_default ? current->get(*field) : current->at(static_cast<std::size_t>(field->index));
    found = std::move(next);
    if (i + 1 == steps_.size() || found.is_null()) break;
    require_struct(found, kPurpose);
    current = &found.as_struct();
  }
  return found;
}

Value FieldPath::value(const Map& from) const {
  if (steps_.empty()) throw IllegalArgumentError("The field path is empty");
  const Map* current = &from;
  const Value* found = nullptr;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    found = current->find(std::string_view(steps_[i]));
    if (found == nullptr || found->is_null()) return {};
    if (i + 1 == steps_.size()) break;
    require_map(*found, kPurpose);
    current = &found->as_map();
  }
  return *found;
}

}  // namespace millrace::transforms
