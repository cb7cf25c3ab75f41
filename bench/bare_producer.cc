// Sends the lines of a file to a topic, each in JsonConverter's envelope, with librdkafka and nothing else: the rate that the
// library allows on this machine for the same bytes and settings.
//
//   bare_producer [--prefix TEXT --suffix TEXT] FILE TOPIC librdkafka.key=value...
//
// --prefix and --suffix: what stands around every line, instead of the envelope of a string.
//
// Prints: records seconds cpu_seconds

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kPrefix = R"({"schema":{"type":"string","optional":false},"payload":")";
constexpr std::string_view kSuffix = R"("})";

long failures = 0;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "bare_producer: %s\n", why.c_str());
  std::exit(1);
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  if (message->err) ++failures;
}

rd_kafka_t* make_producer(int count, char** settings) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (int i = 0; i < count; ++i) {
    const char* equals = std::strchr(settings[i], '=');
    if (equals == nullptr) fail(std::string(settings[i]) + ": write key=value");
    const std::string key(settings[i], static_cast<std::size_t>(equals - settings[i]));
    if (rd_kafka_conf_set(conf, key.c_str(), equals + 1, error, sizeof error) != RD_KAFKA_CONF_OK) fail(error);
  }
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (producer == nullptr) fail(error);
  return producer;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  std::string prefix{kPrefix};
  std::string suffix{kSuffix};
  if (argc > 5 && std::string_view(argv[1]) == "--prefix" && std::string_view(argv[3]) == "--suffix") {
    prefix = argv[2];
    suffix = argv[4];
    argc -= 4;
    argv += 4;
  }
  if (argc < 4) fail("usage: bare_producer [--prefix TEXT --suffix TEXT] FILE TOPIC librdkafka.key=value...");
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) fail(std::string("cannot read ") + argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  rd_kafka_t* producer = make_producer(argc - 3, argv + 3);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[2], nullptr);

  const double cpu_before = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  long records = 0;
  std::string value;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find('\n', from);
    const std::string_view line = std::string_view(text).substr(from, end - from);
    value.assign(prefix).append(line).append(suffix);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), nullptr, 0,
                            nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(producer, 10);
    }
    if (++records % 1000 == 0) rd_kafka_poll(producer, 0);
    if (end == std::string::npos) break;
    from = end + 1;
  }
  rd_kafka_flush(producer, 120000);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%ld %.3f %.3f\n", records, seconds.count(), cpu_seconds() - cpu_before);
  if (failures != 0) fail(std::to_string(failures) + " records were not delivered");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return 0;
}
