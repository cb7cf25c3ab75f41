#include "base/thread.h"

#include <pthread.h>

#include <utility>

namespace millrace::base {

Thread::Thread(const std::string& name, std::function<void(std::stop_token)> body)
    : thread_([name = name.substr(0, 15), body = std::move(body)](std::stop_token stop) {
        pthread_setname_np(pthread_self(), name.c_str());
        body(std::move(stop));
      }) {}

}  // namespace millrace::base
