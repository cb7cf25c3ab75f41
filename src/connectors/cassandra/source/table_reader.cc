#include "connectors/cassandra/source/table_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "connectors/cassandra/cql/values.h"
#include "connectors/cassandra/cql/wire.h"
#include "millrace/errors.h"

namespace millrace::cassandra {

namespace {

constexpr const char* kPartitionKey = "connect.cassandra.assigned.tables";
constexpr const char* kResumeKey = "lo";
constexpr const char* kTokenKey = "token";
constexpr const char* kDoneKey = "done";
constexpr std::size_t kMaxBuckets = 1000;
constexpr std::chrono::milliseconds kFirstRetry{1000};

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

OffsetMap map_of(std::initializer_list<Map::Entry> entries) { return std::make_shared<const Map>(Map(entries)); }

std::int64_t unit_ms(BucketUnit unit) {
  switch (unit) {
    case BucketUnit::kDay: return 86400000;
    case BucketUnit::kHour: return 3600000;
    case BucketUnit::kMinute: return 60000;
    default: return 1000;
  }
}

RecordShape shape_of(const Route& route, const SourceSettings& settings, const SelectText& text) {
  RecordShape shape;
  shape.topic = route.kcql.target;
  if (settings.named_schema) {
    shape.schema_name = settings.keyspace + "." + route.kcql.source;
    std::replace(shape.schema_name.begin(), shape.schema_name.end(), '-', '.');
  }
  shape.ignored = text.ignored;
  shape.unwrap = route.kcql.unwrap;
  shape.json = route.kcql.unwrap && route.kcql.format == "JSON";
  shape.with_key = route.kcql.with_key;
  shape.key_delimiter = route.kcql.key_delimiter.value_or(",");
  return shape;
}

bool page_too_slow(const cql::CqlError& error) {
  return error.kind() == cql::CqlError::Kind::kTimeout || error.is_server(cql::error_code::kReadTimeout) ||
         error.is_server(cql::error_code::kReadFailure);
}

}  // namespace

OffsetMap TableReader::partition_of(const std::string& table) { return map_of({{Value(kPartitionKey), Value(table)}}); }

TableReader::TableReader(cql::Session& session, const SourceSettings& settings, const Route& route,
                         const cql::TableInfo& table, std::string connector, OffsetMap stored,
                         std::function<void()> wake)
    : session_(session),
      settings_(settings),
      route_(route),
      table_(table),
      connector_(std::move(connector)),
      log_(logger(kLoggerName)),
      text_(select_text(route, settings, table)),
      converter_(shape_of(route, settings, text_), settings.types),
      partition_(partition_of(route.kcql.source)),
      offset_key_(route.pk) {
  if (route.mode == ImportMode::kBulk) parallelism_ = settings.bulk_parallelism;
  if (!text_.window_range.empty()) parallelism_ = settings.window_parallelism;
  prepare();
  const auto initial = parse_offset_text(settings.initial_offset, settings.zone).value_or(0);
  bulk_offset_ = map_of({{Value(offset_key_), Value(offset_text(initial, settings.zone))}});
  bulk_done_offset_ =
      map_of({{Value(offset_key_), Value(offset_text(initial, settings.zone))}, {Value(kDoneKey), Value(true)}});
  earliest_ = initial;
  if (route.mode != ImportMode::kBulk && route.mode != ImportMode::kToken) start_window(initial);
  if (stored) restore(stored);

  for (std::int32_t i = 0; i < parallelism_; ++i) {
    Lane lane;
    lane.stream = std::make_unique<cql::PageStream>(session_, wake);
    lanes_.push_back(std::move(lane));
  }
  if (parallelism_ > 1) ranges_ = cql::split_ring(session.ring_tokens(), static_cast<std::size_t>(8 * parallelism_));
}

void TableReader::prepare() {
  const auto mode = route_.mode;
  const bool ranges = parallelism_ > 1;
  if ((ranges || mode == ImportMode::kToken) && !session_.murmur3()) {
    throw ConfigError("Reading table " + name() +
                      " by token needs Murmur3Partitioner, which this cluster does not use.");
  }
  const bool timed = mode != ImportMode::kBulk && mode != ImportMode::kToken;
  std::string range_text;
  if (ranges) range_text = timed ? text_.window_range : text_.range;
  if (mode == ImportMode::kToken) range_text = text_.after_token;
  statement_text_ = timed ? text_.window : text_.bulk;
  log_.info("The increment mode is " + std::string(name_of(mode)));
  log_.info("Generated CQL: " + (range_text.empty() ? statement_text_ : range_text));
  if (statement_text_.ends_with("ALLOW FILTERING")) {
    log_.warn(
        "Each window makes the nodes scan all of table " + name() +
        ". Where that takes too long, use INCREMENTALMODE=BUCKETTIMESERIES, or spread the scan over the nodes with "
        "connect.cassandra.window.parallelism.");
  }
  try {
    prepared_ = session_.prepare(statement_text_);
    if (!range_text.empty()) prepared_range_ = session_.prepare(range_text);
  } catch (const cql::CqlError& error) {
    throw ConnectError("Table " + name() + " cannot be read: " + error.what());
  }
}

void TableReader::start_window(std::int64_t lo) {
  window_.emplace(lo, settings_.slice, settings_.slice_delay, settings_.zone,
                  static_cast<std::uint64_t>(settings_.slice_target_rows));
}

void TableReader::restore(const OffsetMap& stored) {
  const Value* known = stored->find(offset_key_);
  log_.info("Recovered offset " + (known != nullptr ? *known : Value(stored)).to_string() + " for connector " +
            connector_);
  const Value* done = stored->find(kDoneKey);
  if (settings_.bulk_once && done != nullptr && done->kind() == ValueKind::kBool) exhausted_ = done->as_bool();
  if (route_.mode == ImportMode::kToken) {
    if (const Value* token = stored->find(kTokenKey); token != nullptr && token->is_integer()) {
      token_ = token->integer();
    } else if (const Value* text = stored->find(offset_key_);
               text != nullptr && text->kind() == ValueKind::kString && text_.partition_key.size() == 1) {
      // Written by the original: the key itself, a uuid.
      if (const auto uuid = cql::parse_uuid(text->as_string())) token_ = cql::murmur3_token(*uuid);
    }
    complete_token_ = token_;
    return;
  }
  if (!window_) return;
  std::optional<std::int64_t> start;
  if (const Value* lo = stored->find(kResumeKey); lo != nullptr && lo->kind() == ValueKind::kString)
    start = cql::parse_instant(lo->as_string());
  if (!start) {
    const Value* text = stored->find(offset_key_);
    if (text != nullptr && text->kind() == ValueKind::kString)
      start = parse_offset_text(text->as_string(), settings_.zone);
  }
  if (!start) {
    throw ConnectError("The stored offset " + Value(stored).to_string() + " of table " + name() +
                       " has no time under \"" + offset_key_ + "\": reset or alter the connector's offsets.");
  }
  start_window(*start);
  seen_is_complete_ = false;
}

TableReader::Clock::time_point TableReader::next_action() const {
  if (exhausted_) return Clock::time_point::max();
  if (!running_) return due_;
  auto next = Clock::time_point::max();
  for (const auto& lane : lanes_) {
    if (lane.retry_at) next = std::min(next, *lane.retry_at);
  }
  return next;
}

void TableReader::advance(Clock::time_point now) {
  if (exhausted_) return;
  if (!running_ && (now < due_ || !begin(now))) return;
  for (auto& lane : lanes_) {
    if (lane.retry_at) {
      if (now < *lane.retry_at) continue;
      lane.retry_at.reset();
      lane.stream->retry(lane.page_size);
    }
    if (lane.has_rows() || lane.stream->idle()) continue;
    lane.stream->want_next();
    if (auto arrived = lane.stream->take()) {
      if (auto* error = std::get_if<cql::CqlError>(&*arrived)) {
        failed(lane, *error, now);
        continue;
      }
      failures_ = 0;
      lane.page = std::move(std::get<cql::Rows>(*arrived));
      if (!lane.page->columns())
        throw ConnectError("Cassandra sent rows of table " + name() + " without their columns.");
      converter_.use(lane.page->columns());
    }
    if (!lane.has_rows() && lane.stream->finished()) {
      lane.stream->reset();
      if (auto next = next_statement()) start_lane(lane, std::move(*next));
    }
  }
}

/// Plans the next query and starts it; false when there is nothing to ask for now.
bool TableReader::begin(Clock::time_point now) {
  rows_ = 0;
  next_range_ = 0;
  single_given_ = false;
  if (window_) {
    if (!window_->next(now_ms())) {
      due_ = now + settings_.poll_interval;
      return false;
    }
    if (route_.mode == ImportMode::kBuckets) {
      const auto unit = unit_ms(*settings_.bucket_unit);
      window_->shorten(query_lo() + unit * static_cast<std::int64_t>(kMaxBuckets));
    }
  }
  running_ = true;
  started_ = now;
  for (auto& lane : lanes_) {
    auto first = next_statement();
    if (!first) break;
    start_lane(lane, std::move(*first));
  }
  return true;
}

cql::Statement TableReader::statement(const cql::PreparedPtr& prepared, std::vector<std::string> values) const {
  cql::Statement out;
  out.prepared = prepared;
  out.params.consistency = settings_.consistency;
  for (auto& value : values) out.params.values.push_back(cql::BoundValue::of(std::move(value)));
  std::int32_t page = settings_.fetch_size;
  if (route_.mode == ImportMode::kToken && route_.kcql.batch)
    page = static_cast<std::int32_t>(std::min<std::int64_t>(*route_.kcql.batch, page));
  out.params.page_size = std::max(1, std::min(page, settings_.buffer_size / parallelism_));
  return out;
}

std::optional<cql::Statement> TableReader::next_statement() {
  if (!ranges_.empty()) {
    if (next_range_ >= ranges_.size()) return std::nullopt;
    const auto range = ranges_[next_range_++];
    std::vector<std::string> values{cql::encode_i64(range.start), cql::encode_i64(range.end)};
    if (window_) {
      values.push_back(cql::encode_i64(query_lo()));
      values.push_back(cql::encode_i64(window_->hi()));
    }
    auto out = statement(prepared_range_, std::move(values));
    out.routing_token = range.end;
    return out;
  }
  if (std::exchange(single_given_, true)) return std::nullopt;
  switch (route_.mode) {
    case ImportMode::kBulk: return statement(prepared_, {});
    case ImportMode::kToken:
      if (!token_) return statement(prepared_, {});
      return statement(prepared_range_, {cql::encode_i64(*token_)});
    case ImportMode::kBuckets: {
      cql::Writer list;
      const auto names = buckets();
      list.i32(static_cast<std::int32_t>(names.size()));
      for (const auto& bucket : names) list.bytes(bucket);
      return statement(prepared_, {cql::encode_i64(query_lo()), cql::encode_i64(window_->hi()), list.take()});
    }
    case ImportMode::kDseSearch:
      return statement(prepared_, {"{\"q\": \"" + text_.pk + ":{" + cql::instant_text(query_lo()) + " TO " +
                                   cql::instant_text(window_->hi()) + "]\", \"sort\":\"" + text_.pk +
                                   " asc\", \"paging\":\"driver\"}"});
    default: return statement(prepared_, {cql::encode_i64(query_lo()), cql::encode_i64(window_->hi())});
  }
}

/// Where the window's query begins: before the window where windows overlap.
std::int64_t TableReader::query_lo() const {
  const auto lo = window_->lo();
  const auto overlap = settings_.slice_overlap.count();
  if (overlap == 0 || lo <= earliest_) return lo;
  return lo - std::min(overlap, lo - earliest_);
}

std::vector<std::string> TableReader::buckets() const {
  std::vector<std::string> out;
  const auto unit = unit_ms(*settings_.bucket_unit);
  for (std::int64_t at = query_lo(); at <= window_->hi(); at += unit)
    out.push_back(bucket_text(at, settings_.bucket_format));
  auto last = bucket_text(window_->hi(), settings_.bucket_format);
  if (out.back() != last) out.push_back(std::move(last));
  return out;
}

/// " with bindings (2018-03-09T16:12:32.584Z, ...)" of the time modes, for the log.
std::string TableReader::bindings() const {
  if (!window_) return {};
  return " with bindings (" + cql::instant_text(query_lo()) + ", " + cql::instant_text(window_->hi()) + ")";
}

void TableReader::start_lane(Lane& lane, cql::Statement st) {
  lane.page.reset();
  lane.retry_at.reset();
  lane.page_size = st.params.page_size;
  if (log_.enabled(Logger::Level::kDebug))
    log_.debug("Connector " + connector_ + " query " + st.prepared->cql() + " executing" + bindings() + ".");
  const bool room_for_two =
      static_cast<std::int64_t>(st.params.page_size) * 2 * static_cast<std::int64_t>(lanes_.size()) <=
      settings_.buffer_size;
  lane.stream->start(std::move(st), room_for_two ? cql::PageStream::Prefetch::kOn : cql::PageStream::Prefetch::kOff);
}

void TableReader::failed(Lane& lane, const cql::CqlError& error, Clock::time_point now) {
  const std::string what = "Reading table " + name() + " failed: " + error.what();
  if (!error.transient()) {
    if (settings_.error_policy != ErrorPolicy::kNoop) throw ConnectError(what);
    log_.warn("Connector " + connector_ + " error querying " + table_.name + ". " + what +
              " Error policy NOOP: tried again after the poll interval.");
    for (auto& other : lanes_) {
      other.stream->cancel();
      other.page.reset();
      other.retry_at.reset();
    }
    held_.reset();
    running_ = false;
    due_ = now + settings_.poll_interval;
    return;
  }
  ++failures_;
  const bool limited = settings_.error_policy != ErrorPolicy::kNoop && settings_.max_retries >= 0;
  if (limited && failures_ > settings_.max_retries) {
    throw ConnectError(what + " (given up after " + std::to_string(settings_.max_retries) +
                       " repetitions, connect.cassandra.max.retries)");
  }
  std::chrono::milliseconds wait = settings_.retry_interval;
  if (settings_.error_policy == ErrorPolicy::kThrow) {
    wait = std::min(wait, std::chrono::milliseconds(kFirstRetry.count() << std::min<std::int64_t>(failures_ - 1, 10)));
  } else if (settings_.error_policy == ErrorPolicy::kNoop) {
    wait = std::max(settings_.poll_interval, kFirstRetry);
  }
  if (page_too_slow(error)) lane.page_size = std::max(1, lane.page_size / 2);
  log_.warn("Connector " + connector_ + " error querying " + table_.name + ". " + what +
            " The page is asked for again in " + std::to_string(wait.count()) + " ms.");
  lane.retry_at = now + wait;
}

void TableReader::find_key_cells(const cql::Rows& page) {
  if (page.columns() == key_columns_) return;
  key_columns_ = page.columns();
  key_cells_.clear();
  if (route_.mode == ImportMode::kToken) {
    for (const auto& key : text_.partition_key) key_cells_.push_back(page.index_of(key));
  } else if (window_) {
    key_cells_.push_back(page.index_of(text_.pk));
  }
}

void TableReader::drain(std::vector<SourceRecord>& out, std::size_t max, Clock::time_point now) {
  if (!running_) return;
  const std::size_t limit = out.size() + max;
  for (auto& lane : lanes_) {
    while (lane.has_rows() && out.size() < limit) take_row(lane, out);
    if (out.size() >= limit) return;
  }
  if (!all_lanes_done()) return;
  if (held_) release(Position::kLast, out);
  finish(now);
}

void TableReader::take_row(Lane& lane, std::vector<SourceRecord>& out) {
  lane.page->next(cells_);
  // Lanes may be at different pages while columns change; both are a pointer comparison otherwise.
  converter_.use(lane.page->columns());
  find_key_cells(*lane.page);
  if (window_ && settings_.slice_overlap.count() > 0 && !is_new(row_time(cells_))) return;
  ++rows_;
  try {
    emit(converter_.convert(cells_), cells_, out);
  } catch (const DataError& error) {
    if (settings_.error_policy != ErrorPolicy::kNoop) throw;
    log_.warn(std::string("Error policy NOOP: row left out. ") + error.what());
  }
}

void TableReader::emit(SourceRecord record, const std::vector<cql::Cell>& cells, std::vector<SourceRecord>& out) {
  record.source_partition = partition_;
  if (route_.mode == ImportMode::kBulk && !settings_.bulk_once) {
    record.source_offset = bulk_offset_;
    out.push_back(std::move(record));
    return;
  }
  Held next{std::move(record), 0, 0, {}};
  if (route_.mode == ImportMode::kToken) {
    std::vector<std::string_view> key;
    for (const auto index : key_cells_)
      key.push_back(cells[index].is_null() ? std::string_view() : cells[index].bytes());
    next.token = cql::murmur3_token(cql::partition_key_bytes(key));
    next.uuid = pk_uuid(cells);
  } else if (window_) {
    next.time_ms = row_time(cells);
  }
  if (held_) {
    if (next.token != held_->token) complete_token_ = held_->token;
    release(Position::kMiddle, out);
  }
  held_ = std::move(next);
}

/// The row's time in the mode column.
std::int64_t TableReader::row_time(const std::vector<cql::Cell>& cells) const {
  const auto index = key_cells_.front();
  if (index == cql::Rows::npos || cells[index].is_null()) return window_->lo();
  const auto bytes = cells[index].bytes();
  if (text_.pk_type.id == cql::TypeId::kTimeuuid) return cql::timeuuid_ms(bytes).value_or(window_->lo());
  return cql::decode_i64(bytes);
}

/// TOKEN: the mode column as the original stores it; empty unless it is a uuid.
std::string TableReader::pk_uuid(const std::vector<cql::Cell>& cells) const {
  const auto* column = table_.column(text_.pk);
  if (column == nullptr || (column->type != "uuid" && column->type != "timeuuid")) return {};
  const auto place = std::find(text_.partition_key.begin(), text_.partition_key.end(), text_.pk);
  if (place == text_.partition_key.end()) return {};
  const auto index = key_cells_[static_cast<std::size_t>(place - text_.partition_key.begin())];
  if (index == cql::Rows::npos || cells[index].is_null() || cells[index].bytes().size() != 16) return {};
  return cql::uuid_text(cells[index].bytes());
}

/// Whether the row at hand was not handed out before: each row of the window itself is new, one of the overlap may be late.
bool TableReader::is_new(std::int64_t time_ms) {
  const bool fresh = seen_.add(cells_, time_ms);
  if (time_ms > window_->lo()) return true;
  if (fresh) ++late_rows_;
  return fresh;
}

/// Hands out the record that was kept back until it was known whether another one follows.
void TableReader::release(Position position, std::vector<SourceRecord>& out) {
  Held held = std::move(*held_);
  held_.reset();
  auto& record = held.record;
  const bool last = position == Position::kLast;
  if (route_.mode == ImportMode::kBulk) {
    record.source_offset = last ? bulk_done_offset_ : bulk_offset_;
  } else if (route_.mode == ImportMode::kToken) {
    if (last) complete_token_ = held.token;
    // No row has the smallest token: it stands for "nothing is complete yet".
    record.source_offset =
        map_of({{Value(offset_key_), Value(std::move(held.uuid))},
                {Value(kTokenKey), Value(complete_token_.value_or(std::numeric_limits<std::int64_t>::min()))}});
  } else {
    record.source_offset =
        map_of({{Value(offset_key_), Value(offset_text(held.time_ms, settings_.zone))},
                {Value(kResumeKey), Value(cql::instant_text(last ? window_->hi() : window_->lo()))}});
  }
  out.push_back(std::move(record));
}

bool TableReader::all_lanes_done() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return lane.stream->idle() && !lane.has_rows(); });
}

void TableReader::finish(Clock::time_point now) {
  running_ = false;
  if (log_.enabled(Logger::Level::kDebug)) {
    log_.debug("Connector " + connector_ + " processed " + std::to_string(rows_) + " row(-s) into " +
               route_.kcql.target + " topic for table " + table_.name);
  }
  // The interval runs from one query's start to the next one's, as in the original.
  due_ = std::max(now, started_ + settings_.poll_interval);
  if (route_.mode == ImportMode::kToken) token_ = complete_token_;
  if (window_) {
    if (late_rows_ > 0 && seen_is_complete_) {
      log_.info("Connector " + connector_ + " found " + std::to_string(late_rows_) + " late row(-s) of table " +
                name() + " in the overlap (connect.cassandra.slice.overlap.ms).");
    }
    late_rows_ = 0;
    seen_is_complete_ = true;
    seen_.forget_until(window_->hi() - settings_.slice_overlap.count());
    window_->done(rows_);
    if (window_->behind()) due_ = now;
  }
  if (route_.mode == ImportMode::kBulk && settings_.bulk_once) {
    exhausted_ = true;
    log_.info("Table " + name() + " was read once (connect.cassandra.bulk.once); nothing more is read from it.");
  }
}

}  // namespace millrace::cassandra
