# Debian packages, by `cpack -G DEB`: libadjoint0, libadjoint-dev and adjoint.

set(CPACK_PACKAGE_CONTACT "adjoint developers <developers@adjoint.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime dev program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

# Package NAME of COMPONENT, with what every Debian package says of itself: what it is, whose, and what changed.
function(adjoint_package component name section description)
  string(TOUPPER ${component} COMPONENT)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${COMPONENT}_DESCRIPTION "${description}" PARENT_SCOPE)
  set(folder ${PROJECT_BINARY_DIR}/debian/${name})
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${folder}/changelog "adjoint (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n"
                                 " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  execute_process(COMMAND gzip -9nf ${folder}/changelog)
  file(WRITE ${folder}/copyright "${copyright}")
  install(FILES ${folder}/changelog.gz ${folder}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}/../${name}
          COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()

# The program and the libraries have code of these packages in them, whose licences are part of ours.
file(READ ${PROJECT_SOURCE_DIR}/LICENSE copyright)
foreach(package libcli11-dev libjs-dygraphs libstb-dev libtomlplusplus-dev librandom123-dev nlohmann-json3-dev)
  if(EXISTS /usr/share/doc/${package}/copyright)
    file(READ /usr/share/doc/${package}/copyright theirs)
    string(APPEND copyright "\n==== It contains code of ${package}:\n\n${theirs}")
  endif()
endforeach()

set(library libadjoint${PROJECT_VERSION_MAJOR})
adjoint_package(runtime ${library} libs
  "Tensors, gradients of any order, layers, models, data and optimisers:\nthe shared libraries.")
adjoint_package(dev libadjoint-dev libdevel
  "Tensors, gradients of any order, layers, models, data and optimisers:\nheaders, and files for CMake and pkg-config.")
adjoint_package(program adjoint science
  "Trains autoencoders, classifiers and generators of images, checks\ngradients and draws reports, from the command line.")

# What others depend on who link the libraries, and who tells the loader of them. CPack's own would name each library as
# often as there are builds of it.
set(shlibs ${PROJECT_BINARY_DIR}/debian/shlibs)
set(triggers ${PROJECT_BINARY_DIR}/debian/triggers)
file(WRITE ${shlibs} "")
foreach(part ${core} io train)
  get_target_property(folder adjoint_${part} BINARY_DIR)
  list(APPEND CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${folder})
  file(APPEND ${shlibs} "libadjoint_${part} ${PROJECT_VERSION_MAJOR} ${library} (>= ${PROJECT_VERSION})\n")
endforeach()
file(WRITE ${triggers} "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA "${shlibs};${triggers}")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS libopenblas0-pthread)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libfmt-dev, libcli11-dev, libspdlog-dev")
set(CPACK_COMPONENT_DEV_DEPENDS runtime)
set(CPACK_COMPONENT_PROGRAM_DEPENDS runtime)
include(CPack)
