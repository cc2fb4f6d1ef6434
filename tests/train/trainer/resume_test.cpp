// Truths about runs that are stopped and resumed: however they end, by a signal, by a kill or by damage to a
// checkpoint, they come to the very bytes of a run that was never interrupted.
#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <thread>

#include "framework/tensor/random.h"
#include "models/rbm.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/cli/directory_lock.h"
#include "train/io/png.h"
#include "train/io/safetensors.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

/// Runs on a folder of a few noisy pictures, with four steps an epoch and three epochs.
class Resumed : public ProgramTest {
  protected:
    Resumed() {
        for (int i = 0; i < 40; ++i) {
            const fs::path folder = directory_ / fmt::format("images/{}", i % 10);
            fs::create_directories(folder);
            const std::string name = fmt::format("{:02}.png", i);
            write_png(folder / name, Random(7).stream(i).uniform({28, 28, 1}));
            const fs::path masks = directory_ / fmt::format("masks/{}", i % 10);
            fs::create_directories(masks);
            write_png(masks / name, bernoulli(Tensor::full({28, 28, 1}, 0.5), Random(8).stream(i)));
        }
    }
    static std::string begin(const std::string& model, const std::string& out) {
        return "train " + model + " --dataset images:images --batch-size 8 --epochs 3 --ema 0.9 --save-steps 1 " +
               "--keep 2 --out " + out + (find_task(model)->settings.width ? " --width 8" : "") +
               (find_task(model)->masked ? " --image-size 32 --masks masks" : "");
    }
    std::vector<fs::path> checkpoints(const std::string& out) const {
        std::vector<fs::path> files;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(directory_ / out / "checkpoints", none)) files.push_back(entry);
        std::sort(files.begin(), files.end());
        return files;
    }
    using Files = std::vector<std::string>;
    void expect_same(const std::string& a, const std::string& b,
                     const Files& files = {"weights.safetensors", "average.safetensors", "metrics.jsonl",
                                           "samples/epoch-003.png"}) const {
        for (const std::string& file : files) {
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
        done(begin(model, whole));
        done(begin(model, cut) + " --max-steps 6");  // in the middle of the second epoch
        done("train " + model + " --max-steps 0 --resume " + cut);
        expect_same(whole, cut);
    }
}

TEST_F(Resumed, AKilledRunLosesNoMoreThanTheStepsSinceItsLastCheckpoint) {
    done(begin("dcgan", "whole"));
    for (const int step : {0, 1, 4, 6, 9}) {
        const std::string out = fmt::format("killed-{}", step);
        Program program(words(begin("dcgan", out)), directory_.path());
        await_step(program, out, step);
        program.send(SIGKILL);
        EXPECT_EQ(program.outcome().status, 128 + SIGKILL);
        done("train dcgan --resume " + out);
        expect_same("whole", out);
    }
}

TEST_F(Resumed, ASignalSavesAtTheNextStepAndLeavesWithItsStatus) {
    done(begin("wgan-gp", "whole"));  // whose steps take long enough
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string out = fmt::format("signal-{}", signal);
        const std::string line = std::regex_replace(begin("wgan-gp", out), std::regex("--save-steps 1"), "");
        Program program(words(line), directory_.path());
        await_step(program, out, 0);
        program.send(signal);
        const Outcome outcome = program.outcome();
        EXPECT_EQ(outcome.status, 128 + signal) << outcome.err;
        EXPECT_NE(outcome.err.find("to go on: adjoint train wgan-gp --resume " + out + "\n"), std::string::npos)
            << outcome.err;
        EXPECT_EQ(checkpoints(out).size(), 2u) << "one at the beginning and one where it stopped";
        done("train wgan-gp --resume " + out);
        expect_same("whole", out);
    }
}

TEST_F(Resumed, ARunThatWasKilledAtItsLastStepStillGetsItsEnd) {
    done(begin("dcgan", "whole") + " --max-steps 6");
    fs::copy(directory_ / "whole", directory_ / "cut", fs::copy_options::recursive);
    const Files late = {"weights.safetensors", "average.safetensors", "metrics.jsonl", "metrics.csv"};
    for (const std::string& file : late) fs::remove(directory_ / "cut" / file);
    done("train dcgan --resume cut");
    expect_same("whole", "cut", late);
}

TEST_F(Resumed, ACheckpointThatIsDamagedIsPassedOverForTheOneBefore) {
    done(begin("dcgan", "whole"));
    for (const bool cut_short : {true, false}) {
        const std::string out = cut_short ? "short" : "altered";
        done(begin("dcgan", out) + " --max-steps 7");
        const fs::path last = checkpoints(out).back();
        std::string bytes = content(last);
        if (cut_short) {
            bytes.resize(bytes.size() / 2);
        } else {
            bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 0x10);
        }
        write_bytes(last, bytes);
        const Outcome outcome = done("train dcgan --max-steps 0 --resume " + out);
        for (const char* said :
             {"step-000000007.safetensors", "; the checkpoint before it is used\n", ": resumed at step 6, epoch 2\n"}) {
            EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
        }
        expect_same("whole", out);
    }
}

TEST_F(Resumed, ACheckpointWithTheLossesOfAnotherModelIsRefused) {
    done(begin("vae", "run") + " --max-steps 6");
    const SafetensorsFile checkpoint = read_safetensors(checkpoints("run").back());
    auto state = nlohmann::json::parse(checkpoint.metadata.at("run"));
    const std::string names =
        fmt::format("{}, {}", state["losses"][0][0].get<std::string>(), state["losses"][1][0].get<std::string>());
    state["losses"] = nlohmann::json::parse(R"([["a", 1.0]])");
    write_safetensors(checkpoints("run").back(), NamedTensors(checkpoint.tensors.begin(), checkpoint.tensors.end()),
                      {{"run", state.dump()}});
    const std::vector<fs::path> kept = {"run/metrics.jsonl", "run/events.jsonl", "run/config.json", "run/config.toml"};
    write_bytes(directory_ / "run/metrics.jsonl", content("run/metrics.jsonl") + "the line that was written last\n");
    std::vector<std::string> before;
    for (const fs::path& file : kept) before.push_back(content(file));
    const Outcome outcome = run("train vae --max-steps 0 --resume run");
    EXPECT_EQ(outcome.status, 65);
    EXPECT_NE(outcome.err.find("error: run/checkpoints/step-000000006.safetensors: must have sums of the losses " +
                               names + "; got a\n"),
              std::string::npos)
        << outcome.err;
    for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(content(kept[i]), before[i]) << kept[i];
}

TEST_F(Resumed, ARunWithoutAWholeCheckpointIsRefusedAndStays) {
    done(begin("dcgan", "run") + " --max-steps 2");
    const auto expect_refused = [&](int status, const std::string& error) {
        const Outcome outcome = run("train dcgan --resume run");
        EXPECT_EQ(outcome.status, status);
        EXPECT_NE(outcome.err.find("error: run/checkpoints: " + error + "\n"), std::string::npos) << outcome.err;
    };
    for (const fs::path& file : checkpoints("run")) fs::resize_file(file, 100);
    expect_refused(65, "one checkpoint must be whole; got 3, all damaged");
    EXPECT_EQ(checkpoints("run").size(), 3u);
    for (const fs::path& file : checkpoints("run")) fs::remove(file);
    expect_refused(66, "there must be a checkpoint; got none");
}

TEST_F(Resumed, TheLastCheckpointsAndTheBestAreKept) {
    // Gets worse after its first epoch, or the first is best for another reason.
    done(begin("autoencoder", "run") + " --lr 1");
    std::istringstream lines(content("run/metrics.jsonl"));
    std::vector<double> losses;
    for (std::string line; std::getline(lines, line);) {
        const std::string name = "validation_cross_entropy\":";
        if (line.find(name) == std::string::npos) continue;
        losses.push_back(std::stod(line.substr(line.find(name) + name.size())));
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
    const std::string line =
        "train vae --dataset images:images --batch-size 8 --epochs 2 --width 8 --lr 1.35 --schedule constant --on-nan "
        "rollback --out ";
    done(line + "whole");
    EXPECT_NE(content("whole/events.jsonl").find("rolled back: step "), std::string::npos);
    done(line + "often --save-steps 1");
    done(line + "cut --max-steps 1");
    done("train vae --resume cut --max-steps 0");
    for (const char* other : {"often", "cut"}) expect_same("whole", other, {"weights.safetensors", "metrics.jsonl"});
}

TEST_F(Resumed, TwoProgramsDoNotTrainInOneDirectory) {
    Program first(words(begin("wgan-gp", "run")), directory_.path());
    await_step(first, "run", 1);
    ASSERT_TRUE(first.running());
    for (const std::string& line : {std::string("train wgan-gp --resume run"), begin("wgan-gp", "run") + " --force"}) {
        EXPECT_EQ(refusal(line + " --quiet"), "73 error: run: cannot be written; another program writes there");
    }
}

TEST_F(Resumed, AProgramThatIsRefusedHasWrittenNothing) {
    fs::create_directory(directory_ / "run");
    const DirectoryLock another(directory_ / "run", DirectoryLock::Taken::refuse);
    EXPECT_EQ(refusal(begin("wgan-gp", "run") + " --quiet"),
              "73 error: run: cannot be written; another program writes there");
    EXPECT_TRUE(fs::is_empty(directory_ / "run"));
}

TEST_F(Resumed, ARunKeepsItsSettings) {
    done(begin("dcgan", "run") + " --max-steps 2");
    const std::string settings = content("run/config.toml"), resume = "train dcgan --resume run";
    EXPECT_EQ(refusal(resume + " --freeze generator"),
              "65 error: run/config.toml: --freeze must be as the run was begun, not given; got generator");
    EXPECT_EQ(refusal(resume + " --lr 0.5"),
              "65 error: run/config.toml: --lr must be as the run was begun, 0.001; got 0.5");
    EXPECT_EQ(refusal(resume + " --epochs 9"),
              "65 error: run: --epochs must stay 3, as the linear schedule depends on it; got 9");
    EXPECT_EQ(refusal(resume + " --out other"),
              "2 error: --resume: has the settings and the place of its run; got --out too");
    EXPECT_EQ(content("run/config.toml"), settings);
    done(resume + " --lr 1e-3 --max-steps 3");
}

}  // namespace
}  // namespace adjoint
