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
                                            "socketTimeout",
                                            "sockettimeout",
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

unsigned seconds_of(const std::string& millis) {
  const unsigned long value = std::strtoul(millis.c_str(), nullptr, 10);
  return value == 0 ? 10U : static_cast<unsigned>((value + 999) / 1000);
}

void parse_hosts(const std::string& text, const std::string& url, MyTarget& target) {
  for (const std::string& part : split(text, ',')) {
    HostPort host = parse_host_port(part);
    // "address=(host=h)(port=p)" and "(host=h,port=p)" are rare; a single host is read from them.
    if (part.find("host=") != std::string::npos) {
      throw ConfigError("connection.url " + redact_url(url) + ": write the host as host:port, not as \"" + part + "\"");
    }
    const unsigned long port = host.port.empty() ? 3306 : std::strtoul(host.port.c_str(), nullptr, 10);
    if (port == 0 || port > 65535 || host.port.find_first_not_of("0123456789") != std::string::npos) {
      throw ConfigError("connection.url " + redact_url(url) + ": the port \"" + host.port +
                        "\" is not a number from 1 to 65535");
    }
    target.hosts.emplace_back(host.host.empty() ? "localhost" : host.host, static_cast<unsigned>(port));
  }
}

/// One parameter; false when its name means nothing here.
bool apply(const std::string& key, const std::string& value, MyTarget& target) {
  if (key == "user")
    target.user = value;
  else if (key == "password")
    target.password = value;
  else if (key == "sslmode")
    target.tls = tls_mode(value);
  else if (key == "usessl" || key == "requiressl")
    target.tls = is_true(value) ? std::max(target.tls, key == "requiressl" ? TlsMode::kRequired : TlsMode::kPreferred)
                                : TlsMode::kDisabled;
  else if (key == "verifyservercertificate")
    target.tls = is_true(value) ? TlsMode::kVerifyCa : target.tls;
  else if (key == "trustservercertificate" || key == "disablesslhostnameverification")
    target.tls = is_true(value) ? TlsMode::kRequired : target.tls;
  else if (key == "serversslcert" || key == "trustcertificatekeystoreurl")
    target.tls_ca = file_of(value);
  else if (key == "clientcertificatekeystoreurl" || key == "keystore")
    target.tls_certificate = target.tls_key = file_of(value);
  else if (key == "connecttimeout")
    target.connect_timeout_seconds = seconds_of(value);
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
    if (!apply(to_lower(key), value, target)) target.unknown.push_back("connection." + key);
  }
  if (const std::size_t at = authority.rfind('@'); at != std::string::npos) {
    const std::string login = authority.substr(0, at);
    const std::size_t colon = login.find(':');
    target.user = url_decode(login.substr(0, colon));
    if (colon != std::string::npos) target.password = url_decode(login.substr(colon + 1));
    authority = authority.substr(at + 1);
  }
  for (const auto& [key, value] : parse_parameters(query, '&', true)) {
    if (!apply(to_lower(key), value, target)) target.unknown.push_back(key);
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
  parse_hosts(authority, settings.url, target);
  return target;
}

}  // namespace millrace::jdbc::mysql
