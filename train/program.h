// Program: reads the command line, runs one command, and turns what went wrong into one line and an exit status.
#pragma once

#include "train/tasks/registry.h"

namespace adjoint {

/// The program `adjoint`, with all tasks of the registry, those of add_task too: train, resume, report, evaluate, … for
/// a model of one's own:
///
///     int main(int argc, char** argv) {
///         adjoint::add_task(my_task());
///         return adjoint::run_program(argc, argv);
///     }
///
/// Returns the exit status: 0, 1 training failed, 2 wrong usage, 3 a check failed, 65 bad data, 66 missing input, 73 or
/// 74 cannot write, 75 another process of the job does not answer, 128 + the signal when stopped. Where a launcher of
/// MPI has started several of it, they work together, and one that fails alone ends them all.
int run_program(int argc, char** argv);

}  // namespace adjoint
