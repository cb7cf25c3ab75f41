#include "http/handler_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/thread.h"

namespace millrace::http {

struct HandlerPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable ended;
  std::deque<std::function<void()>> queue;
  std::size_t max_threads = 0;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stopping = false;
};

HandlerPool::HandlerPool(std::size_t max_threads) : state_(std::make_shared<State>()) {
  state_->max_threads = max_threads;
}

HandlerPool::~HandlerPool() { stop(std::chrono::milliseconds(0)); }

void HandlerPool::run(std::function<void()> work) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  state_->queue.push_back(std::move(work));
  if (state_->idle >= state_->queue.size() || state_->threads >= state_->max_threads) {
    state_->wake.notify_one();
    return;
  }
  ++state_->threads;
  base::Thread thread("http-handler", [state = state_](std::stop_token) {
    std::unique_lock own(state->mutex);
    while (true) {
      if (state->queue.empty()) {
        if (state->stopping) break;
        ++state->idle;
        const bool woken = state->wake.wait_for(own, std::chrono::seconds(15),
                                                [&] { return !state->queue.empty() || state->stopping; });
        --state->idle;
        if (!woken) break;
        continue;
      }
      const std::function<void()> next = std::move(state->queue.front());
      state->queue.pop_front();
      own.unlock();
      next();
      own.lock();
    }
    --state->threads;
    state->ended.notify_all();
  });
  thread.abandon();  // it owns what it uses; `stop` waits for it by count
}

void HandlerPool::stop(std::chrono::milliseconds limit) {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->wake.notify_all();
  state_->ended.wait_for(lock, limit, [&] { return state_->threads == 0; });
}

}  // namespace millrace::http
