// The program `adjoint`.
#include "train/program.h"

int main(int argc, char** argv) { return adjoint::run_program(argc, argv); }
