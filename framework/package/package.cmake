# Package: the target adjoint::adjoint with its one header, and what `cmake --install` puts where.
include(CMakePackageConfigHelpers)

# ---- adjoint::adjoint and <adjoint/adjoint.h>: all but files, which are adjoint::io, and the program, adjoint::train

add_library(adjoint_adjoint INTERFACE)
add_library(adjoint::adjoint ALIAS adjoint_adjoint)
set_target_properties(adjoint_adjoint PROPERTIES EXPORT_NAME adjoint)
set(core framework layers models datasets optim)
list(TRANSFORM core PREPEND adjoint_ OUTPUT_VARIABLE core_targets)
target_link_libraries(adjoint_adjoint INTERFACE ${core_targets})
target_include_directories(adjoint_adjoint INTERFACE $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
                                                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     framework/*/*.h layers/*.h layers/*/*.h models/*.h datasets/*.h datasets/*/*.h train/optim/*.h)
list(FILTER headers EXCLUDE REGEX "^framework/kernels/")
list(TRANSFORM headers REPLACE "(.+)" "#include \"\\1\"")
list(JOIN headers "\n" includes)
configure_file(framework/package/adjoint.h.in include/adjoint/adjoint.h @ONLY)

# ---- cmake --install

set(config ${CMAKE_INSTALL_LIBDIR}/cmake/adjoint)
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
list(TRANSFORM core_targets PREPEND -l OUTPUT_VARIABLE core_links)
list(REVERSE core_links)  # users before what they use
list(JOIN core_links " " core_links)
configure_file(framework/package/adjoint.pc.in adjoint.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/adjoint.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
