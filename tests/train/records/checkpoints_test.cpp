// Truths about checkpoints: every number of a run comes back, which files are kept, and which are none.
#include "train/records/checkpoints.h"

#include <set>

#include "tests/support/expectations.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class CheckpointFiles : public testing::Test {
  protected:
    std::set<Index> kept() const {
        std::set<Index> steps;
        for (const auto& entry : fs::directory_iterator(directory.path())) {
            for (Index step = 0; step < 1000; ++step) {
                if (entry.path() == checkpoints.file(step)) steps.insert(step);
            }
        }
        return steps;
    }

    TemporaryDirectory directory;
    const Checkpoints checkpoints{directory.path(), 2};
    const NamedTensors tensors = {{"weight", Tensor({2}, {1.5, -2})},
                                  {"optimizer.steps", Tensor({1}, {7}, DType::float64)}};
};

TEST_F(CheckpointFiles, BringsBackEveryNumberBitForBit) {
    RunState state = {.steps = 123,
                      .epoch = 4,
                      .batch = 56,
                      .losses = {{"D loss", 0.1}, {"G loss", -2.5e-300}},
                      .point = {{"D loss", 1.0 / 7.0}},
                      .point_steps = 5,
                      .learning_rate_scale = 0.1 + 0.2,
                      .best = RunState::Best{100, 3, 1.0 / 3.0},
                      .metrics = "{\"epoch\":1,\"x\":\"\\u00b5 µ\"}\n\n"};
    state.plateau.scale = 1e-3;
    state.plateau.best = 0.7 / 0.9;
    state.plateau.no_better = 1;
    checkpoints.save(state, tensors);
    const Checkpoint last = checkpoints.last();
    const auto numbers = [](const RunState& s) {
        return std::tuple(s.steps, s.epoch, s.batch, s.losses, s.learning_rate_scale, s.best->steps, s.best->loss,
                          s.metrics, s.plateau.scale, s.plateau.best, s.plateau.no_better, s.plateau.options.patience);
    };
    EXPECT_EQ(numbers(last.state), numbers(state));
    EXPECT_EQ(last.state.epoch_begin(), 67);
    ASSERT_EQ(last.tensors.size(), tensors.size());
    for (const auto& [name, tensor] : tensors) EXPECT_TRUE(identical(last.tensors.at(name), tensor)) << name;
}

TEST_F(CheckpointFiles, OfABeginningHasNoBestYet) {
    checkpoints.save({}, tensors);
    EXPECT_FALSE(checkpoints.last().state.best.has_value());
    EXPECT_EQ(checkpoints.last().state.plateau.best, std::numeric_limits<double>::infinity());
}

TEST_F(CheckpointFiles, WithStatesThatNoRunIsInAreRefused) {
    checkpoints.save({.steps = 7}, tensors);
    const std::string text = read_safetensors(checkpoints.file(7)).metadata.at("run");
    const auto refusal = [&](const std::string& old, const std::string& changed) {
        std::string other = text;
        other.replace(other.find(old), old.size(), changed);
        write_safetensors(checkpoints.file(7), tensors, {{"run", other}});
        return error_about<DataError>(checkpoints.file(7), [&] { checkpoints.at(7); });
    };
    const std::string no_state = "is not the state of a run: ", most = " must be a whole number from 0 to ";
    EXPECT_EQ(refusal("\"steps\":7", "\"steps\":-7"), no_state + "steps" + most + "9223372036854775807; got -7");
    EXPECT_EQ(refusal("\"steps\":7", "\"steps\":7.5"), no_state + "steps" + most + "9223372036854775807; got 7.5");
    EXPECT_EQ(refusal("\"batch\":0", "\"batch\":1e300"), no_state + "batch" + most + "9223372036854775807; got 1e+300");
    EXPECT_EQ(refusal("no_better\":0", "no_better\":4294967297"),
              no_state + "plateau_no_better" + most + "2147483647; got 4294967297");
    for (const char* name : {"plateau_rate_factor", "rate_factor"}) {
        EXPECT_EQ(refusal(fmt::format("\"{}\":1.0", name), fmt::format("\"{}\":-1.0", name)),
                  no_state + "factors of rates must be at least 0; got -1");
    }
    EXPECT_EQ(refusal("\"epoch\":1,", ""), no_state + "epoch" + most + "9223372036854775807; got none");
    EXPECT_EQ(refusal("\"losses\":[]", "\"losses\":[[\"a\",\"b\"]]"),
              no_state + "losses must be a list, each [a text, a number]; got [[\"a\",\"b\"]]");
    EXPECT_EQ(refusal("\"metrics\":\"\"", "\"metrics\":5"), no_state + "metrics must be a text; got 5");
    EXPECT_EQ(refusal("{", std::string(100'000, '[')),
              no_state + "must have at most 64 lists and objects within one another");
    EXPECT_EQ(refusal("{", "5{"), no_state + "must be a JSON object; got " + shortened("5" + text));
}

TEST_F(CheckpointFiles, FilesAreTheLastTwoAndTheBest) {
    for (const Index steps : {1, 2, 3, 4, 5})
        checkpoints.save({.steps = steps, .best = RunState::Best{2, 1, 0.5}}, tensors);
    EXPECT_EQ(kept(), (std::set<Index>{2, 4, 5}));
    checkpoints.save({.steps = 6, .best = RunState::Best{6, 1, 0.25}}, tensors);
    EXPECT_EQ(kept(), (std::set<Index>{5, 6}));
}

TEST_F(CheckpointFiles, FilesIncludeTheBeginningOfTheEpoch) {
    for (const Index steps : {1, 2, 3, 4, 5}) checkpoints.save({.steps = steps, .batch = steps - 1}, tensors);
    EXPECT_EQ(kept(), (std::set<Index>{1, 4, 5}));
    EXPECT_EQ(checkpoints.at(1).state.steps, 1);
}

TEST_F(CheckpointFiles, FilesOfAFutureThatNeverWasAreRemoved) {
    for (const Index steps : {5, 6, 7}) checkpoints.save({.steps = steps}, tensors);
    checkpoints.save({.steps = 6}, tensors);  // after the run went back
    EXPECT_EQ(kept(), (std::set<Index>{6}));
}

TEST_F(CheckpointFiles, OtherFilesAreNotTakenForOne) {
    checkpoints.save({.steps = 5}, tensors);
    write_bytes(directory / "step-9.safetensors", "short");
    write_bytes(directory / "step-000000009.safetensors.bak", "short");
    write_bytes(directory / "notes.txt", "text");
    EXPECT_EQ(checkpoints.last().state.steps, 5);
    write_safetensors(checkpoints.file(8), tensors, {{"model", "dcgan"}});  // whole, but of no run
    EXPECT_EQ(checkpoints.last().state.steps, 5);
    EXPECT_EQ(error_of([&] { Checkpoints(directory / "none", 1).last(); }),
              (directory / "none").string() + ": there must be a checkpoint; got none");
}

}  // namespace
}  // namespace adjoint
