// Truths about runs that are stopped and resumed: however they end, by a signal, by a kill or by damage to a
// checkpoint, they come to the very bytes of a run that was never interrupted.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "framework/tensor/random.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/png.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Runs on a folder of a few noisy pictures, with four steps an epoch and three epochs.
class Resumed : public ProgramTest {
  protected:
    Resumed() {
        for (int i = 0; i < 40; ++i) {
            const fs::path folder = directory_ / fmt::format("images/{}", i % 10);
            fs::create_directories(folder);
            write_png(folder / fmt::format("{:02}.png", i), Random(7).stream(i).uniform({28, 28, 1}));
        }
    }
    static Words begin(const std::string& model, const std::string& out) {
        Words words = {"train",        model, "--dataset",    "images:images",
                       "--batch-size", "8",   "--epochs",     "3",
                       "--ema",        "0.9", "--save-steps", "1",
                       "--keep",       "2",   "--out",        out};
        if (find_task(model)->settings.sizes) words.insert(words.end(), {"--width", "8"});
        return words;
    }
    void train(Words words, int status = 0) const {
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.status, status) << outcome.err;
    }
    void resume(const std::string& model, const std::string& out) const { train({"train", model, "--resume", out}); }
    std::string content(const fs::path& file) const {
        std::ifstream stream(directory_ / file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    std::vector<fs::path> checkpoints(const std::string& out) const {
        std::vector<fs::path> files;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(directory_ / out / "checkpoints", none)) files.push_back(entry);
        std::sort(files.begin(), files.end());
        return files;
    }
    void expect_same(const std::string& a, const std::string& b) const {
        for (const char* file :
             {"weights.safetensors", "average.safetensors", "metrics.jsonl", "samples/epoch-003.png"}) {
            EXPECT_FALSE(content(fs::path(a) / file).empty()) << file;
            EXPECT_TRUE(content(fs::path(a) / file) == content(fs::path(b) / file)) << b << ": " << file;
        }
    }
    /// Waits until the run has a checkpoint of so many steps, or the program has ended.
    void await_step(Program& program, const std::string& out, int step) const {
        const fs::path file = directory_ / out / fmt::format("checkpoints/step-{:09}.safetensors", step);
        while (program.running() && !fs::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
};

TEST_F(Resumed, EveryModelEndsWithTheBytesOfARunThatWasNotStopped) {
    for (const TaskSpec& task : tasks()) {
        const std::string& model = task.name;
        const std::string whole = model + "-whole", cut = model + "-cut";
        train(begin(model, whole));
        Words words = begin(model, cut);
        words.insert(words.end(), {"--max-steps", "6"});  // in the middle of the second epoch
        train(words);
        train({"train", model, "--resume", cut, "--max-steps", "0"});
        expect_same(whole, cut);
    }
}

TEST_F(Resumed, AKilledRunLosesNoMoreThanTheStepsSinceItsLastCheckpoint) {
    train(begin("dcgan", "whole"));
    for (const int step : {0, 1, 4, 6, 9}) {
        const std::string out = fmt::format("killed-{}", step);
        Program program(begin("dcgan", out), directory_.path());
        await_step(program, out, step);
        program.send(SIGKILL);
        EXPECT_EQ(program.outcome().status, 128 + SIGKILL);
        resume("dcgan", out);
        expect_same("whole", out);
    }
}

TEST_F(Resumed, ASignalSavesAtTheNextStepAndLeavesWithItsStatus) {
    train(begin("wgan-gp", "whole"));  // whose steps take long enough
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string out = fmt::format("signal-{}", signal);
        Words words = begin("wgan-gp", out);
        words[std::find(words.begin(), words.end(), "--save-steps") - words.begin() + 1] = "0";
        Program program(words, directory_.path());
        await_step(program, out, 0);
        program.send(signal);
        const Outcome outcome = program.outcome();
        EXPECT_EQ(outcome.status, 128 + signal) << outcome.err;
        EXPECT_NE(outcome.err.find("to go on: adjoint train wgan-gp --resume " + out + "\n"), std::string::npos)
            << outcome.err;
        EXPECT_EQ(checkpoints(out).size(), 2u) << "one at the beginning and one where it stopped";
        resume("wgan-gp", out);
        expect_same("whole", out);
    }
}

TEST_F(Resumed, ARunThatWasKilledAtItsLastStepStillGetsItsEnd) {
    const Words words = [] {
        Words all = begin("dcgan", "whole");
        all.insert(all.end(), {"--max-steps", "6"});
        return all;
    }();
    train(words);
    fs::copy(directory_ / "whole", directory_ / "cut", fs::copy_options::recursive);
    for (const char* late : {"weights.safetensors", "average.safetensors", "metrics.jsonl"})
        fs::remove(directory_ / "cut" / late);
    resume("dcgan", "cut");
    for (const char* late : {"weights.safetensors", "average.safetensors", "metrics.jsonl"}) {
        EXPECT_TRUE(content(fs::path("whole") / late) == content(fs::path("cut") / late)) << late;
    }
}

TEST_F(Resumed, ACheckpointThatIsDamagedIsPassedOverForTheOneBefore) {
    Words words = begin("dcgan", "whole");
    train(words);
    for (const bool cut_short : {true, false}) {
        const std::string out = cut_short ? "short" : "altered";
        words = begin("dcgan", out);
        words.insert(words.end(), {"--max-steps", "7"});
        train(words);
        const fs::path last = checkpoints(out).back();
        std::string bytes = content(last);
        if (cut_short) {
            bytes.resize(bytes.size() / 2);
        } else {
            bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 0x10);
        }
        write_bytes(last, bytes);
        const Outcome outcome = run({"train", "dcgan", "--resume", out, "--max-steps", "0"});
        EXPECT_EQ(outcome.status, 0);
        EXPECT_NE(outcome.err.find("step-000000007.safetensors"), std::string::npos) << outcome.err;
        EXPECT_NE(outcome.err.find("; the checkpoint before it is used\n"), std::string::npos) << outcome.err;
        EXPECT_NE(outcome.err.find(": resumed at step 6, epoch 2\n"), std::string::npos) << outcome.err;
        expect_same("whole", out);
    }
}

TEST_F(Resumed, ARunWithoutAWholeCheckpointIsRefusedAndStays) {
    Words words = begin("dcgan", "run");
    words.insert(words.end(), {"--max-steps", "2"});
    train(words);
    for (const fs::path& file : checkpoints("run")) fs::resize_file(file, 100);
    const Outcome damaged = run({"train", "dcgan", "--resume", "run"});
    EXPECT_EQ(damaged.status, 65);
    EXPECT_NE(damaged.err.find("error: run/checkpoints: one checkpoint must be whole; got 3, all damaged\n"),
              std::string::npos)
        << damaged.err;
    EXPECT_EQ(checkpoints("run").size(), 3u);
    for (const fs::path& file : checkpoints("run")) fs::remove(file);
    const Outcome none = run({"train", "dcgan", "--resume", "run"});
    EXPECT_EQ(none.status, 66);
    EXPECT_NE(none.err.find("error: run/checkpoints: there must be a checkpoint; got none\n"), std::string::npos)
        << none.err;
}

TEST_F(Resumed, TheLastCheckpointsAndTheBestAreKept) {
    Words words = begin("autoencoder", "run");
    words.insert(words.end(),
                 {"--lr", "1"});  // gets worse after its first epoch, or the first is best for another reason
    train(words);
    std::ifstream lines(directory_ / "run/metrics.jsonl");
    std::vector<double> losses;
    for (std::string line; std::getline(lines, line);) {
        losses.push_back(std::stod(line.substr(line.find("test_cross_entropy") + 20)));
    }
    ASSERT_EQ(losses.size(), 3u);
    const auto best = std::min_element(losses.begin(), losses.end()) - losses.begin() + 1;
    std::set<std::string> expected = {"step-000000014.safetensors", "step-000000015.safetensors",
                                      fmt::format("step-{:09}.safetensors", 5 * best)};
    std::set<std::string> found;
    for (const fs::path& file : checkpoints("run")) found.insert(file.filename());
    EXPECT_EQ(found, expected);
}

TEST_F(Resumed, ARunThatWentBackEndsTheSameHoweverItWasStopped) {
    const auto rolled_back = [](const std::string& out, const Words& more) {
        Words words = {"train",   "vae", "--dataset", "images:images", "--batch-size", "8",        "--epochs", "2",
                       "--width", "8",   "--lr",      "0.5",           "--on-nan",     "rollback", "--out",    out};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    train(rolled_back("whole", {}));
    EXPECT_NE(content("whole/events.jsonl").find("rolled back: step "), std::string::npos);
    train(rolled_back("often", {"--save-steps", "1"}));
    train(rolled_back("cut", {"--max-steps", "1"}));
    train({"train", "vae", "--resume", "cut", "--max-steps", "0"});
    for (const char* other : {"often", "cut"}) {
        for (const char* file : {"weights.safetensors", "metrics.jsonl"}) {
            EXPECT_TRUE(content(fs::path("whole") / file) == content(fs::path(other) / file)) << other << ": " << file;
        }
    }
}

TEST_F(Resumed, ARefusedResumeLeavesTheRunAsItWas) {
    Words words = begin("dcgan", "run");
    words.insert(words.end(), {"--max-steps", "2"});
    train(words);
    const std::string settings = content("run/config.toml");
    EXPECT_EQ(refusal({"train", "dcgan", "--resume", "run", "--freeze", "generator"}),
              "65 error: run/config.toml: --freeze must be as the run was begun, not given; got generator");
    EXPECT_EQ(content("run/config.toml"), settings);
    train({"train", "dcgan", "--resume", "run", "--max-steps", "3"});
}

TEST_F(Resumed, TwoProgramsDoNotTrainInOneDirectory) {
    Program first(begin("wgan-gp", "run"), directory_.path());
    await_step(first, "run", 1);
    ASSERT_TRUE(first.running());
    EXPECT_EQ(refusal({"train", "wgan-gp", "--resume", "run", "--quiet"}),
              "73 error: run: cannot be written; another program writes there");
    Words words = begin("wgan-gp", "run");
    words.insert(words.end(), {"--force", "--quiet"});
    EXPECT_EQ(refusal(words), "73 error: run: cannot be written; another program writes there");
}

TEST_F(Resumed, ARunKeepsItsSettings) {
    Words words = begin("dcgan", "run");
    words.insert(words.end(), {"--max-steps", "2"});
    train(words);
    EXPECT_EQ(refusal({"train", "dcgan", "--resume", "run", "--lr", "0.5"}),
              "65 error: run/config.toml: --lr must be as the run was begun, 0.001; got 0.5");
    EXPECT_EQ(refusal({"train", "dcgan", "--resume", "run", "--epochs", "9"}),
              "65 error: run: --epochs must stay 3, as the linear schedule depends on it; got 9");
    EXPECT_EQ(refusal({"train", "autoencoder", "--resume", "run"}),
              "65 error: run: must be a run of autoencoder; got one of dcgan");
    EXPECT_EQ(refusal({"train", "dcgan", "--resume", "run", "--out", "other"}),
              "2 error: --resume: has the settings and the place of its run; got --out too");
    EXPECT_EQ(refusal({"train", "dcgan", "--resume", "none"}),
              "66 error: none: is not the directory of a run; got no config.json in it");
    train({"train", "dcgan", "--resume", "run", "--lr", "1e-3", "--max-steps", "3"});
}

}  // namespace
}  // namespace adjoint
