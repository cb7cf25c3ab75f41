#include "connectors/jdbc/url.h"

#include <gtest/gtest.h>

#include "connectors/jdbc/database.h"
#include "connectors/jdbc/dialects/mysql/my_url.h"
#include "connectors/jdbc/dialects/odbc/odbc_url.h"
#include "connectors/jdbc/dialects/postgresql/pg_url.h"
#include "connectors/jdbc/source_task.h"
#include "millrace/errors.h"

namespace millrace::jdbc {
namespace {

std::string value_of(const postgresql::PgTarget& target, const std::string& key) {
  for (const auto& [name, value] : target.parameters) {
    if (name == key) return value;
  }
  return "(absent)";
}

postgresql::PgTarget pg(const std::string& url, std::map<std::string, std::string> properties = {}) {
  return postgresql::parse_pg_url({url, std::move(properties)});
}

TEST(JdbcUrl, SplitsAtTheSecondColon) {
  EXPECT_EQ(split_jdbc_url("jdbc:postgresql://h/db"), std::make_pair(std::string("postgresql"), std::string("//h/db")));
  EXPECT_EQ(split_jdbc_url("odbc:DSN=x"), std::make_pair(std::string("odbc"), std::string("DSN=x")));
  EXPECT_THROW(split_jdbc_url(""), ConfigError);
  EXPECT_THROW(split_jdbc_url("jdbc:postgresql"), ConfigError);
  EXPECT_THROW(split_jdbc_url("postgresql://h/db"), ConfigError);
}

TEST(JdbcUrl, HidesPasswords) {
  EXPECT_EQ(redact_url("jdbc:postgresql://h/db?user=u&password=secret&x=1"),
            "jdbc:postgresql://h/db?user=u&password=****&x=1");
  EXPECT_EQ(redact_url("jdbc:sqlserver://h;password=secret;encrypt=true"),
            "jdbc:sqlserver://h;password=****;encrypt=true");
  EXPECT_EQ(redact_url("jdbc:mysql://u:secret@h/db"), "jdbc:mysql://u:****@h/db");
  EXPECT_EQ(redact_url("jdbc:oracle:thin:u/secret@//h:1521/s"), "jdbc:oracle:thin:u/****@//h:1521/s");
  EXPECT_EQ(redact_url("jdbc:oracle:thin:@//h:1521/s"), "jdbc:oracle:thin:@//h:1521/s");
  EXPECT_EQ(redact_url("odbc:DSN=x;PWD=secret"), "odbc:DSN=x;PWD=****");
}

TEST(PostgresqlUrl, ReadsTheTutorial) {
  const auto target = pg("jdbc:postgresql://host:5433/connect_test?user=postgres&password=a%26b");
  EXPECT_EQ(value_of(target, "host"), "host");
  EXPECT_EQ(value_of(target, "port"), "5433");
  EXPECT_EQ(value_of(target, "dbname"), "connect_test");
  EXPECT_EQ(value_of(target, "user"), "postgres");
  EXPECT_EQ(value_of(target, "password"), "a&b");
  EXPECT_TRUE(target.unknown.empty());
}

TEST(PostgresqlUrl, UrlParametersWinOverProperties) {
  const auto target = pg("jdbc:postgresql://h/db?user=url", {{"user", "property"}, {"password", "p"}});
  EXPECT_EQ(value_of(target, "user"), "url");
  EXPECT_EQ(value_of(target, "password"), "p");
}

TEST(PostgresqlUrl, HostsPortsAndDefaults) {
  const auto two = pg("jdbc:postgresql://a:1,[::1]/db?targetServerType=preferSecondary&connectTimeout=3");
  EXPECT_EQ(value_of(two, "host"), "a,::1");
  EXPECT_EQ(value_of(two, "port"), "1,5432");
  EXPECT_EQ(value_of(two, "target_session_attrs"), "prefer-standby");
  EXPECT_EQ(two.connect_timeout, std::chrono::seconds(3));
  const auto timeouts = pg("jdbc:postgresql://h/db?loginTimeout=7&socketTimeout=9&loadBalanceHosts=true");
  EXPECT_EQ(timeouts.connect_timeout, std::chrono::seconds(10));
  EXPECT_EQ(timeouts.login_timeout, std::chrono::seconds(7));
  EXPECT_EQ(timeouts.socket_timeout, std::chrono::seconds(9));
  EXPECT_TRUE(timeouts.shuffle_hosts);
  EXPECT_THROW(pg("jdbc:postgresql://h/db?connectTimeout=soon"), ConfigError);
  EXPECT_THROW(pg("jdbc:postgresql://h/db?targetServerType=best"), ConfigError);
  EXPECT_EQ(value_of(pg("jdbc:postgresql:db"), "dbname"), "db");
  EXPECT_EQ(value_of(pg("jdbc:postgresql:db"), "host"), "localhost");
  EXPECT_EQ(value_of(pg("jdbc:postgresql://h/?user=bob"), "dbname"), "bob");
  EXPECT_THROW(pg("jdbc:postgresql://h"), ConfigError);
  EXPECT_THROW(pg("jdbc:postgresql:/h/db"), ConfigError);
  EXPECT_THROW(pg("jdbc:postgresql://h:99999/db"), ConfigError);
}

TEST(PostgresqlUrl, SslAndUnknownParameters) {
  EXPECT_EQ(value_of(pg("jdbc:postgresql://h/db?ssl=true"), "sslmode"), "verify-full");
  EXPECT_EQ(value_of(pg("jdbc:postgresql://h/db?ssl=true&sslmode=require"), "sslmode"), "require");
  EXPECT_EQ(
      value_of(pg("jdbc:postgresql://h/db?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory"), "sslmode"),
      "require");
  EXPECT_EQ(value_of(pg("jdbc:postgresql://h/db", {{"ssl", "true"}}), "sslmode"), "verify-full");
  EXPECT_EQ(pg("jdbc:postgresql://h/db?Frobnicate=1&prepareThreshold=0").unknown,
            std::vector<std::string>{"Frobnicate"});
  EXPECT_EQ(pg("jdbc:postgresql://h/db?currentSchema=a,b").search_path, "a,b");
}

TEST(MysqlUrl, TlsSwitchesInAnyOrder) {
  const auto mode = [](const std::string& url) { return mysql::parse_my_url({url, {}}).tls; };
  EXPECT_EQ(mode("jdbc:mysql://h/db"), mysql::TlsMode::kPreferred);
  EXPECT_EQ(mode("jdbc:mysql://h/db?useSSL=true&requireSSL=false"), mysql::TlsMode::kPreferred);
  EXPECT_EQ(mode("jdbc:mysql://h/db?requireSSL=true&useSSL=true"), mysql::TlsMode::kRequired);
  EXPECT_EQ(mode("jdbc:mysql://h/db?verifyServerCertificate=true&useSSL=true"), mysql::TlsMode::kVerifyCa);
  EXPECT_EQ(mode("jdbc:mysql://h/db?verifyServerCertificate=true&useSSL=false"), mysql::TlsMode::kDisabled);
  EXPECT_EQ(mode("jdbc:mysql://h/db?useSSL=false&sslMode=REQUIRED"), mysql::TlsMode::kRequired);
  EXPECT_EQ(mode("jdbc:mariadb://h/db?useSsl=true"), mysql::TlsMode::kVerifyFull);
  EXPECT_EQ(mode("jdbc:mariadb://h/db?trustServerCertificate=true&useSsl=true"), mysql::TlsMode::kRequired);
  EXPECT_EQ(mode("jdbc:mariadb://h/db?useSsl=true&disableSslHostnameVerification=true"), mysql::TlsMode::kVerifyCa);
  EXPECT_EQ(mode("jdbc:mariadb://h/db?trustServerCertificate=true"), mysql::TlsMode::kPreferred);
}

TEST(MysqlUrl, HostForms) {
  using Hosts = std::vector<std::pair<std::string, unsigned>>;
  const auto hosts = [](const std::string& authority) {
    return mysql::parse_my_url({"jdbc:mysql://" + authority + "/db", {}}).hosts;
  };
  EXPECT_EQ(hosts("a,b:1"), (Hosts{{"a", 3306U}, {"b", 1U}}));
  EXPECT_EQ(hosts("[a,b:1]"), (Hosts{{"a", 3306U}, {"b", 1U}}));
  EXPECT_EQ(hosts("[::1]:2,b"), (Hosts{{"::1", 2U}, {"b", 3306U}}));
  EXPECT_EQ(hosts("(host=a,port=1),(host=b)"), (Hosts{{"a", 1U}, {"b", 3306U}}));
  EXPECT_EQ(hosts("address=(host=a)(port=1),c"), (Hosts{{"a", 1U}, {"c", 3306U}}));
}

TEST(MysqlUrl, BothSchemes) {
  const auto mysql =
      mysql::parse_my_url({"jdbc:mysql://u:p%40@h:3307/db?tinyInt1isBit=false&zeroDateTimeBehavior=convertToNull", {}});
  EXPECT_EQ(mysql.flavor, mysql::Flavor::kMysql);
  EXPECT_EQ(mysql.hosts, (std::vector<std::pair<std::string, unsigned>>{{"h", 3307U}}));
  EXPECT_EQ(mysql.user, "u");
  EXPECT_EQ(mysql.password, "p@");
  EXPECT_FALSE(mysql.tiny1_is_bit);
  EXPECT_EQ(mysql.zero_dates, mysql::ZeroDates::kNull);
  const auto maria =
      mysql::parse_my_url({"jdbc:mariadb://h/db?sslMode=verify-full&serverSslCert=/ca.pem&what=1", {{"user", "x"}}});
  EXPECT_EQ(maria.flavor, mysql::Flavor::kMariadb);
  EXPECT_EQ(maria.tls, mysql::TlsMode::kVerifyFull);
  EXPECT_EQ(maria.tls_ca, "/ca.pem");
  EXPECT_EQ(maria.user, "x");
  EXPECT_EQ(maria.unknown, std::vector<std::string>{"what"});
  const auto escaped = mysql::parse_my_url({"jdbc:mariadb://h/db?user=u&password=a%20b+c", {}});
  EXPECT_EQ(escaped.password, "a%20b+c");
  EXPECT_EQ(escaped.other_login, (std::pair<std::string, std::string>("u", "a b c")));
  EXPECT_FALSE(maria.other_login.has_value());
  EXPECT_FALSE(mysql::parse_my_url({"jdbc:mysql://h/db?user=u&password=a%20b", {}}).other_login.has_value());
  EXPECT_THROW(mysql::parse_my_url({"jdbc:mysql://h/db?socketTimeout=soon", {}}), ConfigError);
  EXPECT_THROW(mysql::parse_my_url({"jdbc:mariadb:h/db", {}}), ConfigError);
  EXPECT_THROW(mysql::parse_my_url({"jdbc:mariadb://h:0/db", {}}), ConfigError);
}

TEST(OdbcUrl, SqlServer) {
  const auto text = [](const std::string& url, std::map<std::string, std::string> properties = {}) {
    return odbc::parse_odbc_url({url, std::move(properties)}).text;
  };
  EXPECT_EQ(text("jdbc:sqlserver://h;databaseName=shop;user=sa;password={a;b}"),
            "DRIVER={ODBC Driver 18 for SQL Server};SERVER=h,1433;DATABASE=shop;UID=sa;PWD={a;b};Encrypt=yes;"
            "TrustServerCertificate=no");
  EXPECT_EQ(text("jdbc:sqlserver://h\\one;encrypt=false;trustServerCertificate=true",
                 {{"user", "u"}, {"password", "p"}, {"odbc.driver", "FreeTDS"}}),
            "DRIVER={FreeTDS};SERVER=h\\one;UID=u;PWD=p;Encrypt=no;TrustServerCertificate=yes");
  EXPECT_EQ(
      text("jdbc:sqlserver://;serverName=h;port=1444;user=url;applicationName=a b", {{"user", "property"}}),
      "DRIVER={ODBC Driver 18 for SQL Server};SERVER=h,1444;UID=url;Encrypt=yes;TrustServerCertificate=no;APP={a b}");
  EXPECT_EQ(text("jdbc:jtds:sqlserver://h:1444/shop;encrypt=no"),
            "DRIVER={ODBC Driver 18 for SQL Server};SERVER=h,1444;DATABASE=shop;Encrypt=no;TrustServerCertificate=no");
  EXPECT_EQ(odbc::parse_odbc_url({"jdbc:sqlserver://h;selectMethod=direct;what=1", {}}).unknown,
            std::vector<std::string>{"what"});
  EXPECT_THROW(text("jdbc:sqlserver://h;database"), ConfigError);
  EXPECT_THROW(text("jdbc:sqlserver://h;password={a"), ConfigError);
}

TEST(OdbcUrl, Oracle) {
  const auto text = [](const std::string& url) {
    return odbc::parse_odbc_url({url, {{"user", "u"}, {"password", "p"}}}).text;
  };
  EXPECT_EQ(text("jdbc:oracle:thin:@//h:1521/shop"), "DRIVER={Oracle};DBQ=h:1521/shop;UID=u;PWD=p");
  EXPECT_EQ(text("jdbc:oracle:thin:scott/tiger@h:1521/shop"), "DRIVER={Oracle};DBQ=h:1521/shop;UID=scott;PWD=tiger");
  EXPECT_EQ(
      text("jdbc:oracle:thin:@h:1521:XE"),
      "DRIVER={Oracle};DBQ={(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=1521))(CONNECT_DATA=(SID=XE)))};UID=u;"
      "PWD=p");
  EXPECT_EQ(text("jdbc:oracle:thin:@alias"), "DRIVER={Oracle};DBQ=alias;UID=u;PWD=p");
  EXPECT_THROW(text("jdbc:oracle:thin:h"), ConfigError);
}

TEST(OdbcUrl, AnyDriver) {
  EXPECT_EQ(odbc::parse_odbc_url({"odbc:DSN=shop", {{"user", "u"}, {"password", "a;b"}}}).text,
            "DSN=shop;uid=u;pwd={a;b}");
  EXPECT_EQ(odbc::parse_odbc_url({"odbc:DSN=shop;UID=x;PWD=y", {{"user", "u"}, {"password", "p"}}}).text,
            "DSN=shop;UID=x;PWD=y");
  EXPECT_EQ(odbc::driver_named_in("DRIVER={SQLite3};Database=x"), "SQLite3");
  EXPECT_EQ(odbc::driver_named_in("DSN=x"), "");
}

TEST(TableNames, ParseAndQuote) {
  const IdentifierRules rules;
  EXPECT_EQ(rules.parse("a.b"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rules.parse("\"a.b\".\"c\"\"d\""), (std::vector<std::string>{"a.b", "c\"d"}));
  EXPECT_THROW(rules.parse("\"a"), ConnectError);
  EXPECT_THROW(rules.parse("a."), ConnectError);
  EXPECT_EQ(rules.quote("c\"d"), "\"c\"\"d\"");
  const TableId id{std::nullopt, "public", "acc"};
  EXPECT_EQ(id.full_name(rules), "public.acc");
  EXPECT_EQ(id.quoted(rules, QuoteMethod::kAlways), "\"public\".\"acc\"");
}

TEST(TableNames, ACommaInsideQuotesBelongsToTheName) {
  EXPECT_EQ(split_table_list("\"public\".\"a,b\",\"public\".\"c\"", {}),
            (std::vector<std::string>{"\"public\".\"a,b\"", "\"public\".\"c\""}));
  EXPECT_TRUE(split_table_list("", {}).empty());
}

}  // namespace
}  // namespace millrace::jdbc
