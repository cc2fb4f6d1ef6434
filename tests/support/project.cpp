#include "tests/support/project.h"

namespace adjoint {

const char* const source_directory = ADJOINT_SOURCE_DIR;
const char* const adjoint_program = ADJOINT_PROGRAM;
const char* const example_program = ADJOINT_EXAMPLE;
// Open MPI keeps until the end what it has allocated: under sanitizers leaks are looked for in programs without it.
const char* const mpirun =
    "env LSAN_OPTIONS=detect_leaks=0 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
    "OMPI_MCA_rmaps_base_oversubscribe=1 " ADJOINT_MPIRUN;
const char* const document_programs = ADJOINT_DOCUMENT_PROGRAMS;

}  // namespace adjoint
