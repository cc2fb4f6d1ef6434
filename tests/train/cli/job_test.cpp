// Truths about a job of several processes: it ends with the bytes of one, in whatever number it goes on; a signal
// to one of them stops all; and what differs, or fails in one alone, ends them all with one line.
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "datasets/read_file.h"
#include "tests/support/program.h"
#include "tests/support/project.h"

namespace adjoint {
namespace {

class JobTest : public ProgramTest {
  protected:
    JobTest() { write_digits(600); }
    // What came of a line of the shell in the directory.
    Outcome shell(const std::string& command) const {
        const std::string all =
            fmt::format("cd '{}' && {{ {}; }} > out.txt 2> err.txt", directory_.path().string(), command);
        const int status = std::system(all.c_str());
        return {.status = WEXITSTATUS(status), .out = content("out.txt"), .err = content("err.txt")};
    }
    static std::string many(int count, const std::string& arguments, const std::string& environment = "") {
        return fmt::format("{} {} -n {} {} --threads 1 {}", environment, mpirun, count, adjoint_program, arguments);
    }
    // The files in which nothing is of its own time or place.
    void expect_same_run(const std::string& a, const std::string& b) const {
        for (const char* file : {"weights.safetensors", "metrics.jsonl", "samples/epoch-001.png"}) {
            EXPECT_FALSE(content(a + "/" + file).empty()) << a << " " << file;
            EXPECT_TRUE(content(a + "/" + file) == content(b + "/" + file)) << a << " " << b << " " << file;
        }
    }
    const std::string line =
        "train vae --dataset digits.npz --batch-size 20 --epochs 1000 --width 4 --latent 4 --log-steps 2 ";
    // Words of the shell: wait until the job that writes to place has begun; the number of one of its processes. The
    // whole path tells them from those of another test that runs beside this one.
    const std::string place = (directory_.path() / "many").string();
    const std::string until_begun =
        "for i in $(seq 600); do [ -e many/samples/epoch-000.png ] && break; sleep 0.1; done;";
    const std::string a_process =
        fmt::format("pgrep -f '^{} --threads 1 .*--out {}' | tail -1", adjoint_program, place);
};

TEST_F(JobTest, EndsWithTheBytesOfOneProcessInWhateverNumberItGoesOn) {
    done(line + "--max-steps 9 --out one");
    const Outcome begun = shell(many(3, line + "--max-steps 4 --out many"));
    EXPECT_EQ(begun.status, 0) << begun.err;
    EXPECT_EQ(std::count(begun.out.begin(), begun.out.end(), '\n'), 3) << "one speaks for all: " << begun.out;
    for (const auto& [count, steps] : {std::pair(2, 6), {5, 9}}) {
        const Outcome outcome = shell(many(count, fmt::format("train vae --resume many --max-steps {}", steps)));
        EXPECT_EQ(outcome.status, 0) << outcome.err;
    }
    expect_same_run("one", "many");
}

TEST_F(JobTest, MeasuresWhatItsProcessesTellEachOther) {
    const Outcome outcome = shell(many(2, "bench --model autoencoder --batch-size 4 --steps 1 --json"));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const nlohmann::json measured = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(measured.at("processes"), 2);
    EXPECT_GT(measured.at("mbytes_sent_a_step"), 0.0);
    EXPECT_GT(measured.at("exchanges_a_step"), 0);
    std::set<std::string> operations;
    for (const nlohmann::json& row : measured.at("operations")) operations.insert(row.at("operation"));
    EXPECT_TRUE(operations.contains("exchange") && operations.contains("wait for others")) << outcome.out;
}

TEST_F(JobTest, NamesItsRunByTheTimeWhereNobodyNamesIt) {
    const std::string short_line = "train linear --dataset digits.npz --batch-size 20 --max-steps 2";
    done(short_line);
    const Outcome outcome = shell("rm -r runs; " + many(2, short_line) + " && ls runs");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_TRUE(std::regex_search(outcome.out, std::regex("\nlinear-[-0-9]+\n$"))) << outcome.out;
}

TEST_F(JobTest, FindsWhatIsNotFiniteAndGoesBackAsOneProcessDoes) {
    const std::string wild = line + "--schedule constant --lr 1.5 --max-steps 6 --on-nan rollback --out ";
    const std::string alone = done(wild + "one").err;
    const Outcome outcome = shell(many(3, wild + "many"));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    std::smatch reason, together;
    const std::regex found("step \\d+: [a-z_0-9]+.* the result must be finite; got [^;]*;");
    ASSERT_TRUE(std::regex_search(alone, reason, found)) << alone;
    ASSERT_TRUE(std::regex_search(outcome.err, together, found)) << outcome.err;
    EXPECT_EQ(reason.str(), together.str());
    expect_same_run("one", "many");
}

TEST_F(JobTest, StopsAtOneStepWhereverTheSignalComes) {
    done(line + "--max-steps 500 --out one");
    const Outcome stopped =
        shell(fmt::format("{} & {} sleep 0.3; kill -TERM $({}); wait $!",
                          many(2, line + "--max-steps 500 --out " + place), until_begun, a_process));
    EXPECT_EQ(stopped.status, 128 + SIGTERM) << stopped.err;
    EXPECT_TRUE(std::regex_search(stopped.err, std::regex("info: stopped at step \\d+; to go on: "))) << stopped.err;
    EXPECT_EQ(shell(many(3, "train vae --resume many")).status, 0);
    expect_same_run("one", "many");
}

TEST_F(JobTest, RefusesProcessesThatAreNotAlike) {
    const Outcome outcome = shell(
        fmt::format("{0} -n 1 {1} {2} --out many : -n 1 {1} {2} --out many --seed 2", mpirun, adjoint_program, line));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(std::regex_search(outcome.err, std::regex("error: processes must be alike; process 0 is .*, settings "
                                                          "[0-9a-f]+; process 1 is .*, settings [0-9a-f]+\n")))
        << outcome.err;
    EXPECT_TRUE(content("many/config.json").empty());
}

TEST_F(JobTest, SaysOnceWhatIsWrongForAll) {
    const Outcome outcome = shell(many(3, "train vae --epochs 0"));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err.find("error: --epochs: must be a whole number from 1 to 1000000; got 0\n"), 0u)
        << outcome.err;
    EXPECT_EQ(outcome.err.find("error:", 7), outcome.err.npos) << outcome.err;
}

TEST_F(JobTest, NamesAProcessThatDoesNotAnswer) {
    const Outcome outcome = shell(fmt::format(
        "{} & {} sleep 1; victim=$({}); kill -STOP $victim; wait $!; status=$?; kill -KILL $victim; (exit $status)",
        many(2, "--process-timeout 2 " + line + "--max-steps 100000 --out " + place), until_begun, a_process));
    EXPECT_EQ(outcome.status, 75);
    EXPECT_TRUE(std::regex_search(
        outcome.err, std::regex("error: process [01] of 2 has not answered for 2 seconds; --resume goes on from the "
                                "last checkpoint, with any number of processes\n")))
        << outcome.err;
}

}  // namespace
}  // namespace adjoint
