#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/java_regex.h"

namespace millrace::base {
namespace {

Error error_of(Errc code, std::string text) {
  Error error;
  error.code = code;
  error.text = std::move(text);
  return error;
}

Error illegal(std::string text) { return error_of(Errc::kInvalid, std::move(text)); }

/// About a second of the interpreter's work; patterns of real configurations need a few dozen.
constexpr std::uint32_t kMatchLimit = 5'000'000;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
using Code = std::unique_ptr<pcre2_code, FreeCode>;

struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using MatchData = std::unique_ptr<pcre2_match_data, FreeMatchData>;

struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

PCRE2_SPTR units(std::string_view text) {
  // PCRE2 refuses a null pointer even for an empty text.
  return reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
}

pcre2_match_context* limits() {
  static const std::unique_ptr<pcre2_match_context, FreeMatchContext> kContext = [] {
    std::unique_ptr<pcre2_match_context, FreeMatchContext> context(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(context.get(), kMatchLimit);
    return context;
  }();
  return kContext.get();
}

std::string pcre_text(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

Result<Code> compile_code(const TranslatedRegex& regex, std::string_view written, std::uint32_t options) {
  options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
  int error = 0;
  std::size_t offset = 0;
  Code code(pcre2_compile(units(regex.pattern), regex.pattern.size(), options, &error, &offset, nullptr));
  // What Java takes and PCRE2 does not: docs/reference/regular-expressions.md.
  if (code == nullptr) return illegal(pcre_text(error) + "\n" + std::string(written));
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // without it, the interpreter does the same work slower
  return code;
}

/// Match data of this thread, large enough for most patterns, so that a match allocates nothing.
pcre2_match_data* match_data_for(const pcre2_code* code, MatchData& own) {
  static constexpr std::uint32_t kPairs = 32;
  thread_local const MatchData shared(pcre2_match_data_create(kPairs, nullptr));
  std::uint32_t groups = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
  if (groups < kPairs) return shared.get();
  own.reset(pcre2_match_data_create(groups + 1, nullptr));
  return own.get();
}

}  // namespace

struct Regex::Impl {
  std::string pattern;
  std::map<std::string, int, std::less<>> groups;
  Code whole;  ///< anchored on both sides
  Code part;
};

Result<Regex> Regex::compile(std::string_view pattern) {
  auto translated = translate_java_regex(pattern);
  if (!translated) return std::move(translated).error();
  auto impl = std::make_shared<Impl>();
  impl->pattern = pattern;
  impl->groups = translated->groups;
  auto part = compile_code(*translated, pattern, 0);
  if (!part) return std::move(part).error();
  impl->part = std::move(part).value();
  auto whole = compile_code(*translated, pattern, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
  if (!whole) return std::move(whole).error();
  impl->whole = std::move(whole).value();
  return Regex(std::move(impl));
}

const std::string& Regex::pattern() const noexcept { return impl_->pattern; }

namespace {

/// Number of set pairs, 0 for no match.
Result<int> run(const pcre2_code* code, const std::string& pattern, std::string_view text, std::size_t from,
                std::uint32_t options, pcre2_match_data* data) {
  const int found = pcre2_match(code, units(text), text.size(), from, options, data, limits());
  if (found == PCRE2_ERROR_NOMATCH) return 0;
  if (found < 0) {
    return illegal("regular expression \"" + pattern + "\" gave up on \"" + std::string(text) +
                   "\": " + pcre_text(found) + "; simplify the pattern (nested repetitions are the usual cause)");
  }
  return found;
}

/// Appends one match's replacement, by the rules of Matcher.appendReplacement.
Result<void> append_replacement(std::string& out, const pcre2_code* code,
                                const std::map<std::string, int, std::less<>>& names, std::string_view text,
                                std::string_view replacement, pcre2_match_data* data) {
  std::uint32_t groups = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
  const std::size_t* offsets = pcre2_get_ovector_pointer(data);
  const auto append_group = [&](std::uint32_t group) {
    const std::size_t begin = offsets[2 * group];
    if (begin != PCRE2_UNSET) out += text.substr(begin, offsets[2 * group + 1] - begin);
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t i = 0; i < replacement.size();) {
    const char c = replacement[i++];
    if (c == '\\') {
      if (i == replacement.size()) return illegal("character to be escaped is missing");
      out += replacement[i++];
    } else if (c != '$') {
      out += c;
    } else if (i == replacement.size()) {
      return illegal("Illegal group reference: group index is missing");
    } else if (replacement[i] == '{') {
      const std::size_t start = ++i;
      while (i < replacement.size() && (digit(replacement[i]) || letter(replacement[i]))) ++i;
      const std::string name(replacement.substr(start, i - start));
      if (name.empty()) return illegal("named capturing group has 0 length name");
      if (i == replacement.size() || replacement[i] != '}')
        return illegal("named capturing group is missing trailing '}'");
      if (digit(name[0])) return illegal("capturing group name {" + name + "} starts with digit character");
      ++i;
      const auto group = names.find(name);
      if (group == names.end()) return illegal("No group with name {" + name + "}");
      append_group(static_cast<std::uint32_t>(group->second));
    } else if (digit(replacement[i])) {
      std::uint32_t group = static_cast<std::uint32_t>(replacement[i++] - '0');
      if (group > groups) return error_of(Errc::kNotFound, "No group " + std::to_string(group));
      // More digits belong to the number as long as such a group exists.
      while (i < replacement.size() && digit(replacement[i])) {
        const std::uint32_t longer = group * 10 + static_cast<std::uint32_t>(replacement[i] - '0');
        if (longer > groups) break;
        group = longer;
        ++i;
      }
      append_group(group);
    } else {
      return illegal("Illegal group reference");
    }
  }
  return {};
}

}  // namespace

Result<bool> Regex::matches(std::string_view text) const {
  MatchData own;
  auto found = run(impl_->whole.get(), impl_->pattern, text, 0, 0, match_data_for(impl_->whole.get(), own));
  if (!found) return std::move(found).error();
  return *found > 0;
}

Result<bool> Regex::find(std::string_view text) const {
  MatchData own;
  auto found = run(impl_->part.get(), impl_->pattern, text, 0, 0, match_data_for(impl_->part.get(), own));
  if (!found) return std::move(found).error();
  return *found > 0;
}

Result<std::string> Regex::replace_first(std::string_view text, std::string_view replacement) const {
  return replace(text, replacement, Which::kFirst);
}

Result<std::string> Regex::replace_all(std::string_view text, std::string_view replacement) const {
  return replace(text, replacement, Which::kAll);
}

Result<std::string> Regex::replace(std::string_view text, std::string_view replacement, Which which) const {
  const pcre2_code* code = impl_->part.get();
  MatchData own;
  pcre2_match_data* data = match_data_for(code, own);
  const std::size_t* offsets = pcre2_get_ovector_pointer(data);
  std::string out;
  std::size_t copied = 0;  // of `text`
  std::size_t from = 0;
  while (from <= text.size()) {
    auto found = run(code, impl_->pattern, text, from, 0, data);
    if (!found) return std::move(found).error();
    if (*found == 0) break;
    const std::size_t begin = offsets[0];
    const std::size_t end = offsets[1];
    out += text.substr(copied, begin - copied);
    if (auto done = append_replacement(out, code, impl_->groups, text, replacement, data); !done)
      return std::move(done).error();
    copied = end;
    if (which == Which::kFirst) break;
    from = end;
    if (begin == end) {
      // An empty match: go on behind the next character.
      ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xc0U) == 0x80U) ++from;
    }
  }
  out += text.substr(copied);
  return out;
}

}  // namespace millrace::base
