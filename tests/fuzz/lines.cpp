// Fuzzer of metrics.jsonl: the lines of a run, and the table that is made of them.
#include "tests/fuzz/fuzzing.h"
#include "train/io/json_text.h"
#include "train/records/metric_lines.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const std::string text(bytes);
    answers([&] { csv_of(metric_lines(text)); });
    answers([&] { text_of_json(json_of_text(text)); });
}
