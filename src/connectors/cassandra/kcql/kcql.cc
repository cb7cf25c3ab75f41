#include "connectors/cassandra/kcql/kcql.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace millrace::cassandra {

namespace {

enum class Kind : std::uint8_t { kWord, kQuoted, kSymbol, kEnd };

struct Token {
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The clauses after FROM, in the only order the grammar takes them.
enum class Clause : std::uint8_t {
  kIgnore,
  kAutoCreate,
  kWithStructure,
  kPk,
  kWithTarget,
  kAutoEvolve,
  kBatch,
  kPartitionBy,
  kWithTimestamp,
  kTimestampUnit,
  kWithFormat,
  kWithUnwrap,
  kStoreAs,
  kWithTag,
  kIncrementalMode,
  kWithType,
  kWithDocType,
  kWithIndexSuffix,
  kTtl,
  kWithConverter,
  kWithJmsSelector,
  kWithKey,
  kKeyDelimiter,
  kWithPipeline,
  kWithSubscription,
  kWithRegex,
  kLimit,
  kProperties,
  kObsolete,
};

struct ClauseWord {
  const char* word;
  Clause clause;
};

constexpr std::array kClauses{
    ClauseWord{"IGNORE", Clause::kIgnore},
    ClauseWord{"AUTOCREATE", Clause::kAutoCreate},
    ClauseWord{"WITHSTRUCTURE", Clause::kWithStructure},
    ClauseWord{"PK", Clause::kPk},
    ClauseWord{"WITHTARGET", Clause::kWithTarget},
    ClauseWord{"AUTOEVOLVE", Clause::kAutoEvolve},
    ClauseWord{"BATCH", Clause::kBatch},
    ClauseWord{"PARTITIONBY", Clause::kPartitionBy},
    ClauseWord{"NOPARTITION", Clause::kPartitionBy},
    ClauseWord{"WITHTIMESTAMP", Clause::kWithTimestamp},
    ClauseWord{"TIMESTAMPUNIT", Clause::kTimestampUnit},
    ClauseWord{"WITHFORMAT", Clause::kWithFormat},
    ClauseWord{"WITHUNWRAP", Clause::kWithUnwrap},
    ClauseWord{"STOREAS", Clause::kStoreAs},
    ClauseWord{"WITHTAG", Clause::kWithTag},
    ClauseWord{"INCREMENTALMODE", Clause::kIncrementalMode},
    ClauseWord{"WITHTYPE", Clause::kWithType},
    ClauseWord{"WITHDOCTYPE", Clause::kWithDocType},
    ClauseWord{"WITHINDEXSUFFIX", Clause::kWithIndexSuffix},
    ClauseWord{"TTL", Clause::kTtl},
    ClauseWord{"WITHCONVERTER", Clause::kWithConverter},
    ClauseWord{"WITHJMSSELECTOR", Clause::kWithJmsSelector},
    ClauseWord{"WITHKEY", Clause::kWithKey},
    ClauseWord{"KEYDELIMITER", Clause::kKeyDelimiter},
    ClauseWord{"KEYDELIM", Clause::kKeyDelimiter},
    ClauseWord{"WITHPIPELINE", Clause::kWithPipeline},
    ClauseWord{"WITHSUBSCRIPTION", Clause::kWithSubscription},
    ClauseWord{"WITHREGEX", Clause::kWithRegex},
    ClauseWord{"LIMIT", Clause::kLimit},
    ClauseWord{"PROPERTIES", Clause::kProperties},
    ClauseWord{"CAPITALIZE", Clause::kObsolete},
    ClauseWord{"INITIALIZE", Clause::kObsolete},
    ClauseWord{"PROJECTTO", Clause::kObsolete},
    ClauseWord{"DISTRIBUTEBY", Clause::kObsolete},
    ClauseWord{"CLUSTERBY", Clause::kObsolete},
    ClauseWord{"SAMPLE", Clause::kObsolete},
    ClauseWord{"WITHGROUP", Clause::kObsolete},
    ClauseWord{"WITHOFFSET", Clause::kObsolete},
    ClauseWord{"WITHPARTITION", Clause::kObsolete},
};

constexpr std::array kFormats{"AVRO", "TEXT", "BINARY", "JSON", "OBJECT", "MAP", "PROTOBUF"};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_@-+/{}:").find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
}

/// Keywords are written all upper or all lower case; anything else is a name.
bool is_keyword(const Token& token, std::string_view word) {
  if (token.kind != Kind::kWord) return false;
  if (token.text == word) return true;
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return token.text == lower;
}

std::optional<Clause> clause_of(const Token& token) {
  for (const auto& clause : kClauses) {
    if (is_keyword(token, clause.word)) return clause.clause;
  }
  return std::nullopt;
}

bool is_reserved(const Token& token) {
  for (const char* word : {"INSERT", "UPSERT", "INTO", "SELECT", "FROM", "AS"}) {
    if (is_keyword(token, word)) return true;
  }
  return clause_of(token).has_value();
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { tokenize(); }

  KcqlStatement parse() {
    statement_.text = std::string(text_);
    if (accept("UPSERT")) {
      if (accept("PK")) statement_.primary_keys.push_back(name("a column name"));
    } else {
      expect("INSERT", "INSERT INTO or UPSERT INTO");
    }
    expect("INTO", "INTO");
    statement_.target = joined_path("a target name");
    expect("SELECT", "SELECT");
    statement_.fields = field_list();
    check_duplicates();
    expect("FROM", "FROM");
    statement_.source = joined_path("a source name");
    clauses();
    return std::move(statement_);
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& message) const {
    // The caret stands under the place, on the line that holds it.
    const auto line_begin = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;
    const auto line_end = std::min(text_.find('\n', at), text_.size());
    std::string line(text_.substr(line_begin, line_end - line_begin));
    std::replace(line.begin(), line.end(), '\t', ' ');
    throw KcqlError("Invalid syntax. SQL:" + std::string(text_) + " . Error message:column " +
                    std::to_string(at - line_begin + 1) + ": " + message + "\n" + line + "\n" +
                    std::string(at - line_begin, ' ') + "^");
  }

  void tokenize() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '"') {
        ++at;
        continue;
      }
      Token token;
      token.begin = at;
      if (c == '`' || c == '\'') {
        const auto close = text_.find(c, at + 1);
        if (close == std::string_view::npos) fail(at, std::string("the quote ") + c + " is never closed");
        token.kind = Kind::kQuoted;
        token.text = std::string(text_.substr(at + 1, close - at - 1));
        at = close + 1;
      } else if (is_name_char(c)) {
        token.kind = Kind::kWord;
        while (at < text_.size() && is_name_char(text_[at])) ++at;
        token.text = std::string(text_.substr(token.begin, at - token.begin));
      } else {
        token.kind = Kind::kSymbol;
        token.text = std::string(1, c);
        ++at;
      }
      token.end = at;
      tokens_.push_back(std::move(token));
    }
    tokens_.push_back(Token{Kind::kEnd, "the end", text_.size(), text_.size()});
  }

  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }
  Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool accept(const char* keyword) {
    if (!is_keyword(peek(), keyword)) return false;
    take();
    return true;
  }
  bool accept_symbol(char symbol) {
    if (peek().kind != Kind::kSymbol || peek().text[0] != symbol) return false;
    take();
    return true;
  }
  std::string found() const {
    return peek().kind == Kind::kEnd ? "the end of the statement" : "\"" + peek().text + "\"";
  }
  void expect(const char* keyword, const std::string& what) {
    if (accept(keyword)) return;
    std::string hint;
    if (upper(peek().text) == keyword) hint = " (keywords are written all in upper or all in lower case)";
    fail(peek().begin, "expected " + what + ", found " + found() + hint);
  }
  void expect_symbol(char symbol) {
    if (!accept_symbol(symbol)) fail(peek().begin, std::string("expected ") + symbol + ", found " + found());
  }

  std::string name(const std::string& what) {
    const Token& token = peek();
    if (token.kind == Kind::kQuoted) return take().text;
    if (token.kind != Kind::kWord) fail(token.begin, "expected " + what + ", found " + found());
    if (is_reserved(token)) {
      fail(token.begin, "expected " + what + ", found the reserved word " + token.text +
                            " (put it in back-ticks to use it as a name)");
    }
    if (std::all_of(token.text.begin(), token.text.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
      fail(token.begin,
           "expected " + what + ", found the number " + token.text + " (put it in back-ticks to use it as a name)");
    }
    return take().text;
  }

  std::string joined_path(const std::string& what) {
    std::string out = name(what);
    while (accept_symbol('.')) out += "." + name(what);
    return out;
  }

  KcqlField field() {
    KcqlField out;
    if (accept_symbol('*')) {
      out.all = true;
      return out;
    }
    out.path.push_back(name("a field name or *"));
    while (accept_symbol('.')) {
      if (accept_symbol('*')) {
        out.all = true;
        break;
      }
      // Behind a dot a reserved word can only be a name.
      out.path.push_back(peek().kind == Kind::kWord && is_reserved(peek()) ? take().text : name("a field name or *"));
    }
    if (accept_symbol('(')) {
      out.function = true;
      if (peek().kind != Kind::kSymbol) joined_path("an argument");
      expect_symbol(')');
    }
    // A quoted `now()` is the function, too.
    if (out.path.size() == 1 && out.path[0].ends_with("()")) {
      out.path[0].resize(out.path[0].size() - 2);
      out.function = true;
    }
    if (accept("AS")) {
      // After AS a reserved word is clear enough where the list goes on or ends behind it.
      const bool clear = peek().kind == Kind::kWord &&
                         (is_keyword(peek(1), "FROM") || (peek(1).kind == Kind::kSymbol && peek(1).text == ","));
      out.alias = clear ? take().text : name("an alias");
    }
    return out;
  }

  std::vector<KcqlField> field_list() {
    std::vector<KcqlField> out;
    do {
      starts_.push_back(peek().begin);
      out.push_back(field());
    } while (accept_symbol(','));
    return out;
  }

  void check_duplicates() {
    for (std::size_t i = 0; i < statement_.fields.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        const auto& a = statement_.fields[i];
        const auto& b = statement_.fields[k];
        if (!a.all && !b.all && a.name() == b.name())
          fail(starts_[i], "Field " + a.name() + " has already been defined");
      }
    }
  }

  std::int64_t positive_number(const std::string& clause) {
    const Token token = take();
    std::int64_t value = 0;
    const auto* end = token.text.data() + token.text.size();
    const auto parsed = std::from_chars(token.text.data(), end, value);
    if (token.kind != Kind::kWord || parsed.ec != std::errc{} || parsed.ptr != end || value <= 0) {
      fail(token.begin, clause + " needs a whole number above 0, found \"" + token.text + "\"");
    }
    return value;
  }

  std::vector<std::string> name_list() {
    std::vector<std::string> out;
    do {
      std::string path = joined_path("a field name");
      out.push_back(std::move(path));
    } while (accept_symbol(','));
    return out;
  }

  void clauses() {
    int last = -1;
    while (peek().kind != Kind::kEnd) {
      const Token word = peek();
      const auto clause = clause_of(word);
      if (!clause) {
        if (word.kind == Kind::kWord) {
          fail(word.begin,
               "\"" + word.text + "\" is no clause of KCQL (clauses are written all in upper or all in lower case)");
        }
        return ignore_rest(word);
      }
      const bool in_order = *clause == Clause::kObsolete || static_cast<int>(*clause) > last;
      // PK again: UPSERT PK f INTO gave it already.
      if (!in_order) return ignore_rest(word);
      if (*clause != Clause::kObsolete) last = static_cast<int>(*clause);
      take();
      read(*clause, word);
    }
  }

  void ignore_rest(const Token& from) { statement_.ignored_text = std::string(text_.substr(from.begin)); }

  void read(Clause clause, const Token& word) {
    switch (clause) {
      case Clause::kIgnore: statement_.ignored_fields = field_list(); return;
      case Clause::kWithStructure: statement_.with_structure = true; return;
      case Clause::kPk: statement_.primary_keys = name_list(); return;
      case Clause::kBatch:
        accept_symbol('=');
        statement_.batch = positive_number("BATCH");
        return;
      case Clause::kTtl:
        accept_symbol('=');
        statement_.ttl = positive_number("TTL");
        return;
      case Clause::kLimit:
        accept_symbol('=');
        statement_.limit = positive_number("LIMIT");
        return;
      case Clause::kWithFormat: {
        accept_symbol('=');
        const Token format = take();
        statement_.format = upper(format.text);
        if (std::find(kFormats.begin(), kFormats.end(), statement_.format) == kFormats.end()) {
          fail(format.begin,
               "WITHFORMAT \"" + format.text + "\" is unknown: use AVRO, TEXT, BINARY, JSON, OBJECT, MAP or PROTOBUF");
        }
        return;
      }
      case Clause::kWithUnwrap: statement_.unwrap = true; return;
      case Clause::kIncrementalMode: {
        accept_symbol('=');
        const Token mode = take();
        if (mode.kind != Kind::kWord)
          fail(mode.begin, "INCREMENTALMODE needs a bare word, found \"" + mode.text + "\"");
        statement_.incremental_mode = mode.text;
        return;
      }
      case Clause::kWithKey:
        expect_symbol('(');
        statement_.with_key = name_list();
        expect_symbol(')');
        return;
      case Clause::kKeyDelimiter: {
        expect_symbol('=');
        const Token delimiter = take();
        if (delimiter.kind == Kind::kEnd) fail(delimiter.begin, "KEYDELIMITER needs a text in quotes");
        statement_.key_delimiter = delimiter.text;
        return;
      }
      case Clause::kProperties: properties(); return;
      case Clause::kObsolete: statement_.obsolete_clauses.push_back(upper(word.text)); return skip_arguments();
      default: return skip_arguments();
    }
  }

  void properties() {
    expect_symbol('(');
    if (accept_symbol(')')) return;
    do {
      const auto text = [this](const char* what) {
        if (peek().kind == Kind::kQuoted) return take().text;
        if (peek().kind != Kind::kWord) fail(peek().begin, std::string("expected ") + what + ", found " + found());
        std::string out = take().text;
        while (accept_symbol('.')) out += "." + take().text;
        return out;
      };
      std::string key = text("a property name");
      expect_symbol('=');
      statement_.properties.emplace_back(std::move(key), text("a property value"));
    } while (accept_symbol(','));
    expect_symbol(')');
  }

  /// The arguments of a clause that means nothing here: up to the next clause.
  void skip_arguments() {
    int depth = 0;
    while (peek().kind != Kind::kEnd && (depth > 0 || !clause_of(peek()))) {
      const Token token = take();
      if (token.kind == Kind::kSymbol && token.text == "(") ++depth;
      if (token.kind == Kind::kSymbol && token.text == ")") --depth;
    }
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::vector<std::size_t> starts_;
  KcqlStatement statement_;
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool KcqlStatement::selects_all() const {
  return std::any_of(fields.begin(), fields.end(),
                     [](const KcqlField& field) { return field.all && field.path.empty(); });
}

std::vector<KcqlStatement> parse_kcql(std::string_view text) {
  std::vector<KcqlStatement> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(';', at), text.size());
    const auto part = trimmed(text.substr(at, end - at));
    if (!part.empty()) {
      auto statement = Parser(part).parse();
      if (std::find(out.begin(), out.end(), statement) == out.end()) out.push_back(std::move(statement));
    }
    at = end + 1;
  }
  return out;
}

}  // namespace millrace::cassandra
