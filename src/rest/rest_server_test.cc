#include "rest/rest_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "http/client.h"
#include "millrace/base64.h"
#include "rest/basic_auth.h"
#include "rest/filters.h"
#include "rest/resources.h"
#include "runtime/config/worker_config.h"
#include "runtime/herder.h"

namespace millrace::rest {
namespace {

using runtime::RawConfig;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Error make_error(Errc code, std::string text, std::optional<std::string> url = {}) {
  Error error;
  error.code = code;
  error.text = std::move(text);
  error.target_url = std::move(url);
  return error;
}

/// Knows one connector, "c"; remembers what it was asked; fails with `failure` when that is set.
class FakeHerder final : public runtime::Herder {
 public:
  std::optional<Error> failure;
  std::vector<std::string> calls;
  std::optional<std::vector<runtime::PartitionOffset>> altered;
  std::shared_future<void> gate;

  int catch_ups = 0;

  ServerInfo server_info() const override { return {"4.1.0", "unknown", "id"}; }
  void catch_up() override { ++catch_ups; }
  runtime::Health health() override { return {runtime::Health::Status::kHealthy, "ready"}; }
  std::vector<std::string> connectors() const override { return {"c", "d"}; }
  Result<runtime::ConnectorInfo> connector_info(const std::string& name) override {
    if (gate.valid() && name == "slow") gate.wait();
    if (name != "c") return make_error(Errc::kNotFound, "Connector " + name + " not found");
    return info(name, {{"name", "c"}, {"\u00e4", "\"x\"\n"}});
  }
  Result<runtime::ConnectorStateInfo> connector_status(const std::string& name) const override {
    if (name != "c") return make_error(Errc::kNotFound, "No status found for connector " + name);
    runtime::ConnectorStateInfo out;
    out.name = name;
    out.connector = {runtime::State::kRunning, "h:1", "4.1.0", ""};
    out.tasks[0] = {runtime::State::kFailed, "h:1", std::nullopt, "boom"};
    out.type = runtime::ConnectorType::kSink;
    return out;
  }
  Result<runtime::StatusInfo> task_status(const runtime::ConnectorTaskId& id) const override {
    return make_error(Errc::kNotFound, "No status found for task " + id.to_string());
  }
  Result<std::vector<runtime::TaskInfo>> task_configs(const std::string& name) override {
    return std::vector<runtime::TaskInfo>{{{name, 0}, {{"k", "v"}}}};
  }
  Result<runtime::Created> put_connector_config(const std::string& name, const RawConfig& config,
                                                std::optional<runtime::TargetState>, Replace) override {
    calls.push_back("put " + name);
    if (failure) return *failure;
    return runtime::Created{name != "c", info(name, config)};
  }
  Result<runtime::Created> patch_connector_config(const std::string& name, const RawConfig& patch) override {
    return runtime::Created{false, info(name, patch)};
  }
  Result<void> delete_connector(const std::string& name) override { return simple("delete " + name); }
  Result<void> restart_connector(const std::string& name) override { return simple("restart " + name); }
  Result<runtime::ConnectorStateInfo> restart_connector_and_tasks(const runtime::RestartRequest& request) override {
    calls.push_back("restart " + request.connector + (request.only_failed ? " failed" : "") +
                    (request.include_tasks ? " tasks" : ""));
    if (failure) return *failure;
    return connector_status(request.connector);
  }
  Result<void> restart_task(const runtime::ConnectorTaskId& id) override { return simple("restart " + id.to_string()); }
  Result<void> pause_connector(const std::string& name) override { return simple("pause " + name); }
  Result<void> resume_connector(const std::string& name) override { return simple("resume " + name); }
  Result<void> stop_connector(const std::string& name) override { return simple("stop " + name); }
  Result<std::vector<std::string>> active_topics(const std::string&) const override {
    return std::vector<std::string>{"t"};
  }
  Result<void> reset_active_topics(const std::string& name) override { return simple("reset " + name); }
  Result<std::vector<runtime::PartitionOffset>> connector_offsets(const std::string&) override {
    return std::vector<runtime::PartitionOffset>{
        {std::make_shared<const Map>(Map{{"kafka_partition", std::int64_t{0}}, {"kafka_topic", "t"}}),
         std::make_shared<const Map>(Map{{"kafka_offset", std::int64_t{12}}})}};
  }
  Result<std::string> alter_connector_offsets(
      const std::string&, const std::optional<std::vector<runtime::PartitionOffset>>& offsets) override {
    altered = offsets;
    return std::string("done");
  }
  std::vector<PluginInfo> plugins(Plugins which) const override {
    if (which == Plugins::kConnectorsOnly) return {{"A", "sink", "1"}};
    return {{"A", "sink", "1"}, {"B", "converter", ""}};
  }
  Result<std::vector<ConfigKey>> plugin_config(const std::string&, const std::string&) const override {
    ConfigKey key;
    key.name = "k";
    key.required = true;
    return std::vector<ConfigKey>{key};
  }
  Result<runtime::ConfigInfos> validate_connector_config(const RawConfig&) override {
    if (failure) return *failure;
    return runtime::ConfigInfos{"A", 0, {"G"}, {}};
  }
  std::map<std::string, runtime::LoggerLevel> loggers() const override { return {{"root", {"INFO", std::nullopt}}}; }
  std::optional<runtime::LoggerLevel> logger_level(const std::string& name) const override {
    if (name == "root") return runtime::LoggerLevel{"INFO", 5};
    return std::nullopt;
  }
  std::vector<std::string> set_worker_logger_level(const std::string& name, const std::string& level) override {
    return {name, level};
  }
  Result<void> set_cluster_logger_level(const std::string& name, const std::string&) override {
    return simple("cluster " + name);
  }
  Result<void> put_task_configs(const std::string& name, const std::vector<RawConfig>& configs,
                                const runtime::RequestSignature& signature) override {
    return simple("tasks " + name + " " + std::to_string(configs.size()) + " " + signature.authorization.value_or("-") +
                  " " + signature.body);
  }
  Result<void> fence_zombie_source_tasks(const std::string& name, const runtime::RequestSignature&) override {
    return simple("fence " + name);
  }

 private:
  static runtime::ConnectorInfo info(const std::string& name, const RawConfig& config) {
    return {name, config, {{name, 0}}, runtime::ConnectorType::kSource};
  }
  Result<void> simple(const std::string& call) {
    calls.push_back(call);
    if (failure) return *failure;
    return {};
  }
};

runtime::WorkerConfig worker(Props more) {
  more.emplace("key.converter", "x");
  more.emplace("value.converter", "x");
  more.emplace("offset.storage.file.filename", "/x");
  more.emplace("listeners", "http://127.0.0.1:0");
  Result<runtime::WorkerConfig> parsed =
      runtime::WorkerConfig::parse(runtime::WorkerMode::kStandalone, std::move(more), nullptr);
  EXPECT_TRUE(parsed.ok()) << parsed.error().text;
  return std::move(parsed).value();
}

class RestServerTest : public ::testing::Test {
 protected:
  void start(Props more = {}) {
    Result<std::unique_ptr<RestServer>> bound = RestServer::bind(worker(std::move(more)));
    ASSERT_TRUE(bound.ok()) << bound.error().text;
    server_ = std::move(bound).value();
    server_->install(herder_);
  }
  http::Response send(const std::string& method, const std::string& target, const std::string& body = "",
                      std::vector<http::Header> headers = {}) {
    http::ClientRequest request;
    request.method = method;
    request.url = server_->local_url().substr(0, server_->local_url().size() - 1) + target;
    request.body = body;
    request.headers = std::move(headers);
    if (!body.empty() && http::find_header(request.headers, "Content-Type") == nullptr) {
      request.headers.emplace_back("Content-Type", "application/json");
    }
    Result<http::Response> response = http::send(request);
    EXPECT_TRUE(response.ok()) << method << " " << target << ": " << response.error().text;
    return response.ok() ? std::move(response).value() : http::Response{};
  }
  std::string text(const std::string& method, const std::string& target, const std::string& body = "") {
    const http::Response response = send(method, target, body);
    return std::to_string(response.status) + " " + response.body;
  }

  FakeHerder herder_;
  std::unique_ptr<RestServer> server_;
};

TEST_F(RestServerTest, BodiesHaveKafkasFieldOrder) {
  start();
  EXPECT_EQ(text("GET", "/"), R"(200 {"version":"4.1.0","commit":"unknown","kafka_cluster_id":"id"})");
  EXPECT_EQ(text("GET", "/health"), R"(200 {"status":"healthy","message":"ready"})");
  EXPECT_EQ(text("GET", "/connectors/"), R"(200 ["c","d"])");
  EXPECT_EQ(text("GET", "/connectors/c"),
            "200 "
            "{\"name\":\"c\",\"config\":{\"name\":\"c\",\"\u00e4\":\"\\\"x\\\"\\n\"},\"tasks\":[{\"connector\":\"c\","
            "\"task\":0}],"
            "\"type\":\"source\"}");
  EXPECT_EQ(text("GET", "/connectors/c/status"),
            R"(200 {"name":"c","connector":{"state":"RUNNING","worker_id":"h:1","version":"4.1.0"},)"
            R"("tasks":[{"id":0,"state":"FAILED","worker_id":"h:1","version":null,"trace":"boom"}],"type":"sink"})");
  EXPECT_EQ(text("GET", "/connectors/c/offsets"),
            R"(200 {"offsets":[{"partition":{"kafka_partition":0,"kafka_topic":"t"},"offset":{"kafka_offset":12}}]})");
  EXPECT_EQ(text("GET", "/connectors/c/topics"), R"(200 {"c":{"topics":["t"]}})");
  EXPECT_EQ(text("GET", "/connectors/c/tasks"), R"(200 [{"id":{"connector":"c","task":0},"config":{"k":"v"}}])");
  EXPECT_EQ(text("GET", "/connector-plugins?connectorsOnly=false"),
            R"(200 [{"class":"A","type":"sink","version":"1"},{"class":"B","type":"converter"}])");
  EXPECT_EQ(
      text("GET", "/connector-plugins/A/config"),
      R"(200 [{"name":"k","type":"STRING","required":true,"default_value":null,"importance":"MEDIUM","documentation":"",)"
      R"("group":null,"width":"NONE","display_name":"k","dependents":[],"order":-1}])");
  EXPECT_EQ(text("GET", "/admin/loggers/ROOT"), R"(200 {"level":"INFO","last_modified":5})");
}

TEST_F(RestServerTest, ExpandLeavesOutWhatHasNoStatus) {
  start();
  EXPECT_THAT(text("GET", "/connectors?expand=status&expand=info"), StartsWith(R"(200 {"c":{"status":{"name":"c")"));
  EXPECT_EQ(text("GET", "/connectors?expand=nope"), R"(200 {"c":{},"d":{}})");
}

TEST_F(RestServerTest, FrameworkErrors) {
  start();
  EXPECT_EQ(text("GET", "/nope"), R"(404 {"error_code":404,"message":"HTTP 404 Not Found"})");
  EXPECT_EQ(text("GET", "/connectors/c/tasks/x/status"), R"(404 {"error_code":404,"message":"HTTP 404 Not Found"})");
  EXPECT_EQ(text("DELETE", "/connectors"), R"(405 {"error_code":405,"message":"HTTP 405 Method Not Allowed"})");
  EXPECT_EQ(send("POST", "/connectors", "{}", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(send("GET", "/", "", {{"Accept", "text/html"}}).status, 406);
  EXPECT_EQ(send("GET", "/", "", {{"Accept", "text/html, application/*;q=0.5"}}).status, 200);
  const http::Response options = send("OPTIONS", "/connectors");
  EXPECT_EQ(options.status, 200);
  EXPECT_EQ(*http::find_header(options.headers, "Allow"), "GET,HEAD,OPTIONS,POST");
  const http::Response head = send("HEAD", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(*http::find_header(head.headers, "Content-Length"), "62");
}

TEST_F(RestServerTest, CreationAnswersItsLocation) {
  start();
  const http::Response created = send("POST", "/connectors", R"({"name":" a b/c ","config":{"tasks.max":1}})");
  EXPECT_EQ(created.status, 201);
  EXPECT_THAT(*http::find_header(created.headers, "Location"), HasSubstr("/connectors/a%20b%2Fc"));
  EXPECT_THAT(created.body, HasSubstr(R"("config":{"name":"a b/c","tasks.max":"1"})"));
  EXPECT_EQ(send("PUT", "/connectors/c/config", R"({"x":"y"})").status, 200);
  EXPECT_EQ(send("PUT", "/connectors/a%2Fb/config", R"({"x":"y"})").status, 201);
  EXPECT_EQ(herder_.calls.back(), "put a/b");
  EXPECT_EQ(
      text("POST", "/connectors", R"({"name":"a","config":{"name":"b"}})"),
      R"x(400 {"error_code":400,"message":"Connector name configuration (b) doesn't match connector name in the URL (a)"})x");
}

TEST_F(RestServerTest, BadBodiesAreAnswered) {
  start();
  EXPECT_THAT(text("POST", "/connectors", R"({"foo":1})"), HasSubstr("Unrecognized field \\\"foo\\\" (class "));
  EXPECT_THAT(text("PUT", "/connectors/c/config", "[]"), HasSubstr("Cannot deserialize value"));
  EXPECT_THAT(text("PUT", "/connectors/c/config", R"({"a":{}})"), HasSubstr("Cannot deserialize value"));
  EXPECT_THAT(text("PATCH", "/connectors/c/offsets", "[]"), HasSubstr("Cannot deserialize value"));
  EXPECT_THAT(text("PATCH", "/connectors/c/offsets", R"({"offsets":{}})"), HasSubstr("Cannot deserialize value"));
  EXPECT_THAT(text("PATCH", "/connectors/c/offsets", R"({"offsets":[{"partition":[]}]})"),
              HasSubstr("Cannot deserialize value"));
  EXPECT_THAT(text("PATCH", "/connectors/c/offsets", R"({"offsets":[123]})"), HasSubstr("Cannot construct instance"));
  EXPECT_THAT(text("POST", "/connectors", R"({"name":"x","config":{},"initial_state":"X"})"),
              HasSubstr("Cannot construct instance"));
  EXPECT_THAT(text("PUT", "/connectors/c/config", "{\"a\":"), StartsWith("500 "));
  EXPECT_EQ(send("POST", "/connectors").status, 500);
  EXPECT_EQ(
      text("PATCH", "/connectors/c/offsets", "{}"),
      R"(400 {"error_code":400,"message":"Partitions / offsets need to be provided for an alter offsets request"})");
  EXPECT_EQ(send("PUT", "/connectors/c/config", std::string(40u << 20, 'x')).status, 413);
}

TEST_F(RestServerTest, EmptyAnswers) {
  start();
  const http::Response paused = send("PUT", "/connectors/c/pause");
  EXPECT_EQ(paused.status, 202);
  EXPECT_EQ(*http::find_header(paused.headers, "Content-Length"), "0");
  EXPECT_EQ(http::find_header(paused.headers, "Content-Type"), nullptr);
  EXPECT_EQ(text("DELETE", "/connectors/c"), "204 ");
  EXPECT_EQ(text("PUT", "/connectors/c/stop"), "204 ");
  EXPECT_EQ(text("POST", "/connectors/c/restart"), "204 ");
  EXPECT_EQ(text("POST", "/connectors/c/tasks/0/restart"), "204 ");
  EXPECT_THAT(text("POST", "/connectors/c/restart?includeTasks=TRUE"), StartsWith("202 {"));
  EXPECT_EQ(herder_.calls.back(), "restart c tasks");
}

TEST_F(RestServerTest, OffsetsAndLoggersAreParsed) {
  start();
  EXPECT_EQ(text("PATCH", "/connectors/c/offsets", R"({"offsets":[{"partition":{"f":"x"},"offset":null}]})"),
            R"(200 {"message":"done"})");
  ASSERT_TRUE(herder_.altered.has_value());
  EXPECT_EQ(herder_.altered->front().offset, nullptr);
  EXPECT_EQ(*herder_.altered->front().partition, (Map{{"f", "x"}}));
  EXPECT_EQ(text("DELETE", "/connectors/c/offsets"), R"(200 {"message":"done"})");
  EXPECT_FALSE(herder_.altered.has_value());
  EXPECT_EQ(text("PUT", "/admin/loggers/a.b", R"({"level":"debug"})"), R"(200 ["a.b","DEBUG"])");
  EXPECT_EQ(text("PUT", "/admin/loggers/a?scope=cluster", R"({"level":"debug"})"), "204 ");
  EXPECT_EQ(text("PUT", "/admin/loggers/a", R"({"level":"loud"})"),
            R"(404 {"error_code":404,"message":"invalid log level 'loud'."})");
  EXPECT_EQ(text("PUT", "/admin/loggers/a", "{}"),
            R"(400 {"error_code":400,"message":"Desired 'level' parameter was not specified in request."})");
}

TEST_F(RestServerTest, ValidationNamesTheJavaClass) {
  start();
  EXPECT_EQ(text("PUT", "/connector-plugins/AConnector/config/validate", R"({"connector.class":"x.A"})"),
            R"(200 {"name":"A","error_count":0,"groups":["G"],"configs":[]})");
  EXPECT_EQ(text("PUT", "/connector-plugins/A/config/validate", R"({"connector.class":"B"})"),
            R"(400 {"error_code":400,"message":"Included connector type B does not match request type A"})");
  herder_.failure = make_error(Errc::kInvalid, "no");
  herder_.failure->trace = "x.BadRequestException: no";
  EXPECT_EQ(text("PUT", "/connector-plugins/A/config/validate", "{}"),
            R"(500 {"error_code":500,"message":"x.BadRequestException: no"})");
}

TEST_F(RestServerTest, NothingIsServedBeforeTheResourcesAreInstalled) {
  Result<std::unique_ptr<RestServer>> bound = RestServer::bind(worker({}));
  ASSERT_TRUE(bound.ok());
  server_ = std::move(bound).value();
  EXPECT_EQ(send("GET", "/").status, 404);
  server_->install(herder_);
  EXPECT_EQ(send("GET", "/").status, 200);
}

TEST_F(RestServerTest, ATakenPortIsOneSentence) {
  start();
  const std::string url = server_->local_url();
  const std::string port = url.substr(url.rfind(':') + 1, url.size() - url.rfind(':') - 2);
  Result<std::unique_ptr<RestServer>> second = RestServer::bind(worker({{"listeners", "http://127.0.0.1:" + port}}));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().text, "cannot listen on 127.0.0.1:" + port + ": Address already in use");
}

TEST_F(RestServerTest, SlowRequestsDoNotBlockOthers) {
  std::promise<void> open;
  herder_.gate = open.get_future().share();
  start();
  std::vector<std::thread> waiting;
  for (int i = 0; i < 40; ++i) waiting.emplace_back([this] { EXPECT_EQ(send("GET", "/connectors/slow").status, 404); });
  EXPECT_EQ(send("GET", "/").status, 200);
  open.set_value();
  for (std::thread& thread : waiting) thread.join();
}

TEST_F(RestServerTest, AdminListenersTakeTheLoggers) {
  start({{"admin.listeners", ""}});
  EXPECT_EQ(send("GET", "/admin/loggers").status, 404);
  EXPECT_EQ(send("GET", "/connectors").status, 200);
}

TEST_F(RestServerTest, HeadersAndCors) {
  start({{"response.http.headers.config", "set X-A:1"},
         {"access.control.allow.origin", "http://*.example.org"},
         {"access.control.allow.methods", "GET,PUT"}});
  const http::Response response = send("GET", "/", "", {{"Origin", "http://a.example.org"}});
  EXPECT_EQ(*http::find_header(response.headers, "X-A"), "1");
  EXPECT_EQ(*http::find_header(response.headers, "Access-Control-Allow-Origin"), "http://a.example.org");
  EXPECT_EQ(*http::find_header(response.headers, "Vary"), "Origin");
  EXPECT_EQ(
      http::find_header(send("GET", "/", "", {{"Origin", "http://evil.com"}}).headers, "Access-Control-Allow-Origin"),
      nullptr);
  const http::Response preflight = send("OPTIONS", "/connectors", "",
                                        {{"Origin", "http://a.example.org"}, {"Access-Control-Request-Method", "PUT"}});
  EXPECT_EQ(*http::find_header(preflight.headers, "Access-Control-Allow-Methods"), "GET,PUT");
  EXPECT_EQ(*http::find_header(preflight.headers, "Access-Control-Allow-Headers"), "Content-Type");
  EXPECT_EQ(http::find_header(preflight.headers, "Access-Control-Allow-Credentials"), nullptr);
}

TEST_F(RestServerTest, OriginsAreRegularExpressionsInAnyCase) {
  start({{"access.control.allow.origin", "https://(a|b)\\.example, http://c.example"}});
  const auto allowed = [this](const std::string& origin) {
    return http::find_header(send("GET", "/", "", {{"Origin", origin}}).headers, "Access-Control-Allow-Origin") !=
           nullptr;
  };
  EXPECT_TRUE(allowed("https://b.example"));
  EXPECT_TRUE(allowed("HTTPS://A.example"));
  EXPECT_TRUE(allowed("http://C.example"));
  EXPECT_TRUE(allowed("https://a.example http://c.example"));
  EXPECT_FALSE(allowed("https://a.example http://d.example"));
  EXPECT_FALSE(allowed("http://cxexample"));
}

TEST_F(RestServerTest, BasicAuthentication) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("millrace-auth-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "users") << "bob=s3:cret\n";
  std::ofstream(folder / "jaas") << "// comment\nKafkaConnect {\n  org.apache.kafka.connect.rest.basic.auth.extension."
                                    "PropertyFileLoginModule required\n  file=\""
                                 << (folder / "users").string() << "\";\n};\n";
  ::setenv("KAFKA_OPTS", ("-Dx=y -Djava.security.auth.login.config=" + (folder / "jaas").string()).c_str(), 1);
  start({{"rest.extension.classes", BasicAuth::kClass}});
  ::unsetenv("KAFKA_OPTS");
  fs::remove_all(folder);
  EXPECT_EQ(text("GET", "/"), "401 User cannot access the resource.");
  const auto with = [&](const std::string& user) {
    return send("GET", "/", "", {{"Authorization", "Basic " + base64_encode({user.begin(), user.end()})}}).status;
  };
  EXPECT_EQ(with("bob:s3:cret"), 200);
  EXPECT_EQ(with("bob:s3:cre"), 401);
  EXPECT_EQ(with("eve:s3:cret"), 401);
  EXPECT_EQ(send("PUT", "/connectors/c/fence").status, 204) << "requests between workers are signed instead";
}

TEST_F(RestServerTest, AnExtensionThatIsNotThereIsRefused) {
  const auto bound = RestServer::bind(worker({{"rest.extension.classes", "com.x.Other"}}));
  ASSERT_FALSE(bound.ok());
  EXPECT_THAT(bound.error().text, HasSubstr("ConnectRestExtension and which name matches com.x.Other"));
}

TEST_F(RestServerTest, TheAdvertisedUrlFollowsItsSettings) {
  start({{"rest.advertised.host.name", "me.example.org"}, {"rest.advertised.port", "99"}});
  EXPECT_EQ(server_->advertised_url(), "http://me.example.org:99/");
  EXPECT_EQ(server_->worker_id(), "me.example.org:99");
}

// ---------------------------------------------------------------------------------------------------------------------

class ForwardingTest : public ::testing::Test {
 protected:
  http::Response call(const std::string& method, const std::string& target, const std::string& body = "") {
    ResourceOptions options;
    options.patience = patience_;
    options.stopping = &stopping_;
    options.send = [this](const http::ClientRequest& request) -> Result<http::Response> {
      sent_ = request;
      if (tries_++ < refusals_) return Error{.code = Errc::kIo, .text = "Connection refused", .retriable = true};
      return answer_;
    };
    http::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Basic x"}, {"Host", "h:1"}};
    return Resources(herder_, options).handle(request, Scope::kAll);
  }
  FakeHerder herder_;
  std::optional<http::ClientRequest> sent_;
  http::Response answer_{.status = 204, .headers = {}, .body = {}};
  std::chrono::milliseconds patience_{0};
  std::atomic<bool> stopping_{false};
  int tries_ = 0;
  int refusals_ = 0;
};

TEST_F(ForwardingTest, TheLeaderGetsTheRequest) {
  herder_.failure = make_error(Errc::kNotLeader, "Only the leader", "http://leader:8083/");
  EXPECT_EQ(call("DELETE", "/connectors/a%20b").status, 204);
  ASSERT_TRUE(sent_.has_value());
  EXPECT_EQ(sent_->method, "DELETE");
  EXPECT_EQ(sent_->url, "http://leader:8083/connectors/a%20b?forward=true");
  EXPECT_EQ(*http::find_header(sent_->headers, "Authorization"), "Basic x");
  answer_ = {.status = 201, .headers = {}, .body = "{}"};
  const http::Response created = call("POST", "/connectors?forward=true", R"({"name":"n","config":{"a":"b"}})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(*http::find_header(created.headers, "Location"), "http://h:1/connectors/n");
  EXPECT_EQ(sent_->url, "http://leader:8083/connectors?forward=false");
  EXPECT_EQ(sent_->body, R"({"name":"n","config":{"a":"b","name":"n"},"initial_state":null})");
}

TEST_F(ForwardingTest, WhatTheLeaderHasDoneIsKnownHereBeforeTheAnswer) {
  herder_.failure = make_error(Errc::kNotLeader, "Only the leader", "http://leader:8083/");
  EXPECT_EQ(call("PUT", "/connectors/c/stop").status, 204);
  EXPECT_EQ(herder_.catch_ups, 1);
  answer_.status = 409;
  call("PUT", "/connectors/c/stop");
  EXPECT_EQ(herder_.catch_ups, 1);
}

TEST_F(ForwardingTest, RefusalsHaveTheirTexts) {
  herder_.failure = make_error(Errc::kNotLeader, "Only the leader");
  EXPECT_THAT(call("PUT", "/connectors/c/stop").body, HasSubstr("due to no known leader URL"));
  EXPECT_THAT(call("PUT", "/connectors/c/stop?forward=false").body, HasSubstr("because of a conflicting operation"));
  herder_.failure = make_error(Errc::kRebalanceNeeded, "Request cannot be completed because a rebalance is expected");
  EXPECT_EQ(call("PUT", "/connectors/c/stop").status, 409);
  EXPECT_FALSE(sent_.has_value());
}

TEST_F(ForwardingTest, ALeaderThatHasJustGoneIsWaitedFor) {
  patience_ = std::chrono::hours(1);
  refusals_ = 2;
  herder_.failure = make_error(Errc::kNotLeader, "Only the leader", "http://leader:8083/");
  EXPECT_EQ(call("PUT", "/connectors/c/stop").status, 204);
  EXPECT_EQ(tries_, 3);
  // Whoever forwards waits, not the second in the row.
  tries_ = 0;
  EXPECT_EQ(call("PUT", "/connectors/c/stop?forward=true").body,
            R"({"error_code":500,"message":"IO Error trying to forward REST request: Connection refused"})");
  EXPECT_EQ(tries_, 1);
  // Nor does a worker that ends.
  tries_ = 0;
  stopping_ = true;
  EXPECT_EQ(call("PUT", "/connectors/c/stop").status, 500);
  EXPECT_EQ(tries_, 1);
  stopping_ = false;
  // An answer is an answer.
  tries_ = 2;
  answer_ = {.status = 409, .headers = {}, .body = R"({"error_code":409,"message":"Connector c already exists"})"};
  EXPECT_EQ(call("PUT", "/connectors/c/stop").status, 409);
  EXPECT_EQ(tries_, 3);
}

TEST_F(ForwardingTest, ErrorsOfTheOtherWorkerArePassedOn) {
  herder_.failure = make_error(Errc::kNotAssigned, "x", "http://o:1");
  answer_ = {.status = 404, .headers = {}, .body = R"({"error_code":404,"message":"Unknown connector: c"})"};
  const http::Response response = call("POST", "/connectors/c/restart?onlyFailed=true");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, answer_.body);
  EXPECT_EQ(sent_->url, "http://o:1/connectors/c/restart?forward=true&includeTasks=false&onlyFailed=true");
}

}  // namespace
}  // namespace millrace::rest
