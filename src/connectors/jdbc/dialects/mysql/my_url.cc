#include "connectors/jdbc/dialects/mysql/my_url.h"

#include <algorithm>
#include <map>
#include <set>

#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc::mysql {
namespace {

/// Parameters that only tune the Java drivers, or that hold here whatever their value.
const std::set<std::string>& without_meaning_here() {
  static const std::set<std::string> kNames{"allowmultiqueries",
                                            "allowpublickeyretrieval",
                                            "autoreconnect",
                                            "characterencoding",
                                            "connectiontimezone",
                                            "databaseterm",
                                            "defaultfetchsize",
                                            "forceconnectiontimezonetosession",
                                            "nulldatabasemeanscurrent",
                                            "nullcatalogmeanscurrent",
                                            "permitmysqlscheme",
                                            "preserveinstants",
                                            "rewritebatchedstatements",
                                            "sendfractionalseconds",
                                            "servertimezone",
                                            "timezone",
                                            "tlsversions",
                                            "usebulkstmts",
                                            "usecatalogterm",
                                            "usecursorfetch",
                                            "useinformationschema",
                                            "useoldaliasmetadatabehavior",
                                            "useserverprepstmts",
                                            "useunicode",
                                            "createdatabaseifnotexist",
                                            "allowlocalinfile",
                                            "tcpkeepalive",
                                            "usecompression",
                                            "cacheprepstmts",
                                            "prepstmtcachesize",
                                            "trustcertificatekeystoretype",
                                            "trustcertificatekeystorepassword",
                                            "clientcertificatekeystoretype",
                                            "clientcertificatekeystorepassword",
                                            "maxreconnects",
                                            "initialtimeout",
                                            "jdbccomplianttruncation"};
  return kNames;
}

/// "file:///path" and "file:path" name a file.
std::string file_of(std::string text) {
  if (text.compare(0, 5, "file:") == 0) text = text.substr(5);
  while (text.compare(0, 2, "//") == 0) text = text.substr(1);
  return text;
}

struct TlsSwitches {
  std::optional<TlsMode> mode;
  std::optional<bool> use;
  bool require = false;
  bool verify = false;
  bool trust = false;
  bool any_host = false;
};

TlsMode tls_mode(const std::string& value) {
  const std::string mode = to_lower(value);
  if (mode == "disable" || mode == "disabled" || mode == "false") return TlsMode::kDisabled;
  if (mode == "trust" || mode == "required" || mode == "true") return TlsMode::kRequired;
  if (mode == "preferred") return TlsMode::kPreferred;
  if (mode == "verify-ca" || mode == "verify_ca") return TlsMode::kVerifyCa;
  if (mode == "verify-full" || mode == "verify_identity") return TlsMode::kVerifyFull;
  throw ConfigError("connection.url: sslMode=" + value +
                    " is not known; use disable, trust, verify-ca or verify-full (MariaDB), or "
                    "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY (MySQL)");
}

ZeroDates zero_dates(const std::string& value) {
  const std::string mode = to_lower(value);
  if (mode == "convert_to_null" || mode == "converttonull") return ZeroDates::kNull;
  return mode == "round" ? ZeroDates::kRound : ZeroDates::kRefuse;
}

/// Rounded up; 0 stays 0.
unsigned seconds_of(const std::string& key, const std::string& millis) {
  if (millis.empty() || millis.size() > 9 || millis.find_first_not_of("0123456789") != std::string::npos)
    throw ConfigError("connection.url: " + key + "=" + millis + " is not a number of milliseconds");
  return static_cast<unsigned>((std::strtoul(millis.c_str(), nullptr, 10) + 999) / 1000);
}

/// What the switches from before sslMode mean together, whatever their order.
std::optional<TlsMode> tls_of(const TlsSwitches& switches, Flavor flavor) {
  if (switches.use && !*switches.use) return TlsMode::kDisabled;
  if (flavor == Flavor::kMysql) {
    if (switches.verify) return TlsMode::kVerifyCa;
    if (switches.require) return TlsMode::kRequired;
    return switches.use ? std::optional(TlsMode::kPreferred) : std::nullopt;
  }
  if (!switches.use) return std::nullopt;
  if (switches.trust) return TlsMode::kRequired;
  return switches.any_host ? TlsMode::kVerifyCa : TlsMode::kVerifyFull;
}

/// Commas within brackets do not count.
std::vector<std::string> split_hosts(const std::string& text) {
  std::vector<std::string> parts{""};
  int depth = 0;
  for (const char c : text) {
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// "host:port", "(host=h,port=p)" or "address=(host=h)(port=p)".
HostPort host_of(const std::string& part) {
  if (part.find("host=") == std::string::npos) return parse_host_port(part);
  HostPort host;
  std::string pairs = to_lower(part.substr(0, 8)) == "address=" ? part.substr(8) : part;
  for (char& c : pairs) {
    if (c == '(' || c == ')') c = ',';
  }
  for (const auto& [key, value] : parse_parameters(pairs, ',', true)) {
    if (to_lower(trim(key)) == "host") host.host = parse_host_port("[" + trim(value) + "]").host;
    if (to_lower(trim(key)) == "port") host.port = trim(value);
  }
  return host;
}

void parse_hosts(const std::string& text, const std::string& url, MyTarget& target) {
  const bool bracketed =
      text.size() > 2 && text.front() == '[' && text.find(',') != std::string::npos && text.back() == ']';
  for (const std::string& part : split_hosts(bracketed ? text.substr(1, text.size() - 2) : text)) {
    const HostPort host = host_of(part);
    const unsigned long port = host.port.empty() ? 3306 : std::strtoul(host.port.c_str(), nullptr, 10);
    if (port == 0 || port > 65535 || host.port.find_first_not_of("0123456789") != std::string::npos) {
      throw ConfigError("connection.url " + redact_url(url) + ": the port \"" + host.port +
                        "\" is not a number from 1 to 65535");
    }
    target.hosts.emplace_back(host.host.empty() ? "localhost" : host.host, static_cast<unsigned>(port));
  }
}

/// One parameter; false when its name means nothing here.
bool apply(const std::string& key, const std::string& value, MyTarget& target, TlsSwitches& switches) {
  if (key == "user")
    target.user = value;
  else if (key == "password")
    target.password = value;
  else if (key == "sslmode")
    switches.mode = tls_mode(value);
  else if (key == "usessl")
    switches.use = is_true(value);
  else if (key == "requiressl")
    switches.require = is_true(value);
  else if (key == "verifyservercertificate")
    switches.verify = is_true(value);
  else if (key == "trustservercertificate")
    switches.trust = is_true(value);
  else if (key == "disablesslhostnameverification")
    switches.any_host = is_true(value);
  else if (key == "serversslcert" || key == "trustcertificatekeystoreurl")
    target.tls_ca = file_of(value);
  else if (key == "clientcertificatekeystoreurl" || key == "keystore")
    target.tls_certificate = target.tls_key = file_of(value);
  else if (key == "connecttimeout")
    target.connect_timeout_seconds = seconds_of("connectTimeout", value);
  else if (key == "sockettimeout")
    target.socket_timeout_seconds = seconds_of("socketTimeout", value);
  else if (key == "tinyint1isbit")
    target.tiny1_is_bit = is_true(value);
  else if (key == "transformedbitisboolean")
    target.bit_is_boolean = is_true(value);
  else if (key == "yearisdatetype")
    target.year_is_date = is_true(value);
  else if (key == "uuidasstring")
    target.uuid_as_string = is_true(value);
  else if (key == "zerodatetimebehavior")
    target.zero_dates = zero_dates(value);
  else if (key == "localsocket")
    target.unix_socket = value;
  else if (key == "sessionvariables")
    target.session_variables = value;
  else
    return without_meaning_here().count(key) != 0;
  return true;
}

}  // namespace

MyTarget parse_my_url(const ConnectionSettings& settings) {
  const auto [subprotocol, all] = split_jdbc_url(settings.url);
  MyTarget target;
  target.flavor = to_lower(subprotocol).compare(0, 5, "mysql") == 0 ? Flavor::kMysql : Flavor::kMariadb;
  if (target.flavor == Flavor::kMysql) {
    target.bit_is_boolean = false;
    target.zero_dates = ZeroDates::kRefuse;
  }
  TlsSwitches switches;
  const std::size_t slashes = all.find("//");
  if (slashes == std::string::npos) {
    throw ConfigError("connection.url " + redact_url(settings.url) +
                      " has no \"//\" before the host; it must read jdbc:" + subprotocol +
                      "://host:3306/database?name=value&...");
  }
  std::string rest = all.substr(slashes + 2);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = rest.find('?');
  const std::string query = question == std::string::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  const std::size_t slash = rest.find('/');
  std::string authority = rest.substr(0, slash);
  if (slash != std::string::npos) target.database = url_decode(rest.substr(slash + 1));

  for (const auto& [key, value] : settings.properties) {
    if (!apply(to_lower(key), value, target, switches)) target.unknown.push_back("connection." + key);
  }
  if (const std::size_t at = authority.rfind('@'); at != std::string::npos) {
    const std::string login = authority.substr(0, at);
    const std::size_t colon = login.find(':');
    target.user = url_decode(login.substr(0, colon));
    if (colon != std::string::npos) target.password = url_decode(login.substr(colon + 1));
    authority = authority.substr(at + 1);
  }
  for (const auto& [key, value] : parse_parameters(query, '&', true)) {
    if (!apply(to_lower(key), value, target, switches)) target.unknown.push_back(key);
  }
  if (target.flavor == Flavor::kMariadb) {
    // MariaDB's driver takes them as they are written; who has escaped them, as every other driver asks, means the same.
    const std::pair decoded(target.user, target.password);
    for (const auto& [key, value] : parse_parameters(query, '&', false)) {
      if (to_lower(key) == "user") target.user = value;
      if (to_lower(key) == "password") target.password = value;
    }
    if (decoded != std::pair(target.user, target.password)) target.other_login = decoded;
  }
  if (const auto mode = switches.mode ? switches.mode : tls_of(switches, target.flavor)) target.tls = *mode;
  parse_hosts(authority, settings.url, target);
  return target;
}

}  // namespace millrace::jdbc::mysql
