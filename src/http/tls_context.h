#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/result.h"
#include "http/tls.h"

namespace millrace::http {

// Internal to this folder.
enum class TlsRole : bool { kServer, kClient };
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const Tls& tls, TlsRole role);

}  // namespace millrace::http
