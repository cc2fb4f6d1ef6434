// Fuzzer of the state of a run, which a checkpoint holds as JSON.
#include "tests/fuzz/fuzzing.h"
#include "train/records/checkpoints.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    answers([&] { run_state_in(std::string(bytes)); });
}
