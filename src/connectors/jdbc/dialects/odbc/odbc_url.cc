#include "connectors/jdbc/dialects/odbc/odbc_url.h"

#include <algorithm>
#include <map>

#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc::odbc {
namespace {

constexpr const char* kSqlServerDriver = "ODBC Driver 18 for SQL Server";
constexpr const char* kOracleDriver = "Oracle";

std::string braced(const std::string& value) {
  if (value.find_first_of(";{}= ") == std::string::npos) return value;
  std::string text = "{";
  for (const char c : value) {
    text += c;
    if (c == '}') text += c;
  }
  return text + "}";
}

std::string property(const ConnectionSettings& settings, const char* key) {
  const auto at = settings.properties.find(key);
  return at == settings.properties.end() ? "" : at->second;
}

/// "k=v;k={v;w}" with names in lower case. Throws ConfigError "The connection string contains a badly formed name or value."
std::map<std::string, std::string> semicolon_pairs(const std::string& text) {
  std::map<std::string, std::string> pairs;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t equals = text.find('=', at);
    if (text[at] == ';') {
      ++at;
      continue;
    }
    if (equals == std::string::npos) throw ConfigError("The connection string contains a badly formed name or value.");
    const std::string key = to_lower(trim(text.substr(at, equals - at)));
    at = equals + 1;
    std::string value;
    if (at < text.size() && text[at] == '{') {
      for (++at; at < text.size() && !(text[at] == '}' && (at + 1 >= text.size() || text[at + 1] != '}')); ++at) {
        if (text[at] == '}') ++at;
        value += text[at];
      }
      if (at >= text.size()) throw ConfigError("The connection string contains a badly formed name or value.");
      ++at;
    } else {
      const std::size_t end = std::min(text.find(';', at), text.size());
      value = text.substr(at, end - at);
      at = end;
    }
    pairs[key] = value;
  }
  return pairs;
}

std::string first_of(const std::map<std::string, std::string>& pairs, std::initializer_list<const char*> keys,
                     const std::string& otherwise) {
  for (const char* key : keys) {
    if (const auto at = pairs.find(key); at != pairs.end()) return at->second;
  }
  return otherwise;
}

std::string driver_of(const ConnectionSettings& settings, const char* usual) {
  const std::string driver = property(settings, "odbc.driver");
  return "DRIVER={" + (driver.empty() ? usual : driver) + "}";
}

/// SQL Server's JDBC options that have an ODBC keyword: names in lower case, the first that is given counts.
struct SqlServerOption {
  std::vector<const char*> names;
  const char* keyword;
  const char* otherwise;
  bool is_switch;
};

const std::vector<SqlServerOption>& sqlserver_options() {
  static const std::vector<SqlServerOption> kOptions{
      {{"databasename", "database"}, "DATABASE", "", false},
      {{"user", "username", "uid"}, "UID", "", false},
      {{"password"}, "PWD", "", false},
      {{"encrypt"}, "Encrypt", "true", true},
      {{"trustservercertificate"}, "TrustServerCertificate", "false", true},
      {{"hostnameincertificate"}, "HostNameInCertificate", "", false},
      {{"servercertificate"}, "ServerCertificate", "", false},
      {{"applicationname", "app"}, "APP", "", false},
      {{"applicationintent"}, "ApplicationIntent", "", false},
      {{"integratedsecurity", "trusted_connection"}, "Trusted_Connection", "", true},
      {{"authentication"}, "Authentication", "", false},
      {{"multisubnetfailover"}, "MultiSubnetFailover", "", true},
      {{"packetsize"}, "PacketSize", "", false},
  };
  return kOptions;
}

/// Options that only tune the Java drivers, or that are read elsewhere.
bool tunes_java_only(const std::string& name) {
  static const char* const kNames[] = {"servername",
                                       "server",
                                       "portnumber",
                                       "port",
                                       "instancename",
                                       "instance",
                                       "selectmethod",
                                       "responsebuffering",
                                       "sendtimeasdatetime",
                                       "locktimeout",
                                       "sockettimeout",
                                       "querytimeout",
                                       "logintimeout",
                                       "connectretrycount",
                                       "connectretryinterval",
                                       "datetimeparametertype",
                                       "sendstringparametersasunicode",
                                       "odbc.driver"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&name](const char* one) { return name == one; });
}

OdbcTarget sqlserver_target(const std::string& rest, const ConnectionSettings& settings) {
  const std::string text = rest.compare(0, 2, "//") == 0 ? rest.substr(2) : rest;
  const std::size_t semicolon = text.find(';');
  std::string authority = text.substr(0, semicolon);
  auto pairs = semicolon_pairs(semicolon == std::string::npos ? "" : text.substr(semicolon + 1));
  for (const auto& [key, value] : settings.properties) pairs.emplace(to_lower(key), value);  // the URL wins
  // jTDS: //host:port/database
  if (const std::size_t slash = authority.find('/'); slash != std::string::npos) {
    pairs.emplace("databasename", authority.substr(slash + 1));
    authority.resize(slash);
  }
  const HostPort host = parse_host_port(authority);
  std::string server = host.host.empty() ? first_of(pairs, {"servername", "server"}, "localhost") : host.host;
  const std::string instance = first_of(pairs, {"instancename", "instance"}, "");
  const std::string port = host.port.empty() ? first_of(pairs, {"portnumber", "port"}, "") : host.port;
  if (!instance.empty() && server.find('\\') == std::string::npos) server += "\\" + instance;
  // A port wins over an instance, which its browser service would have to be asked for.
  if (!port.empty()) {
    server = server.substr(0, server.find('\\')) + "," + port;
  } else if (server.find('\\') == std::string::npos) {
    server += ",1433";
  }
  OdbcTarget target{driver_of(settings, kSqlServerDriver) + ";SERVER=" + server, {}};
  for (const SqlServerOption& option : sqlserver_options()) {
    std::string value = option.otherwise;
    for (auto name = option.names.rbegin(); name != option.names.rend(); ++name) {
      if (const auto at = pairs.find(*name); at != pairs.end()) value = at->second;
      pairs.erase(*name);
    }
    if (value.empty()) continue;
    if (option.is_switch && value != "strict") value = is_true(value) ? "yes" : "no";
    target.text += std::string(";") + option.keyword + "=" + braced(value);
  }
  for (const auto& [name, value] : pairs) {
    if (!tunes_java_only(name)) target.unknown.push_back(name);
  }
  return target;
}

OdbcTarget oracle_target(const std::string& rest, const ConnectionSettings& settings) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string::npos)
    throw ConfigError("connection.url: an Oracle URL reads jdbc:oracle:thin:@//host:1521/service");
  std::string where = rest.substr(at + 1);
  if (where.compare(0, 2, "//") == 0) where = where.substr(2);
  std::string user = property(settings, "user");
  std::string password = property(settings, "password");
  // thin:user/password@...
  const std::size_t colon = rest.find(':');
  if (colon != std::string::npos && colon + 1 < at) {
    const std::string login = rest.substr(colon + 1, at - colon - 1);
    const std::size_t slash = login.find('/');
    user = login.substr(0, slash);
    if (slash != std::string::npos) password = login.substr(slash + 1);
  }
  // host:port:SID is a form of Java's driver alone.
  if (where.compare(0, 1, "(") != 0 && where.find('/') == std::string::npos) {
    const std::vector<std::string> parts = split(where, ':');
    if (parts.size() == 3) {
      where = "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=" + parts[0] + ")(PORT=" + parts[1] +
              "))(CONNECT_DATA=(SID=" + parts[2] + ")))";
    }
  }
  return {driver_of(settings, kOracleDriver) + ";DBQ=" + braced(where) + ";UID=" + braced(user) +
              ";PWD=" + braced(password),
          {}};
}

}  // namespace

OdbcTarget parse_odbc_url(const ConnectionSettings& settings) {
  const auto [subprotocol, rest] = split_jdbc_url(settings.url);
  const std::string protocol = to_lower(subprotocol);
  constexpr std::string_view kAfterVendor = "sqlserver:";  // jdbc:jtds:sqlserver:, jdbc:microsoft:sqlserver:
  if (protocol == "sqlserver") return sqlserver_target(rest, settings);
  if (protocol == "jtds" || protocol == "microsoft")
    return sqlserver_target(rest.substr(kAfterVendor.size()), settings);
  if (protocol == "oracle") return oracle_target(rest, settings);
  OdbcTarget target{rest, {}};
  const auto pairs = semicolon_pairs(rest);
  const auto add = [&](const char* key, const char* other, const std::string& value) {
    if (!value.empty() && pairs.count(key) == 0 && pairs.count(other) == 0)
      target.text +=
          (target.text.empty() || target.text.back() == ';' ? "" : ";") + std::string(key) + "=" + braced(value);
  };
  add("uid", "user", property(settings, "user"));
  add("pwd", "password", property(settings, "password"));
  return target;
}

std::string driver_named_in(const std::string& connection_string) {
  const auto pairs = semicolon_pairs(connection_string);
  const auto at = pairs.find("driver");
  return at == pairs.end() ? "" : at->second;
}

}  // namespace millrace::jdbc::odbc
