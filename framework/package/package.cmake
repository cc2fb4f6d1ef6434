# Package: the target adjoint::adjoint with its one header, what `cmake --install` puts where, and Debian packages.
include(CMakePackageConfigHelpers)

# ---- adjoint::adjoint and <adjoint/adjoint.h>: all but files, which are adjoint::io, and the program, adjoint::train

add_library(adjoint_adjoint INTERFACE)
add_library(adjoint::adjoint ALIAS adjoint_adjoint)
set_target_properties(adjoint_adjoint PROPERTIES EXPORT_NAME adjoint)
set(core framework layers models datasets optim)
target_link_libraries(adjoint_adjoint INTERFACE adjoint_framework adjoint_layers adjoint_models adjoint_datasets adjoint_optim)
target_include_directories(adjoint_adjoint INTERFACE $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
                                                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     framework/*/*.h layers/*.h layers/*/*.h models/*.h datasets/*.h train/optim/*.h)
list(FILTER headers EXCLUDE REGEX "^framework/kernels/")
list(TRANSFORM headers REPLACE "(.+)" "#include \"\\1\"")
list(JOIN headers "\n" includes)
configure_file(framework/package/adjoint.h.in include/adjoint/adjoint.h @ONLY)

# ---- cmake --install

set(config ${CMAKE_INSTALL_LIBDIR}/cmake/adjoint)
list(TRANSFORM core PREPEND adjoint_ OUTPUT_VARIABLE core_targets)
install(TARGETS ${core_targets} adjoint_adjoint EXPORT adjointTargets COMPONENT dev
        RUNTIME COMPONENT program LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev ARCHIVE COMPONENT dev)
install(EXPORT adjointTargets NAMESPACE adjoint:: DESTINATION ${config} COMPONENT dev)
foreach(part io train)
  if(TARGET adjoint_${part})
    install(TARGETS adjoint_${part} EXPORT adjoint_${part}
            LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev ARCHIVE COMPONENT dev)
    install(EXPORT adjoint_${part} NAMESPACE adjoint:: DESTINATION ${config} COMPONENT dev)
  endif()
endforeach()
install(DIRECTORY framework layers models datasets train DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/adjoint COMPONENT dev
        FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/include/adjoint/adjoint.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/adjoint COMPONENT dev)
configure_package_config_file(framework/package/adjointConfig.cmake.in adjointConfig.cmake INSTALL_DESTINATION ${config})
write_basic_package_version_file(adjointConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/adjointConfig.cmake ${PROJECT_BINARY_DIR}/adjointConfigVersion.cmake
        DESTINATION ${config} COMPONENT dev)
file(RELATIVE_PATH to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(framework/package/adjoint.pc.in adjoint.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/adjoint.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

# ---- libraries for newer processors, beside those for all: the loader takes the best that runs

set(ADJOINT_HWCAPS "" CACHE STRING "Levels of x86-64 to build the computing libraries for too: x86-64-v2;x86-64-v3;x86-64-v4")
foreach(level ${ADJOINT_HWCAPS})
  foreach(part framework optim)
    set(variant adjoint_${part}_${level})
    get_target_property(sources adjoint_${part} SOURCES)
    get_target_property(includes adjoint_${part} INCLUDE_DIRECTORIES)
    get_target_property(links adjoint_${part} LINK_LIBRARIES)
    add_library(${variant} SHARED ${sources})
    adjoint_target(${variant})
    target_compile_options(${variant} PRIVATE -march=${level})
    target_include_directories(${variant} PRIVATE ${includes})
    target_link_libraries(${variant} PRIVATE ${links})
    set_target_properties(${variant} PROPERTIES
      OUTPUT_NAME adjoint_${part} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/glibc-hwcaps/${level})
    install(TARGETS ${variant} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/${level}
                                       COMPONENT runtime NAMELINK_SKIP)
  endforeach()
endforeach()

# ---- cpack -G DEB: libadjoint0, libadjoint-dev, adjoint

if(NOT PROJECT_IS_TOP_LEVEL)
  return()  # packages are the parent's
endif()

set(CPACK_PACKAGE_CONTACT "adjoint developers <developers@adjoint.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime dev program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/framework ${PROJECT_BINARY_DIR}/layers
    ${PROJECT_BINARY_DIR}/models ${PROJECT_BINARY_DIR}/datasets ${PROJECT_BINARY_DIR}/train
    ${PROJECT_BINARY_DIR}/train/optim ${PROJECT_BINARY_DIR}/train/io)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_COMPONENT_DEV_DEPENDS runtime)
set(CPACK_COMPONENT_PROGRAM_DEPENDS runtime)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libadjoint${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "libopenblas0-pthread")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libadjoint-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libfmt-dev, libcli11-dev, libspdlog-dev")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME adjoint)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${PROJECT_DESCRIPTION}: shared libraries")
set(CPACK_COMPONENT_DEV_DESCRIPTION "${PROJECT_DESCRIPTION}: headers and CMake files")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${PROJECT_DESCRIPTION}: the program")
include(CPack)
