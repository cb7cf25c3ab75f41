#include "kafka/security.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/key_store.h"

namespace millrace::kafka {
namespace {

Error invalid(std::string text) { return Error{Errc::kInvalid, std::move(text), false, {}, {}, 0}; }

std::string get(const ClientConfig& config, const std::string& key) {
  auto it = config.find(key);
  if (it == config.end()) return {};
  std::string_view value = it->second;
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
  return std::string(value);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// Splits as Java's StreamTokenizer is set up in JaasConfig: words, '=' and ';', strings in double quotes with
/// backslashes.
class JaasTokens {
 public:
  explicit JaasTokens(std::string_view text) : text_(text) {}

  /// Empty at the end; quoted strings come with `quoted` set.
  struct Token {
    std::string text;
    bool quoted = false;
    bool end = false;
  };

  Result<Token> next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ == text_.size()) return Token{{}, false, true};
    char c = text_[at_];
    if (c == '=' || c == ';') {
      ++at_;
      return Token{std::string(1, c), false, false};
    }
    if (c == '"' || c == '\'') return quoted(c);
    std::size_t begin = at_;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) && text_[at_] != '=' &&
           text_[at_] != ';' && text_[at_] != '"') {
      ++at_;
    }
    return Token{std::string(text_.substr(begin, at_ - begin)), false, false};
  }

 private:
  Result<Token> quoted(char quote) {
    Token token{{}, true, false};
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return token;
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (c == 'r')
          c = '\r';
      }
      token.text += c;
    }
    return invalid("a quoted value does not end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Error bad_jaas(const std::string& why) {
  return invalid("sasl.jaas.config: " + why + "; expected: <login module class> required name=\"value\" ...;");
}

Result<Jaas> parse_jaas_tokens(std::string_view text) {
  JaasTokens tokens(text);
  Jaas jaas;
  auto module = tokens.next();
  if (!module) return bad_jaas(module.error().text);
  if (module->end) return bad_jaas("it is empty");
  jaas.login_module = module->text;
  auto flag = tokens.next();
  if (!flag) return bad_jaas(flag.error().text);
  std::string word = upper(flag->text);
  if (word != "REQUIRED" && word != "REQUISITE" && word != "SUFFICIENT" && word != "OPTIONAL") {
    return bad_jaas("no control flag (required, requisite, sufficient or optional) after the login module");
  }
  for (;;) {
    auto key = tokens.next();
    if (!key) return bad_jaas(key.error().text);
    if (key->end) return bad_jaas("the final semicolon is missing");
    if (!key->quoted && key->text == ";") break;
    auto equals = tokens.next();
    if (!equals) return bad_jaas(equals.error().text);
    if (equals->end || equals->quoted || equals->text != "=")
      return bad_jaas("option \"" + key->text + "\" has no value");
    auto value = tokens.next();
    if (!value) return bad_jaas(value.error().text);
    if (value->end || (!value->quoted && (value->text == ";" || value->text == "="))) {
      return bad_jaas("option \"" + key->text + "\" has no value");
    }
    jaas.options[key->text] = value->text;
  }
  auto rest = tokens.next();
  if (!rest) return bad_jaas(rest.error().text);
  if (!rest->end) return bad_jaas("only one login module is allowed");
  return jaas;
}

Result<void> read_trust(const ClientConfig& config, Security& security) {
  std::string type = upper(get(config, "ssl.truststore.type"));
  std::string location = get(config, "ssl.truststore.location");
  std::string inline_pem = get(config, "ssl.truststore.certificates");
  if (!inline_pem.empty()) {
    security.ca_pem = inline_pem;
    return {};
  }
  if (location.empty()) return {};
  auto store = base::read_key_store(location, get(config, "ssl.truststore.password"), {}, type);
  if (!store) return invalid("ssl.truststore.location: " + store.error().text);
  if (store->certificates_pem.empty()) return invalid("ssl.truststore.location: " + location + " holds no certificate");
  security.ca_pem = std::move(store->certificates_pem);
  return {};
}

Result<void> read_key(const ClientConfig& config, Security& security) {
  std::string key_password = get(config, "ssl.key.password");
  std::string inline_key = get(config, "ssl.keystore.key");
  std::string inline_chain = get(config, "ssl.keystore.certificate.chain");
  if (!inline_key.empty() || !inline_chain.empty()) {
    if (inline_key.empty()) return invalid("ssl.keystore.certificate.chain is given without ssl.keystore.key");
    if (inline_chain.empty()) return invalid("ssl.keystore.key is given without ssl.keystore.certificate.chain");
    auto key = base::decrypt_private_key(inline_key, key_password);
    if (!key) return invalid("ssl.keystore.key: " + key.error().text);
    security.private_key_pem = std::move(*key);
    security.certificate_chain_pem = inline_chain;
    return {};
  }
  std::string location = get(config, "ssl.keystore.location");
  if (location.empty()) return {};
  auto store = base::read_key_store(location, get(config, "ssl.keystore.password"), key_password,
                                    upper(get(config, "ssl.keystore.type")));
  if (!store) return invalid("ssl.keystore.location: " + store.error().text);
  if (store->private_key_pem.empty()) return invalid("ssl.keystore.location: " + location + " holds no private key");
  security.private_key_pem = std::move(store->private_key_pem);
  security.certificate_chain_pem = std::move(store->key_chain_pem);
  return {};
}

}  // namespace

std::string Jaas::option(const std::string& name) const {
  auto it = options.find(name);
  return it == options.end() ? std::string() : it->second;
}

Result<Jaas> parse_jaas(std::string_view text) { return parse_jaas_tokens(text); }

Result<Security> read_security(const ClientConfig& config) {
  Security security;
  std::string protocol = upper(get(config, "security.protocol"));
  if (protocol.empty()) protocol = "PLAINTEXT";
  if (protocol != "PLAINTEXT" && protocol != "SSL" && protocol != "SASL_PLAINTEXT" && protocol != "SASL_SSL") {
    return invalid(
        "Invalid value " + get(config, "security.protocol") +
        " for configuration security.protocol: String must be one of (case insensitive): PLAINTEXT, SASL_PLAINTEXT, "
        "SASL_SSL, SSL");
  }
  security.tls = protocol == "SSL" || protocol == "SASL_SSL";
  security.sasl = protocol == "SASL_PLAINTEXT" || protocol == "SASL_SSL";
  if (security.tls) {
    if (auto read = read_trust(config, security); !read) return read.error();
    if (auto read = read_key(config, security); !read) return read.error();
    auto algorithm = config.find("ssl.endpoint.identification.algorithm");
    security.verify_host = algorithm == config.end() || !get(config, "ssl.endpoint.identification.algorithm").empty();
  }
  if (security.sasl) {
    security.mechanism = get(config, "sasl.mechanism");
    if (security.mechanism.empty()) security.mechanism = "GSSAPI";
    std::string text = get(config, "sasl.jaas.config");
    if (!text.empty()) {
      auto jaas = parse_jaas(text);
      if (!jaas) return jaas.error();
      security.jaas = std::move(*jaas);
    }
    bool password_mechanism = security.mechanism == "PLAIN" || security.mechanism.starts_with("SCRAM-");
    if (password_mechanism && text.empty()) {
      return invalid("sasl.mechanism " + security.mechanism + " needs sasl.jaas.config with a username and a password");
    }
    if (password_mechanism &&
        (security.jaas.option("username").empty() || !security.jaas.options.contains("password"))) {
      return bad_jaas("mechanism " + security.mechanism + " needs the options username and password");
    }
  }
  return security;
}

}  // namespace millrace::kafka
