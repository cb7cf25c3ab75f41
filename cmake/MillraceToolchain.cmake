# Compiler, flags, sanitizers, ccache and linker.

option(MILLRACE_CLANG_TIDY "Run clang-tidy on every source file" OFF)
option(MILLRACE_FUZZ "Build the libFuzzer targets" OFF)
option(MILLRACE_COVERAGE "Build with gcov instrumentation" OFF)
set(MILLRACE_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev CACHE STRING "Dev or Release" FORCE)
endif()
set(CMAKE_CXX_FLAGS_DEV "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEV "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

# Designated initialisers leave out what has a default; GCC 12 warns about that too.
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety -Werror=thread-safety)
elseif(MILLRACE_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Release")
  # GCC 12 reports these inside libstdc++ and fmt when it inlines deeply (GCC bugs 105329, 105651 and 107852).
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
endif()
add_compile_definitions(MILLRACE_VERSION="${PROJECT_VERSION}")

if(MILLRACE_SANITIZE)
  add_compile_options(-fsanitize=${MILLRACE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MILLRACE_SANITIZE})
endif()
if(MILLRACE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-tsan)  # std::atomic's header has a fence that the sanitizer does not model; nothing of ours uses it
endif()
if(MILLRACE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(MILLRACE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Relative paths in the hash: two checkouts of the project share what they have in common.
  set(launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${launcher}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
endif()

# The thread sanitizer of GCC 12 and mold 1.10 disagree about TLS, so it keeps the default linker.
if(NOT MILLRACE_SANITIZE MATCHES "thread")
  find_program(MOLD_PROGRAM mold)
  find_program(LLD_PROGRAM NAMES ld.lld ld.lld-14)
  if(MOLD_PROGRAM)
    add_link_options(-fuse-ld=mold)
  elseif(LLD_PROGRAM)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

if(MILLRACE_CLANG_TIDY)
  find_program(CLANG_TIDY_PROGRAM NAMES clang-tidy-14 REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY "${CLANG_TIDY_PROGRAM}" --quiet)
endif()
