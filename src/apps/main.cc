#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "apps/distributed.h"
#include "apps/reference_pages.h"
#include "apps/standalone.h"
#include "apps/transform_command.h"
#include "ctl/ctl.h"

extern "C" {
/// jemalloc reads this when the program starts; $MALLOC_CONF overrides it. Tasks are threads, of which there may be a
/// thousand: a handful of arenas keeps what they free in one place, each thread keeps only a few small pieces for itself, and
/// what a burst of records took goes back soon.
const char* malloc_conf = "narenas:4,tcache_max:1024,tcache_nslots_small_max:8,dirty_decay_ms:2000,muzzy_decay_ms:0";
}

namespace {

int usage() {
  std::fputs(
      "Usage: millrace standalone WORKER.properties [CONNECTOR.properties|CONNECTOR.json ...]\n"
      "       millrace distributed WORKER.properties\n"
      "       millrace transform CONNECTOR.properties [--schemaless] [--steps] [--worker WORKER.properties] < in.jsonl "
      "> out.jsonl\n"
      "       millrace reference PAGE\n"
      "       millrace --version\n",
      stderr);
  std::fputs(millrace::ctl::command_usage().c_str(), stderr);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view program = argc > 0 ? argv[0] : "millrace";
  if (const auto slash = program.rfind('/'); slash != std::string_view::npos) program.remove_prefix(slash + 1);
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  std::erase(arguments, "-daemon");  // a service manager's business; accepted for the scripts that pass it

  std::string verb;
  if (program.starts_with("connect-standalone")) {
    verb = "standalone";
  } else if (program.starts_with("connect-distributed")) {
    verb = "distributed";
  } else if (!arguments.empty()) {
    verb = arguments.front();
    arguments.erase(arguments.begin());
  }
  if (verb == "standalone") return millrace::apps::run_standalone(arguments);
  if (verb == "distributed") return millrace::apps::run_distributed(arguments);
  if (millrace::ctl::is_command(verb)) return millrace::ctl::run(verb, arguments, millrace::ctl::real_environment());
  if (verb == "transform") return millrace::apps::run_transform(arguments);
  if (verb == "reference") return millrace::apps::run_reference(arguments);
  if (verb == "--version") {
    std::puts("millrace " MILLRACE_VERSION);
    return 0;
  }
  return usage();
}
