#include "kafka/bootstrap.h"

#include <netdb.h>

#include <algorithm>
#include <string_view>

#include "base/log.h"

namespace millrace::kafka {

bool may_be_resolved(const std::string& servers) {
  for (std::size_t begin = 0; begin < servers.size();) {
    const std::size_t end = std::min(servers.find(',', begin), servers.size());
    std::string host = servers.substr(begin, std::string_view(servers).substr(begin, end - begin).rfind(':'));
    begin = end + 1;
    host.erase(std::remove(host.begin(), host.end(), ' '), host.end());
    if (const auto scheme = host.find("://"); scheme != std::string::npos) host.erase(0, scheme + 3);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo* found = nullptr;
    const int answer = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found);
    if (found != nullptr) ::freeaddrinfo(found);
    if (answer != EAI_NONAME && answer != EAI_NODATA) return true;
    base::log_named("org.apache.kafka.clients.ClientUtils")
        .warn("Couldn't resolve server {} from bootstrap.servers: {}", host, ::gai_strerror(answer));
  }
  return false;
}

}  // namespace millrace::kafka
