// Truths about a sweep: it trains what it was asked to and ranks that, or says what is wrong before it trains anything.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/support/program.h"

namespace adjoint {
namespace {

class Sweep : public ProgramTest {
  protected:
    /// Of the linear model over these values, with nothing trained.
    void expect_refused(const std::string& more, const std::string& refused) const {
        EXPECT_EQ(refusal("sweep linear --out all --dataset digits --epochs 1 " + more), "2 error: " + refused);
        EXPECT_FALSE(std::filesystem::exists(directory_ / "all"));
    }
};

TEST_F(Sweep, RanksItsRunsAndGoesOnWhereItWas) {
    done("digits --count 240 --npy images.npy");
    const std::string line =
        "sweep autoencoder --over lr=1e-3,1e-5 --over latent=2,4 --out all --dataset images.npy --width 4 --epochs 1 "
        "--batch-size 20 --json";
    const std::string first = done(line).out;
    std::istringstream lines(first.substr(first.find("{\"run\"")));
    std::vector<double> losses;
    for (std::string text; std::getline(lines, text);)
        losses.push_back(nlohmann::json::parse(text).at("validation_cross_entropy"));
    EXPECT_EQ(losses.size(), 4u);
    EXPECT_TRUE(std::ranges::is_sorted(losses));
    const std::string weights = content("all/lr=1e-3,latent=4/weights.safetensors");
    std::filesystem::remove_all(directory_ / "all/lr=1e-5,latent=2");
    const Outcome again = done(line);
    EXPECT_EQ(again.out.substr(again.out.find("{\"run\"")), first.substr(first.find("{\"run\"")));
    EXPECT_EQ(again.err.find("sweep: all/lr=1e-3,latent=4"), std::string::npos) << "it had come to its end";
    EXPECT_TRUE(content("all/lr=1e-3,latent=4/weights.safetensors") == weights);
    EXPECT_TRUE(std::filesystem::exists(directory_ / "all/report.html"));
    EXPECT_EQ(refusal("sweep autoencoder --over lr --out all"),
              "2 error: --over: must be a flag and its values, such as lr=1e-3,3e-4; got lr");
}

TEST_F(Sweep, TakesTheOptionsOfTheProgramWhereverTheyStand) {
    write_digits(60);
    const std::string line = "sweep linear --over lr=1e-3 --dataset digits.npz --epochs 1 --batch-size 20 --out ";
    for (const std::string& quiet : {"--quiet --threads 1 " + line + "before", line + "after --quiet --threads 1"})
        EXPECT_EQ(done(quiet).err, "");
    expect_refused("--over lr=1e-3 --threads 0", "--threads: must be a whole number from 1 to 1024; got 0");
}

TEST_F(Sweep, SaysWhatIsWrongWithAnyValueBeforeItTrains) {
    expect_refused("--over lr=1e-3,abc", "--lr: must be a number above 0; got abc");
    expect_refused("--over seed=1,2 --over lr=1e-3,-1", "--lr: must be a number above 0; got -1");
    expect_refused("--over epoch=1,2", "--epoch: there is no such option; did you mean --epochs?");
    expect_refused("--over lr=1e-3 --over lr=1e-4", "--lr: must be given once; got 1e-3, 1e-4");
    expect_refused("--over overfit-one-batch=true,maybe",
                   "--overfit-one-batch: must be true or false, if it has a value; got maybe");
    expect_refused("--over lr=1e-3 --lrr 1", "--lrr: there is no such option; did you mean --lr?");
    expect_refused("--over out=a,b", "--over: a sweep says itself what --out is; got out=a,b");
    expect_refused("--over resume=a,b", "--over: a sweep says itself what --resume is; got resume=a,b");
}

TEST_F(Sweep, ReadsTheFileOfSettingsBeforeItTrains) {
    std::ofstream(directory_ / "wrong.toml") << "lrr = 3\n";
    EXPECT_EQ(refusal("sweep linear --out all --dataset digits --over lr=1e-3,1e-4 --config wrong.toml"),
              "65 error: wrong.toml: must hold options of linear; got lrr; did you mean lr?");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "all"));
}

TEST_F(Sweep, DrawsDifferentCombinationsOfAnyNumber) {
    write_digits(60);
    std::string values = "1";
    for (int i = 2; i <= 100; ++i) values += fmt::format(",{}", i);
    const std::string flags = "--over seed=" + values + " --over epochs=" + values + " --over log-steps=" + values,
                      more =
                          flags + " --over keep=" + values + " --over warmup=" + values + " --over patience=" + values;
    const std::string huge = more + " --over save-steps=" + values;
    expect_refused(flags, "--over: must make at most 10000 combinations without --samples; got 1000000");
    expect_refused(huge + " --over save-minutes=" + values + " --samples 1",
                   "--over: must make at most 4503599627370496 combinations; got more");
    const auto runs_of = [&](const std::string& line) {
        done("sweep linear --dataset digits.npz --batch-size 20 --max-steps 1 " + line);
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory_ / line.substr(6, 1)))
            if (entry.is_directory()) names.insert(entry.path().filename());
        return names;
    };
    EXPECT_EQ(runs_of("--out a --samples 1 " + huge).size(), 1u);
    const auto drawn = runs_of("--out b --samples 5 --sweep-seed 3 " + flags);
    EXPECT_EQ(drawn.size(), 5u);
    EXPECT_EQ(runs_of("--out c --samples 5 --sweep-seed 3 " + flags), drawn);
    EXPECT_NE(runs_of("--out d --samples 5 --sweep-seed 4 " + flags), drawn);
    const std::string few = " --over lr=1e-3,1e-4 --over seed=1,2,3";
    EXPECT_EQ(runs_of("--out e --samples 5" + few).size(), 5u);
    EXPECT_EQ(runs_of("--out f --samples 6" + few), runs_of("--out g" + few));
}

}  // namespace
}  // namespace adjoint
