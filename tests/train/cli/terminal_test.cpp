// Truths about what a terminal shows of a run: one line that is written over and never wraps, and without a terminal no
// control characters.
#include "train/cli/terminal.h"

#include <cstdlib>
#include <pty.h>
#include <regex>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/environment.h"
#include "tests/support/mirror.h"
#include "tests/support/program.h"
#include "tests/support/project.h"
#include "train/io/safetensors.h"

namespace adjoint {
namespace {

const std::string short_run = "train autoencoder --dataset digits --batch-size 32 --max-steps 40 --out ";

// Whether the machine has pseudo-terminals, which not every container has.
bool there_are_terminals() {
    int terminal = -1, program = -1;
    if (::openpty(&terminal, &program, nullptr, nullptr, nullptr) != 0) return false;
    ::close(terminal);
    ::close(program);
    return true;
}

class Terminal : public ProgramTest {
  protected:
    /// All that reaches a terminal of so many columns until the program leaves with this status.
    std::string shown(const CommandLine& line, unsigned short columns, int exit_status = 0) const {
        winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        int terminal = -1;
        const pid_t process = ::forkpty(&terminal, nullptr, nullptr, &size);
        if (process == 0) {
            std::vector<char*> arguments = {const_cast<char*>(adjoint_program)};
            for (const std::string& word : line) arguments.push_back(const_cast<char*>(word.c_str()));
            arguments.push_back(nullptr);
            ::setenv("TERM", "xterm", 1);
            if (::chdir(directory_.path().c_str()) == 0) ::execv(adjoint_program, arguments.data());
            ::_exit(127);
        }
        std::string text;
        char buffer[4096];
        for (ssize_t count; (count = ::read(terminal, buffer, sizeof buffer)) > 0;) text.append(buffer, count);
        int status = 0;
        ::waitpid(process, &status, 0);
        ::close(terminal);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == exit_status) << text;
        return text;
    }
};

TEST_F(Terminal, ShowsTheProgressInOneLineThatNeverWraps) {
    if (!there_are_terminals()) GTEST_SKIP() << "this machine has no pseudo-terminals";
    for (const unsigned short columns : {80, 40}) {
        const std::string text = shown(fmt::format("{}run-{}", short_run, columns), columns);
        std::size_t lines = 0;
        const std::regex line("\r(epoch 1/5 \\[[^\r\n\x1b]*)\x1b\\[K");
        for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at, ++lines) {
            EXPECT_LT((*at)[1].length(), columns) << (*at)[1];
        }
        EXPECT_GT(lines, 0u) << text;
        // Nothing else moves the cursor, and the last thing on the line is that it goes.
        std::string rest = std::regex_replace(text, line, "");
        rest = std::regex_replace(rest, std::regex("\r\x1b\\[K|\x1b\\[[0-9;]*m|\r\n"), "");
        EXPECT_EQ(rest.find_first_of("\r\x1b\b"), std::string::npos) << rest;
        EXPECT_LT(text.rfind("[K"), text.rfind("epoch 1: test binary cross-entropy"));
    }
}

TEST_F(Terminal, ShowsWarningsOnlyWhereItIsToBeQuiet) {
    if (!there_are_terminals()) GTEST_SKIP() << "this machine has no pseudo-terminals";
    const std::string text = shown(short_run + "run --quiet", 80);
    EXPECT_TRUE(text.starts_with("epoch 1: validation binary cross-entropy ")) << text;
}

TEST_F(Terminal, ShowsHowFarADownloadIs) {
    if (!there_are_terminals()) GTEST_SKIP() << "this machine has no pseudo-terminals";
    const OwnNetwork network;
    const std::string name = "t10k-labels-idx1-ubyte.gz";
    Mirror mirror(std::map<std::string, std::string>{{name, std::string(10'240, 'x')}});
    mirror.at_once = 1'024, mirror.pause = std::chrono::milliseconds(150);
    const std::string text = shown({"data", "get", "mnist", "--dir", "data", "--mirror", mirror.address()}, 80, 66);
    const std::regex line("\r" + name + ": ([1-9])\\.0 KiB of 10\\.0 KiB, (?:\\1)0 %\x1b\\[K");
    EXPECT_TRUE(std::regex_search(text, line)) << text;
    EXPECT_LT(text.rfind(" %\x1b[K"), text.find("\r\x1b[K")) << "the line goes before the warning: " << text;
}

TEST_F(Terminal, WritesMessagesIntoNoFileWhereItIsClosed) {
    write_digits(60);
    for (const std::string closed : {"<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
        const std::string line = fmt::format(
            "cd {} && {} --quiet train autoencoder --dataset digits.npz --width 4 --max-steps 1 --batch-size 20 --out "
            "run --force {}",
            directory_.path().string(), adjoint_program, closed);
        const int status = std::system(line.c_str()), expected = closed == "<&-" || closed == "2>&-" ? 0 : 74;
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == expected) << closed << ": " << status;
        for (const std::string& logged : lines_of(content("run/log.txt"))) {
            for (const char* printed : {"info: ", "warning: ", "epoch ", "weights: "})
                EXPECT_FALSE(logged.starts_with(printed)) << closed << ": " << logged;
        }
    }
}

TEST_F(Terminal, GivesAFileNoControlCharacters) {
    const Outcome outcome = run(short_run + "run");
    for (const std::string& text : {outcome.out, outcome.err}) {
        for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ') << text;
    }
}

TEST_F(Terminal, ShowsControlCharactersOfNamesAsNumbers) {
    EXPECT_EQ(printable("a\x1b[31m\nb\r\x7f\tc"), "a\\x1b[31m\\x0ab\\x0d\\x7f\tc");
    EXPECT_EQ(printable("caf\xc3\xa9 \xc2\xa7 \xc2\x9b"
                        "31m"),
              "caf\xc3\xa9 \xc2\xa7 \xc2\\x9b31m")
        << "é § and CSI";
    EXPECT_EQ(refusal({"weights", "no\x1b[31m\nfile.safetensors"}),
              "66 error: no\\x1b[31m\\x0afile.safetensors: cannot be read; got No such file or directory");
    write_safetensors(directory_ / "w.safetensors", {{"a\x1b[31m\nb", Tensor::ones({1})}});
    EXPECT_EQ(printed("weights w.safetensors"),
              "a\\x1b[31m\\x0ab  float32  [1]  4 bytes\n1 tensors of 1 numbers, 4 bytes\n");
}

TEST_F(Terminal, ShowsOnlySoMuchOfAMessage) {
    const std::string message = "2 error: --lr: must be a number above 0; got ",
                      said = message.substr(message.find("--"));
    EXPECT_EQ(refusal({"train", "autoencoder", "--lr", std::string(100'000, 'x')}),
              message + std::string(5000 - said.size(), 'x') + "…");
}

TEST_F(Terminal, ShowsTheNameOfAnImageAndJsonAsIs) {
    make_run("classifier");
    const std::string name = "a\xe9\x1b[31m\n.npy";
    done({"digits", "--count", "1", "--npy", name});
    EXPECT_TRUE(printed({"predict", "--run", "classifier", name}).starts_with("a\xe9\\x1b[31m\\x0a.npy[0]: "));
    const std::string json = printed({"predict", "--run", "classifier", "--json", name});
    EXPECT_EQ(nlohmann::json::parse(json).at("image"), "a\xef\xbf\xbd\x1b[31m\n.npy[0]");
}

}  // namespace
}  // namespace adjoint
