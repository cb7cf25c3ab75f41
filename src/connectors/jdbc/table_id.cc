#include "connectors/jdbc/table_id.h"

#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

std::string join(const TableId& id, const IdentifierRules& rules, QuoteMethod method) {
  std::string text;
  for (const auto* part : {&id.catalog, &id.schema}) {
    if (*part) text += rules.quote(**part, method) + rules.separator;
  }
  return text + rules.quote(id.table, method);
}

}  // namespace

std::string IdentifierRules::quote(std::string_view name) const {
  std::string text = open_quote;
  for (std::size_t at = 0; at < name.size(); ++at) {
    // A closing quote inside a name is written twice.
    if (name.compare(at, close_quote.size(), close_quote) == 0) text += close_quote;
    text += name[at];
  }
  return text + close_quote;
}

std::vector<std::string> IdentifierRules::parse(std::string_view text) const {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (true) {
    if (text.compare(at, open_quote.size(), open_quote) == 0 && at < text.size()) {
      std::string part;
      at += open_quote.size();
      while (true) {
        const std::size_t end = text.find(close_quote, at);
        if (end == std::string_view::npos) {
          throw ConnectError("Failure parsing fully qualified identifier; missing trailing quote in " +
                             std::string(text));
        }
        part += text.substr(at, end - at);
        at = end + close_quote.size();
        if (text.compare(at, close_quote.size(), close_quote) != 0 || at >= text.size()) break;
        part += close_quote;
        at += close_quote.size();
      }
      parts.push_back(std::move(part));
    } else {
      const std::size_t end = std::min(text.find(separator, at), text.size());
      parts.emplace_back(text.substr(at, end - at));
      at = end;
    }
    if (at >= text.size()) return parts;
    if (text.compare(at, separator.size(), separator) == 0) at += separator.size();
    if (at >= text.size()) {
      throw ConnectError("Failure parsing fully qualified identifier; ends in delimiter " + std::string(text));
    }
  }
}

std::string TableId::full_name(const IdentifierRules& rules) const { return join(*this, rules, QuoteMethod::kNever); }

std::string TableId::quoted(const IdentifierRules& rules, QuoteMethod method) const {
  return join(*this, rules, method);
}

}  // namespace millrace::jdbc
