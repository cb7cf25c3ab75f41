// Reads N records of a topic's partition 0 with librdkafka and drops them: the rate that the library allows on this machine.
//
//   bare_consumer N TOPIC librdkafka.key=value...
//
// Prints: records seconds cpu_seconds

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "bare_consumer: %s\n", why.c_str());
  std::exit(1);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) fail("usage: bare_consumer N TOPIC librdkafka.key=value...");
  const long wanted = std::atol(argv[1]);
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "group.id", "bare-consumer", error, sizeof error);
  for (int i = 3; i < argc; ++i) {
    const char* equals = std::strchr(argv[i], '=');
    if (equals == nullptr) fail(std::string(argv[i]) + ": write key=value");
    const std::string key(argv[i], static_cast<std::size_t>(equals - argv[i]));
    if (rd_kafka_conf_set(conf, key.c_str(), equals + 1, error, sizeof error) != RD_KAFKA_CONF_OK) fail(error);
  }
  rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (consumer == nullptr) fail(error);
  rd_kafka_topic_partition_list_t* partitions = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(partitions, argv[2], 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer, partitions);
  rd_kafka_topic_partition_list_destroy(partitions);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);

  const double cpu_before = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  long records = 0;
  std::vector<rd_kafka_message_t*> batch(2000);
  while (records < wanted) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 1000, batch.data(), batch.size());
    for (ssize_t i = 0; i < count; ++i) {
      if (!batch[static_cast<std::size_t>(i)]->err) ++records;
      rd_kafka_message_destroy(batch[static_cast<std::size_t>(i)]);
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%ld %.3f %.3f\n", records, seconds.count(), cpu_seconds() - cpu_before);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return 0;
}
