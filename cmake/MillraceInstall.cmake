# cmake --install: the program with its two links, the SDK's headers, and a package for find_package(millrace).

include(CMakePackageConfigHelpers)

install(TARGETS millrace RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(CODE [[
  set(bin "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/bin")
  foreach(link IN ITEMS connect-standalone connect-distributed)
    message(STATUS "Installing: ${bin}/${link} -> millrace")
    file(CREATE_LINK millrace "${bin}/${link}" SYMBOLIC)
  endforeach()
]])
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/millrace" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" OPTIONAL
  FILES_MATCHING PATTERN "*.h" PATTERN "*.h.in" EXCLUDE)

install(TARGETS millrace_sdk_headers EXPORT millraceTargets)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/millrace")
install(EXPORT millraceTargets NAMESPACE millrace:: DESTINATION "${package_dir}")
configure_package_config_file(cmake/millraceConfig.cmake.in "${CMAKE_BINARY_DIR}/millraceConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
# Plugins are C++ shared libraries: every release may change their ABI.
write_basic_package_version_file("${CMAKE_BINARY_DIR}/millraceConfigVersion.cmake" COMPATIBILITY ExactVersion)
install(FILES "${CMAKE_BINARY_DIR}/millraceConfig.cmake" "${CMAKE_BINARY_DIR}/millraceConfigVersion.cmake"
  DESTINATION "${package_dir}")
