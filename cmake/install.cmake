# cmake --install: the command, the library, its public headers, and what find_package(attune) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/attune)
install(TARGETS attune EXPORT attune-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS attune_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/attune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "test_*.h" EXCLUDE)
install(EXPORT attune-targets NAMESPACE attune:: DESTINATION ${package_directory})

write_basic_package_version_file(${PROJECT_BINARY_DIR}/attune-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_SOURCE_DIR}/cmake/attune-config.cmake ${PROJECT_SOURCE_DIR}/cmake/FindOneDNN.cmake
  ${PROJECT_BINARY_DIR}/attune-config-version.cmake
  DESTINATION ${package_directory})
