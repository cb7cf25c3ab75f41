#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "base/thread.h"
#include "http/client.h"

namespace millrace::http {
namespace {

using std::chrono::seconds;

TEST(ServerTest, AStopWaitsForTheAnswerUnderWayAndNoLonger) {
  std::promise<void> begun;
  std::promise<void> released;
  std::atomic<int> requests{0};
  auto server = Server::start({{.host = "127.0.0.1"}}, {}, [&](const Request&) {
    if (requests++ > 0) return Response{.status = 200, .headers = {}, .body = {}};
    begun.set_value();
    released.get_future().wait();
    return Response{.status = 200, .headers = {}, .body = "late"};
  });
  ASSERT_TRUE(server.ok());
  Result<Response> answer = Error{};
  base::Thread client("client", [&](const std::stop_token&) {
    answer = send({.url = "http://127.0.0.1:" + std::to_string((*server)->ports().front()), .timeout = seconds(30)});
  });
  begun.get_future().wait();
  std::promise<void> stopped;
  base::Thread stopper("stopper", [&](const std::stop_token&) {
    (*server)->stop(seconds(30));
    stopped.set_value();
  });
  // The acceptor goes away first; from then on nothing but the handler is at work.
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->ports().front());
  while (send({.url = url, .timeout = seconds(1)}).ok()) {
  }
  released.set_value();
  EXPECT_EQ(stopped.get_future().wait_for(seconds(10)), std::future_status::ready);
  client.join();
  stopper.join();
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->body, "late");
}

}  // namespace
}  // namespace millrace::http
