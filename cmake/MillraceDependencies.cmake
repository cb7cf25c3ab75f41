# Every library that the project links, all of them Debian packages (tools/install-deps --build).

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(libmariadb REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(odbc REQUIRED IMPORTED_TARGET odbc)
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)

# The programs' allocator: records are made in one thread and freed in another, which glibc's does at a third more
# processor time (docs/adr/20261123-jemalloc.md). Sanitizers bring their own.
add_library(millrace_allocator INTERFACE)
if(NOT MILLRACE_SANITIZE)
  target_link_libraries(millrace_allocator INTERFACE PkgConfig::jemalloc)
endif()
