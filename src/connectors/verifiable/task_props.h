#pragma once

#include <string>
#include <vector>

#include "millrace/config.h"

namespace millrace::verifiable {

/// `max_tasks` copies of `props`, each with its number as `id`.
std::vector<Props> numbered_copies(const Props& props, std::int32_t max_tasks);

/// The text of `key`, or `fallback`.
std::string text_of(const Props& props, const std::string& key, const std::string& fallback = {});

/// A number; throws ConnectError "Invalid <task> configuration" with the key and the text when it is none.
std::int64_t whole_number(const Props& props, const std::string& key, const char* task);
double real_number(const Props& props, const std::string& key, const char* task);

std::int64_t wall_clock_ms();

/// The definition that all of these connectors share: no options of their own.
const ConfigDef& no_options();

}  // namespace millrace::verifiable
