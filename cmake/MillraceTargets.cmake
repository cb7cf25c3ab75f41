# millrace_add_library(), millrace_add_plugin(), millrace_declare_tests().
#
# One folder is one static library, millrace_<folder with _ for />. Sources are globbed, so adding a file means editing
# no CMake file:
#   *.cc         the library
#   *_test.cc    one GoogleTest program test_<folder>, one ctest entry
#   *_bench.cc   one Google Benchmark program bench_<folder>
#   *_fuzz.cc    one libFuzzer program each, in the fuzz preset

function(_millrace_target_name out folder)
  string(REPLACE "/" "_" name "${folder}")
  set(${out} "millrace_${name}" PARENT_SCOPE)
endfunction()

function(_millrace_tests_of target name directory recurse)
  file(GLOB${recurse} tests CONFIGURE_DEPENDS "${directory}/*_test.cc")
  file(GLOB${recurse} benches CONFIGURE_DEPENDS "${directory}/*_bench.cc")
  file(GLOB${recurse} fuzzers CONFIGURE_DEPENDS "${directory}/*_fuzz.cc")
  foreach(kind IN ITEMS tests benches fuzzers)
    if(${kind})
      set_property(GLOBAL APPEND PROPERTY MILLRACE_${kind} "${name}")
      set_property(GLOBAL PROPERTY MILLRACE_${kind}_${name}_sources "${${kind}}")
      set_property(GLOBAL PROPERTY MILLRACE_${kind}_${name}_libraries "${target}" ${ARGN})
    endif()
  endforeach()
endfunction()

function(_millrace_make_library target directory sources headers deps libraries)
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
  elseif(headers)
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  else()
    return()
  endif()
  target_include_directories(${target} ${scope} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${target} ${scope} millrace_sdk_headers)
  foreach(dep IN LISTS deps)
    _millrace_target_name(dep_target "${dep}")
    if(TARGET ${dep_target})
      target_link_libraries(${target} ${scope} ${dep_target})
    endif()
  endforeach()
  target_link_libraries(${target} ${scope} ${libraries})
  set_property(GLOBAL APPEND PROPERTY MILLRACE_LIBRARIES ${target})
endfunction()

# millrace_add_library(<folder below src> [RECURSE] [SOURCES files...] [DEPS folders...] [LIBRARIES targets...]
#                      [TEST_DEPS targets...])
# DEPS names folders whose libraries this one uses; one that holds no source yet is left out. Without SOURCES the folder is
# globbed. A folder with a CMakeLists.txt of its own is left to that file, which calls this function itself.
function(millrace_add_library folder)
  cmake_parse_arguments(ARG "RECURSE" "" "SOURCES;DEPS;LIBRARIES;TEST_DEPS" ${ARGN})
  set(directory "${CMAKE_SOURCE_DIR}/src/${folder}")
  if(NOT CMAKE_CURRENT_SOURCE_DIR STREQUAL directory AND EXISTS "${directory}/CMakeLists.txt")
    add_subdirectory("${directory}" "${CMAKE_BINARY_DIR}/src/${folder}")
    return()
  endif()
  set(recurse "")
  if(ARG_RECURSE)
    set(recurse "_RECURSE")
  endif()
  _millrace_target_name(target "${folder}")
  string(REPLACE "/" "_" name "${folder}")
  if(NOT ARG_SOURCES)
    file(GLOB${recurse} ARG_SOURCES CONFIGURE_DEPENDS "${directory}/*.cc")
    list(FILTER ARG_SOURCES EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$|/main\\.cc$")
  endif()
  file(GLOB${recurse} headers CONFIGURE_DEPENDS "${directory}/*.h")
  _millrace_make_library(${target} "${directory}" "${ARG_SOURCES}" "${headers}" "${ARG_DEPS}" "${ARG_LIBRARIES}")
  if(TARGET ${target})
    _millrace_tests_of(${target} ${name} "${directory}" "${recurse}" ${ARG_TEST_DEPS})
  endif()
endfunction()

# millrace_add_plugin(<name> [SOURCES files...] [DEPS folders...] [LIBRARIES targets...] [TEST_DEPS targets...])
# Declares the plugin in the current folder, sub-folders included, and calls millrace::register_<name>(PluginRegistry&) from
# the generated builtin_plugins.cc. Names are unique over all kinds of plugins.
function(millrace_add_plugin plugin)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES;TEST_DEPS" ${ARGN})
  set(directory "${CMAKE_CURRENT_SOURCE_DIR}")
  file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}/src" "${directory}")
  get_property(known GLOBAL PROPERTY MILLRACE_PLUGINS)
  if(plugin IN_LIST known)
    message(FATAL_ERROR "src/${folder}: a plugin named \"${plugin}\" is declared already; plugin names must be unique")
  endif()
  _millrace_target_name(target "${folder}")
  string(REPLACE "/" "_" name "${folder}")
  if(NOT ARG_SOURCES)
    file(GLOB_RECURSE ARG_SOURCES CONFIGURE_DEPENDS "${directory}/*.cc")
    list(FILTER ARG_SOURCES EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "src/${folder}: plugin \"${plugin}\" has no source file")
  endif()
  _millrace_make_library(${target} "${directory}" "${ARG_SOURCES}" "" "api;${ARG_DEPS}" "${ARG_LIBRARIES}")
  _millrace_tests_of(${target} ${name} "${directory}" "_RECURSE" ${ARG_TEST_DEPS})
  set_property(GLOBAL APPEND PROPERTY MILLRACE_PLUGINS ${plugin})
  set_property(GLOBAL APPEND PROPERTY MILLRACE_PLUGIN_TARGETS ${target})
endfunction()

set(MILLRACE_ONLY_PLUGINS "" CACHE STRING "Regular expression of the plugin folders to build, for quick builds; empty: all")

# Finds every plugin folder and makes millrace_builtin_plugins, which holds
# millrace::runtime::register_builtin_plugins(PluginRegistry&).
function(millrace_add_plugins)
  foreach(kind IN ITEMS converters transforms predicates connectors)
    file(GLOB lists CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${kind}/*/CMakeLists.txt")
    foreach(list_file IN LISTS lists)
      get_filename_component(directory "${list_file}" DIRECTORY)
      file(RELATIVE_PATH relative "${CMAKE_SOURCE_DIR}/src" "${directory}")
      if(MILLRACE_ONLY_PLUGINS AND NOT relative MATCHES "${MILLRACE_ONLY_PLUGINS}")
        continue()
      endif()
      add_subdirectory("${directory}" "${CMAKE_BINARY_DIR}/src/${relative}")
    endforeach()
  endforeach()
  get_property(plugins GLOBAL PROPERTY MILLRACE_PLUGINS)
  get_property(targets GLOBAL PROPERTY MILLRACE_PLUGIN_TARGETS)
  set(declarations "")
  set(calls "")
  foreach(plugin IN LISTS plugins)
    string(APPEND declarations "void register_${plugin}(PluginRegistry& plugins);\n")
    string(APPEND calls "  register_${plugin}(plugins);\n")
  endforeach()
  set(file "${CMAKE_BINARY_DIR}/generated/builtin_plugins.cc")
  file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT [==[// Generated by cmake/MillraceTargets.cmake from the millrace_add_plugin() calls.
namespace millrace {
class PluginRegistry;
@declarations@}  // namespace millrace

namespace millrace::runtime {
void register_builtin_plugins(PluginRegistry& plugins);
void register_builtin_plugins([[maybe_unused]] PluginRegistry& plugins) {
@calls@}
}  // namespace millrace::runtime
]==])
  add_library(millrace_builtin_plugins STATIC "${file}")
  target_link_libraries(millrace_builtin_plugins PUBLIC millrace_sdk_headers ${targets})
endfunction()

# Makes the test, benchmark and fuzz programs that the folders asked for. Called once, after all libraries exist.
function(millrace_declare_tests)
  file(GLOB support CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/support/*.cc")
  add_library(millrace_test_support INTERFACE)
  target_include_directories(millrace_test_support INTERFACE "${CMAKE_SOURCE_DIR}")
  target_compile_definitions(millrace_test_support INTERFACE MILLRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(millrace_test_support INTERFACE GTest::gmock GTest::gtest)
  if(TARGET millrace_base)
    target_link_libraries(millrace_test_support INTERFACE millrace_base)
  endif()
  if(support)
    target_sources(millrace_test_support INTERFACE ${support})
  endif()

  get_property(names GLOBAL PROPERTY MILLRACE_tests)
  foreach(name IN LISTS names)
    get_property(sources GLOBAL PROPERTY MILLRACE_tests_${name}_sources)
    get_property(libraries GLOBAL PROPERTY MILLRACE_tests_${name}_libraries)
    add_executable(test_${name} ${sources})
    target_link_libraries(test_${name} PRIVATE ${libraries} millrace_test_support GTest::gtest_main)
    add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
    set_property(GLOBAL APPEND PROPERTY MILLRACE_TEST_PROGRAMS test_${name})
  endforeach()

  get_property(names GLOBAL PROPERTY MILLRACE_benches)
  foreach(name IN LISTS names)
    get_property(sources GLOBAL PROPERTY MILLRACE_benches_${name}_sources)
    get_property(libraries GLOBAL PROPERTY MILLRACE_benches_${name}_libraries)
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(bench_${name} PRIVATE ${libraries} millrace_allocator benchmark::benchmark
      benchmark::benchmark_main)
  endforeach()

  if(MILLRACE_FUZZ)
    get_property(names GLOBAL PROPERTY MILLRACE_fuzzers)
    foreach(name IN LISTS names)
      get_property(sources GLOBAL PROPERTY MILLRACE_fuzzers_${name}_sources)
      get_property(libraries GLOBAL PROPERTY MILLRACE_fuzzers_${name}_libraries)
      foreach(source IN LISTS sources)
        get_filename_component(program "${source}" NAME_WE)
        add_executable(${program} "${source}")
        target_link_libraries(${program} PRIVATE ${libraries})
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
      endforeach()
    endforeach()
  endif()
endfunction()
