# Libraries for newer processors, beside those for all: the loader takes the best that runs (glibc-hwcaps).

set(ADJOINT_HWCAPS "" CACHE STRING "Levels of x86-64 to build the computing libraries for too: x86-64-v2;x86-64-v3;x86-64-v4")

# Builds library adjoint_NAME, of this folder, for each of the levels too.
function(adjoint_hwcaps name)
  foreach(level ${ADJOINT_HWCAPS})
    set(variant adjoint_${name}_${level})
    get_target_property(sources adjoint_${name} SOURCES)
    get_target_property(includes adjoint_${name} INCLUDE_DIRECTORIES)
    get_target_property(links adjoint_${name} LINK_LIBRARIES)
    add_library(${variant} SHARED ${sources})
    adjoint_target(${variant})
    target_compile_options(${variant} PRIVATE -march=${level})
    target_include_directories(${variant} PRIVATE ${includes})
    target_link_libraries(${variant} PRIVATE ${links})
    set_target_properties(${variant} PROPERTIES
      OUTPUT_NAME adjoint_${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/glibc-hwcaps/${level})
    install(TARGETS ${variant} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/${level}
                                       COMPONENT runtime NAMELINK_SKIP)
  endforeach()
endfunction()
