#include <cstdio>
#include <string_view>

#include "apps/transform_command.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "transform") return millrace::apps::run_transform(argc - 1, argv + 1);
  std::puts("millrace " MILLRACE_VERSION);
  return 0;
}
