#include "tests/support/project.h"

namespace adjoint {

const char* const source_directory = ADJOINT_SOURCE_DIR;
const char* const adjoint_program = ADJOINT_PROGRAM;
const char* const example_program = ADJOINT_EXAMPLE;
const char* const document_programs = ADJOINT_DOCUMENT_PROGRAMS;

}  // namespace adjoint
