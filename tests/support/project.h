// Project: where its sources and its programs are, for tests that read or run them.
#pragma once

namespace adjoint {

extern const char* const source_directory;
extern const char* const adjoint_program;    ///< the file of `adjoint`
extern const char* const example_program;    ///< that of train/example.cpp
extern const char* const mpirun;             ///< MPI's launcher, for processes of one machine; where there is MPI
extern const char* const document_programs;  ///< the directory of the programs in the documents

}  // namespace adjoint
