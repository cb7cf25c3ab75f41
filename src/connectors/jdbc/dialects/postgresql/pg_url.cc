#include "connectors/jdbc/dialects/postgresql/pg_url.h"

#include <map>
#include <set>

#include "connectors/jdbc/url.h"
#include "millrace/errors.h"

namespace millrace::jdbc::postgresql {
namespace {

/// pgjdbc's parameters that only tune the Java driver, or that hold here whatever their value.
const std::set<std::string>& without_meaning_here() {
  static const std::set<std::string> kNames{"adaptivefetch",
                                            "adaptivefetchmaximum",
                                            "adaptivefetchminimum",
                                            "allowencodingchanges",
                                            "assumeminserverversion",
                                            "authenticationpluginclassname",
                                            "autosave",
                                            "binarytransfer",
                                            "binarytransferdisable",
                                            "binarytransferenable",
                                            "canceltimeout",
                                            "cleanupsavepoints",
                                            "databasemetadatacachefields",
                                            "databasemetadatacachefieldsmib",
                                            "charset",
                                            "compatible",
                                            "defaultrowfetchsize",
                                            "disablecolumnsanitiser",
                                            "escapesyntaxcallmode",
                                            "groupstartupparameters",
                                            "hiderunprivilegedobjects",
                                            "hideunprivilegedobjects",
                                            "hostrecheckseconds",
                                            "jaasapplicationname",
                                            "jaaslogin",
                                            "gsslib",
                                            "loggerfile",
                                            "loggerlevel",
                                            "logservererrordetail",
                                            "logunclosedconnections",
                                            "maxresultbuffer",
                                            "maxsendbuffersize",
                                            "preferquerymode",
                                            "preparedstatementcachequeries",
                                            "preparedstatementcachesizemib",
                                            "preparethreshold",
                                            "protocolversion",
                                            "quotereturningidentifiers",
                                            "readonlymode",
                                            "receivebuffersize",
                                            "replication",
                                            "rewritebatchedinserts",
                                            "sendbuffersize",
                                            "socketfactory",
                                            "socketfactoryarg",
                                            "sspiserviceclass",
                                            "sslfactoryarg",
                                            "sslhostnameverifier",
                                            "sslpasswordcallback",
                                            "stringtype",
                                            "tcpnodelay",
                                            "unknownlength",
                                            "usespnego",
                                            "xmlfactoryfactory",
                                            "sslresponsetimeout",
                                            "requireauth",
                                            "pemkeyalgorithm"};
  return kNames;
}

/// Same meaning in libpq, under another or the same name.
const std::map<std::string, std::string>& renamed() {
  static const std::map<std::string, std::string> kNames{{"user", "user"},
                                                         {"password", "password"},
                                                         {"sslmode", "sslmode"},
                                                         {"sslcert", "sslcert"},
                                                         {"sslkey", "sslkey"},
                                                         {"sslrootcert", "sslrootcert"},
                                                         {"sslcrl", "sslcrl"},
                                                         {"sslpassword", "sslpassword"},
                                                         {"channelbinding", "channel_binding"},
                                                         {"gssencmode", "gssencmode"},
                                                         {"options", "options"},
                                                         {"applicationname", "application_name"},
                                                         {"kerberosservername", "krbsrvname"},
                                                         {"service", "service"},
                                                         {"passfile", "passfile"}};
  return kNames;
}

/// In libpq's words; "prefer-primary" is ours alone.
std::string target_session(const std::string& value) {
  static const std::map<std::string, std::string> kNames{{"any", "any"},
                                                         {"primary", "primary"},
                                                         {"master", "primary"},
                                                         {"secondary", "standby"},
                                                         {"slave", "standby"},
                                                         {"prefersecondary", "prefer-standby"},
                                                         {"preferslave", "prefer-standby"},
                                                         {"preferprimary", "prefer-primary"}};
  const auto at = kNames.find(to_lower(value));
  if (at != kNames.end()) return at->second;
  throw ConfigError("connection.url: targetServerType=" + value +
                    " is not known; use any, primary, secondary, preferSecondary or preferPrimary");
}

std::chrono::seconds seconds_of(const std::string& key, const std::string& value) {
  if (value.empty() || value.size() > 9 || value.find_first_not_of("0123456789") != std::string::npos)
    throw ConfigError("connection.url: " + key + "=" + value + " is not a number of seconds");
  return std::chrono::seconds(std::stol(value));
}

[[noreturn]] void refuse(const std::string& url, const std::string& why) {
  throw ConfigError("Unable to parse URL " + redact_url(url) + ": " + why +
                    "; it must read jdbc:postgresql://host:port/database?name=value&...");
}

}  // namespace

PgTarget parse_pg_url(const ConnectionSettings& settings) {
  std::string rest = split_jdbc_url(settings.url).second;
  const std::size_t question = rest.find('?');
  const std::string query = question == std::string::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);

  std::string hosts;
  std::string ports;
  std::string database;
  if (rest.compare(0, 2, "//") == 0) {
    rest = rest.substr(2);
    if (!rest.empty()) {
      const std::size_t slash = rest.find('/');
      if (slash == std::string::npos) refuse(settings.url, "a \"/\" must follow the host");
      database = url_decode(rest.substr(slash + 1));
      for (const std::string& part : split(rest.substr(0, slash), ',')) {
        const HostPort host = parse_host_port(part);
        const bool number = host.port.find_first_not_of("0123456789") == std::string::npos && host.port.size() <= 5 &&
                            (host.port.empty() || (std::stoi(host.port) > 0 && std::stoi(host.port) < 65536));
        if (!number) refuse(settings.url, "the port \"" + host.port + "\" is not a number from 1 to 65535");
        hosts += (hosts.empty() ? "" : ",") + (host.host.empty() ? std::string("localhost") : host.host);
        ports += (ports.empty() ? "" : ",") + (host.port.empty() ? std::string("5432") : host.port);
      }
    }
  } else if (!rest.empty() && rest[0] == '/') {
    refuse(settings.url, "a host needs two slashes in front");
  } else {
    database = url_decode(rest);
  }

  // Properties first, so that the URL's parameters replace them.
  std::map<std::string, std::string> given;
  for (const auto& [key, value] : settings.properties) given[to_lower(key)] = value;
  std::map<std::string, std::string> spelled;
  for (const auto& [key, value] : parse_parameters(query, '&', true)) {
    given[to_lower(key)] = value;
    spelled[to_lower(key)] = key;
  }

  PgTarget target;
  const auto set = [&target](const std::string& key, const std::string& value) {
    for (auto& [name, old] : target.parameters) {
      if (name == key) {
        old = value;
        return;
      }
    }
    target.parameters.emplace_back(key, value);
  };
  if (given.count("service") == 0 || !hosts.empty()) {
    set("host", hosts.empty() ? "localhost" : hosts);
    set("port", ports.empty() ? "5432" : ports);
  }
  set("application_name", "PostgreSQL JDBC Driver");
  if (const auto ssl = given.find("ssl"); ssl != given.end() && is_true(ssl->second)) {
    const auto factory = given.find("sslfactory");
    const bool trust_all = factory != given.end() && factory->second.find("NonValidatingFactory") != std::string::npos;
    set("sslmode", trust_all ? "require" : "verify-full");
  }
  for (const auto& [key, value] : given) {
    if (const auto it = renamed().find(key); it != renamed().end()) {
      set(it->second, key == "gssencmode" && to_lower(value) == "allow" ? "prefer" : value);
    } else if (key == "currentschema") {
      target.search_path = value;
    } else if (key == "connecttimeout") {
      target.connect_timeout = seconds_of("connectTimeout", value);
    } else if (key == "logintimeout") {
      target.login_timeout = seconds_of("loginTimeout", value);
    } else if (key == "sockettimeout") {
      target.socket_timeout = seconds_of("socketTimeout", value);
    } else if (key == "loadbalancehosts") {
      target.shuffle_hosts = is_true(value);
    } else if (key == "tcpkeepalive") {
      set("keepalives", is_true(value) ? "1" : "0");
    } else if (key == "targetservertype") {
      set("target_session_attrs", target_session(value));
    } else if (key == "readonly") {
      target.read_only = is_true(value);
    } else if (key == "localsocketaddress" || key == "ssl" || key == "sslfactory" || key == "sslnegotiation") {
      continue;  // handled above, or libpq 15 has no such choice
    } else if (without_meaning_here().count(key) == 0) {
      target.unknown.push_back(spelled.count(key) != 0 ? spelled[key] : key);
    }
  }
  if (!database.empty()) {
    set("dbname", database);
  } else if (given.count("user") != 0) {
    set("dbname", given["user"]);
  }
  set("client_encoding", "UTF8");
  return target;
}

}  // namespace millrace::jdbc::postgresql
