#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::apps {

/// The pages of docs/reference that are made from the tables of options in the code.
const std::vector<std::string_view>& reference_page_names();

/// One of them, as Markdown; nullopt for another name.
std::optional<std::string> reference_page(std::string_view name);

/// `millrace reference PAGE`: prints one.
int run_reference(const std::vector<std::string>& arguments);

}  // namespace millrace::apps
