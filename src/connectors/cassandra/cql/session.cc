#include "connectors/cassandra/cql/session.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "connectors/cassandra/cql/cluster.h"
#include "connectors/cassandra/cql/values.h"

namespace millrace::cassandra::cql {

namespace {

/// "host", "host:port", "[v6]:port" or a bare v6 address, as endpoints; several when a name has several addresses.
std::vector<Endpoint> endpoints_of(const std::string& item, std::uint16_t default_port) {
  std::string host = item;
  std::uint16_t port = default_port;
  const auto parse_port = [&](const std::string& text) {
    try {
      const int number = std::stoi(text);
      if (number > 0 && number <= 65535) port = static_cast<std::uint16_t>(number);
    } catch (const std::exception&) {
      throw CqlError(CqlError::Kind::kConnect,
                     "contact point \"" + item + "\" has no valid port: write host or host:port");
    }
  };
  if (item.starts_with("[")) {
    const auto end = item.find(']');
    if (end == std::string::npos)
      throw CqlError(CqlError::Kind::kConnect, "contact point \"" + item + "\" lacks the closing ]");
    host = item.substr(1, end - 1);
    if (end + 1 < item.size() && item[end + 1] == ':') parse_port(item.substr(end + 2));
  } else if (std::count(item.begin(), item.end(), ':') == 1) {
    const auto colon = item.find(':');
    host = item.substr(0, colon);
    parse_port(item.substr(colon + 1));
  }
  std::vector<Endpoint> out;
  for (auto& address : resolve_host(host)) out.push_back({std::move(address), port, host});
  return out;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

CqlError server_failure(const ServerError& error, const std::string& where) {
  std::string text = error.message;
  text += std::string(" (") + error_name(error.code);
  if (error.code == error_code::kWriteTimeout || error.code == error_code::kReadTimeout) {
    text += ", " + std::to_string(error.received) + " of " + std::to_string(error.required) + " replicas answered";
  }
  return {error, text + ", node " + where + ")"};
}

}  // namespace

struct Session::Impl {
  explicit Impl(SessionConfig c) : config(std::move(c)), loop("cql") {}

  SessionConfig config;
  std::unique_ptr<Cluster> cluster;
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> repreparations{0};
  bool closed = false;  // loop thread
  Loop loop;            // last: its thread uses the rest

  /// One request on its way through the nodes of its plan.
  struct Job {
    std::shared_ptr<const Statement> statement;
    std::optional<std::int64_t> token;
    std::function<void(Outcome)> done;
    std::vector<NodePtr> plan;
    std::size_t next = 0;
    bool waited = false;
    bool repeated = false;  // "same node once" and "next node once" of the retry table
    std::size_t prepares = 0;
    std::optional<CqlError> last;
  };
  using JobPtr = std::shared_ptr<Job>;

  void begin(const JobPtr& job) {
    if (closed) return job->done(CqlError(CqlError::Kind::kStopped, "the session is closed"));
    job->plan = cluster->plan(job->token);
    job->next = 0;
    run(job);
  }

  void run(const JobPtr& job) {
    if (closed) return job->done(CqlError(CqlError::Kind::kStopped, "the session is closed"));
    bool busy = false;
    while (job->next < job->plan.size()) {
      const auto node = job->plan[job->next++];
      if (!node->ready()) continue;
      if (node->connection->has_room()) return send(job, node);
      busy = true;
    }
    const bool connection_problem =
        !job->last || job->last->kind() == CqlError::Kind::kLost || job->last->kind() == CqlError::Kind::kConnect;
    if (!connection_problem) return job->done(*job->last);
    if (busy)
      return job->done(CqlError(CqlError::Kind::kNoHost, "every connection has as many requests under way as it may"));
    if (job->last && job->statement->idempotence == Idempotence::kNotIdempotent) return job->done(*job->last);
    if (job->waited) return job->done(no_host());
    job->waited = true;
    cluster->await_connection([this, job](bool ok) {
      if (!ok) return job->done(closed ? CqlError(CqlError::Kind::kStopped, "the session is closed") : no_host());
      begin(job);
    });
  }

  CqlError no_host() const {
    return {CqlError::Kind::kNoHost, "no node of Cassandra can be reached: " + cluster->errors()};
  }

  void send(const JobPtr& job, const NodePtr& node) {
    const auto& st = *job->statement;
    const auto connection = node->connection;
    const auto version = connection->version();
    Opcode opcode = Opcode::kQuery;
    std::string body;
    try {
      if (!st.batch.empty()) {
        opcode = Opcode::kBatch;
        std::vector<BatchEntry> entries;
        std::vector<std::shared_ptr<const Prepared>> infos;  // hold the ids
        entries.reserve(st.batch.size());
        const PreparedStatement* last = nullptr;
        for (const auto& entry : st.batch) {
          if (entry.prepared.get() != last) infos.push_back(entry.prepared->info());
          last = entry.prepared.get();
          entries.push_back({infos.back()->id, &entry.values});
        }
        body = batch_body(version, entries, st.params.consistency, st.params.timestamp_us);
      } else if (st.prepared) {
        opcode = Opcode::kExecute;
        const auto info = st.prepared->info();
        body = execute_body(version, info->id, info->metadata_id, st.params);
      } else {
        body = query_body(version, st.cql, st.params);
      }
    } catch (const std::length_error& error) {
      return job->done(CqlError(CqlError::Kind::kProtocol, error.what()));
    }
    connection->request(opcode, body, config.request_timeout,
                        [this, job, node](Outcome outcome) { answered(job, node, std::move(outcome)); });
  }

  void retry_next(const JobPtr& job) {
    ++retries;
    run(job);
  }

  void answered(const JobPtr& job, const NodePtr& node, Outcome outcome) {
    const bool idempotent = job->statement->idempotence == Idempotence::kIdempotent;
    if (auto* failure = std::get_if<CqlError>(&outcome)) {
      if (closed) return job->done(CqlError(CqlError::Kind::kStopped, "the session is closed"));
      job->last = *failure;
      const bool next = failure->kind() == CqlError::Kind::kLost || failure->kind() == CqlError::Kind::kTimeout;
      if (next && idempotent) return retry_next(job);
      return job->done(std::move(outcome));
    }
    auto& response = std::get<Response>(outcome);
    auto* error = std::get_if<ServerError>(&response);
    if (error == nullptr) {
      if (auto* rows = std::get_if<Rows>(&response)) adopt_metadata(job, *rows);
      return job->done(std::move(outcome));
    }
    job->last = server_failure(*error, node->endpoint.text());
    // Behaviour: the retry table of Cassandra's own drivers.
    switch (error->code) {
      case error_code::kUnprepared: return prepare_again(job, node, *error);
      case error_code::kReadTimeout:
        if (error->received < error->required || error->data_present || job->repeated) break;
        return repeat(job, node);
      case error_code::kWriteTimeout:
        if (error->write_type != "BATCH_LOG" || !idempotent || job->repeated) break;
        return repeat(job, node);
      case error_code::kUnavailable:
        if (job->repeated) break;
        job->repeated = true;
        return retry_next(job);
      case error_code::kBootstrapping: return retry_next(job);
      case error_code::kServerError:
      case error_code::kOverloaded:
      case error_code::kTruncateError:
        if (!idempotent) break;
        return retry_next(job);
      default: break;
    }
    job->done(*job->last);
  }

  void repeat(const JobPtr& job, const NodePtr& node) {
    job->repeated = true;
    ++retries;
    if (node->ready()) return send(job, node);
    run(job);
  }

  /// Rows without metadata belong to the prepared columns; a new metadata id is kept for the next request.
  static void adopt_metadata(const JobPtr& job, Rows& rows) {
    if (!job->statement->prepared) return;
    const auto info = job->statement->prepared->info();
    if (!rows.columns()) rows.set_columns(info->result_columns);
    if (rows.metadata().new_metadata_id.empty()) return;
    auto fresh = std::make_shared<Prepared>(*info);
    fresh->metadata_id = rows.metadata().new_metadata_id;
    fresh->result_columns = rows.columns();
    job->statement->prepared->set_info(std::move(fresh));
  }

  void prepare_again(const JobPtr& job, const NodePtr& node, const ServerError& error) {
    const auto& st = *job->statement;
    PreparedPtr forgotten = st.prepared;
    for (const auto& entry : st.batch) {
      if (entry.prepared->info()->id == error.unprepared_id) forgotten = entry.prepared;
    }
    if (!forgotten || !node->ready() || ++job->prepares > st.batch.size() + 2) return job->done(*job->last);
    ++repreparations;
    node->connection->request(
        Opcode::kPrepare, prepare_body(node->connection->version(), forgotten->cql()), config.request_timeout,
        [this, job, node, forgotten](Outcome outcome) {
          if (auto* failure = std::get_if<CqlError>(&outcome)) {
            job->last = *failure;
            return failure->kind() == CqlError::Kind::kLost ? retry_next(job) : job->done(*failure);
          }
          auto& response = std::get<Response>(outcome);
          if (auto* refused = std::get_if<ServerError>(&response))
            return job->done(server_failure(*refused, node->endpoint.text()));
          if (auto* prepared = std::get_if<Prepared>(&response)) {
            forgotten->set_info(std::make_shared<const Prepared>(std::move(*prepared)));
            if (node->ready()) return send(job, node);
            return run(job);
          }
          job->done(CqlError(CqlError::Kind::kProtocol,
                             "node " + node->endpoint.text() + " answers PREPARE with something else"));
        });
  }

  /// PREPARE on the nodes of a plan, first to last.
  void prepare_on(const std::shared_ptr<std::vector<NodePtr>>& plan, std::size_t at, const std::string& cql,
                  bool waited, std::optional<CqlError> last, std::function<void(Outcome)> done) {
    if (closed) return done(CqlError(CqlError::Kind::kStopped, "the session is closed"));
    while (at < plan->size() && !(*plan)[at]->ready()) ++at;
    if (at >= plan->size()) {
      if (waited) return done(last ? *last : no_host());
      cluster->await_connection([this, cql, last, done = std::move(done)](bool ok) mutable {
        if (!ok) return done(no_host());
        prepare_on(std::make_shared<std::vector<NodePtr>>(cluster->plan({})), 0, cql, true, last, std::move(done));
      });
      return;
    }
    const auto node = (*plan)[at];
    node->connection->request(Opcode::kPrepare, prepare_body(node->connection->version(), cql), config.request_timeout,
                              [this, plan, at, cql, waited, node, done = std::move(done)](Outcome outcome) mutable {
                                std::optional<CqlError> failure;
                                if (auto* error = std::get_if<CqlError>(&outcome))
                                  failure = *error;
                                else if (auto* refused = std::get_if<ServerError>(&std::get<Response>(outcome)))
                                  failure = server_failure(*refused, node->endpoint.text());
                                if (!failure) return done(std::move(outcome));
                                if (failure->transient())
                                  return prepare_on(plan, at + 1, cql, waited, failure, std::move(done));
                                done(*failure);
                              });
  }

  template <class T>
  T on_loop(std::function<T()> function) {
    std::promise<T> promise;
    loop.post([&] { promise.set_value(function()); });
    return promise.get_future().get();
  }
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<Session> Session::connect(SessionConfig config) {
  TransportTls tls;
  if (config.tls) tls = {make_tls_context(*config.tls), config.tls->verify_hostname};
  std::vector<Endpoint> contacts;
  std::string unresolved;
  for (const auto& raw : config.contact_points) {
    const std::string item = trimmed(raw);
    if (item.empty()) continue;
    const auto found = endpoints_of(item, config.port);
    if (found.empty()) {
      unresolved += (unresolved.empty() ? "" : ", ") + item;
      if (config.log_warn) config.log_warn("Contact point " + item + " cannot be resolved and is left out.");
    }
    contacts.insert(contacts.end(), found.begin(), found.end());
  }
  if (contacts.empty()) {
    throw CqlError(CqlError::Kind::kConnect, unresolved.empty() ? "no contact point is given"
                                                                : "no contact point can be resolved: " + unresolved);
  }
  auto impl = std::make_unique<Impl>(std::move(config));
  impl->cluster = std::make_unique<Cluster>(impl->loop, impl->config, std::move(contacts), std::move(tls));
  auto started = std::make_shared<std::promise<std::optional<CqlError>>>();
  impl->loop.post([&cluster = *impl->cluster, started] {
    cluster.start([started](const CqlError* failure) {
      started->set_value(failure != nullptr ? std::optional<CqlError>(*failure) : std::nullopt);
    });
  });
  const auto failure = started->get_future().get();
  std::unique_ptr<Session> session(new Session(std::move(impl)));
  if (failure) throw *failure;
  return session;
}

Session::~Session() {
  std::promise<void> closed;
  impl_->loop.post([this] {
    impl_->closed = true;
    impl_->cluster->close();
  });
  // What was posted before or while closing runs first, so every callback has its outcome.
  impl_->loop.post([this, &closed] { impl_->loop.post([&closed] { closed.set_value(); }); });
  closed.get_future().get();
}

void Session::execute(Statement statement, std::function<void(Outcome)> done) {
  execute(std::make_shared<const Statement>(std::move(statement)), std::move(done));
}

void Session::execute(std::shared_ptr<const Statement> statement, std::function<void(Outcome)> done) {
  auto job = std::make_shared<Impl::Job>();
  job->statement = std::move(statement);
  job->done = std::move(done);
  const auto& st = *job->statement;
  job->token = st.routing_token;
  if (st.prepared && !st.routing_token) {
    const auto info = st.prepared->info();
    std::vector<std::string_view> key;
    for (const auto index : info->partition_key_indexes) {
      if (index >= st.params.values.size() || st.params.values[index].kind != BoundValue::Kind::kBytes) break;
      key.emplace_back(st.params.values[index].bytes);
    }
    if (key.size() == info->partition_key_indexes.size()) job->token = key_token(key);
  }
  impl_->loop.post([impl = impl_.get(), job] { impl->begin(job); });
}

Response Session::execute_blocking(Statement statement) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto future = promise->get_future();
  execute(std::move(statement), [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  Outcome outcome = future.get();
  if (auto* error = std::get_if<CqlError>(&outcome)) throw *error;
  auto& response = std::get<Response>(outcome);
  if (std::holds_alternative<SchemaChange>(response)) await_schema_agreement();
  return std::move(response);
}

Rows Session::query(const std::string& cql) {
  Statement statement;
  statement.cql = cql;
  Response response = execute_blocking(std::move(statement));
  if (auto* rows = std::get_if<Rows>(&response)) return std::move(*rows);
  return {};
}

PreparedPtr Session::prepare(const std::string& cql) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto future = promise->get_future();
  impl_->loop.post([impl = impl_.get(), cql, promise] {
    impl->prepare_on(std::make_shared<std::vector<NodePtr>>(impl->cluster->plan({})), 0, cql, false, {},
                     [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  });
  Outcome outcome = future.get();
  if (auto* error = std::get_if<CqlError>(&outcome)) throw *error;
  auto* prepared = std::get_if<Prepared>(&std::get<Response>(outcome));
  if (prepared == nullptr) throw CqlError(CqlError::Kind::kProtocol, "PREPARE is answered with something else");
  return std::make_shared<PreparedStatement>(cql, std::make_shared<const Prepared>(std::move(*prepared)));
}

std::vector<std::int64_t> Session::ring_tokens() {
  return impl_->on_loop<std::vector<std::int64_t>>([this] { return impl_->cluster->tokens(); });
}

std::uint8_t Session::protocol_version() const {
  return impl_->on_loop<std::uint8_t>([this] { return impl_->cluster->version(); });
}

bool Session::murmur3() const {
  return impl_->on_loop<bool>([this] { return impl_->cluster->murmur3(); });
}

Session::Counters Session::counters() {
  const auto reconnections = impl_->on_loop<std::uint64_t>([this] { return impl_->cluster->reconnections(); });
  return {impl_->retries, impl_->repreparations, reconnections};
}

bool Session::await_schema_agreement(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    std::set<std::string> versions;
    for (const char* cql :
         {"SELECT schema_version FROM system.local WHERE key='local'", "SELECT schema_version FROM system.peers"}) {
      Rows rows = query(cql);
      std::vector<Cell> cells;
      while (rows.next(cells)) {
        if (!cells[0].is_null()) versions.emplace(cells[0].bytes());
      }
    }
    if (versions.size() <= 1) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace millrace::cassandra::cql
