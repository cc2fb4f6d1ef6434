// Program under test: run as a person would, in a directory of its own.
#pragma once

#include <cstdio>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "framework/tensor/tensor.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {

/// What a run of the program left behind.
struct Outcome {
    int status;       ///< the exit status; 128 + the signal that ended it
    std::string out;  ///< standard output
    std::string err;  ///< standard error
};

/// `adjoint` at work with these arguments in a directory, with nothing to read, and with
/// ADJOINT_OFFLINE=1 where a test does not set it otherwise; its cache is cache/ in that directory.
class Program {
  public:
    Program(const std::vector<std::string>& arguments, const std::filesystem::path& directory);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void send(int signal) const;
    bool running();
    /// Waits for its end.
    Outcome outcome();

  private:
    // Files, not pipes: the program never waits for a reader, however much it says.
    using Capture = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
    Capture out_{std::tmpfile(), std::fclose}, err_{std::tmpfile(), std::fclose};
    int process_ = 0;
    int ending_ = 0;
    bool ended_ = false;
};

/// The words of a command line without quotes.
std::vector<std::string> words(const std::string& text);
/// The lines of a text.
std::vector<std::string> lines_of(const std::string& text);

/// A command line: its words, or a text of them without quotes.
struct CommandLine : std::vector<std::string> {
    CommandLine(std::initializer_list<std::string> all) : vector(all) {}
    CommandLine(const std::vector<std::string>& all) : vector(all) {}
    CommandLine(const std::string& text) : vector(words(text)) {}
    CommandLine(const char* text) : vector(words(text)) {}
};

/// Runs `adjoint` with these arguments in `directory` to its end.
Outcome run_program(const std::vector<std::string>& arguments, const std::filesystem::path& directory);

/// A command line, its words separated by spaces, and how what is said of it begins.
struct Wrong {
    std::string words, refusal;
};

/// A test that runs the program, each in a new directory.
class ProgramTest : public testing::Test {
  protected:
    Outcome run(const CommandLine& line) const { return run_program(line, directory_.path()); }

    /// What came of it, where it has done what it was asked to: status 0 is expected, whatever the messages.
    Outcome done(const CommandLine& line) const;

    /// What it prints when all is well: status 0 and no message are expected.
    std::string printed(const CommandLine& line) const;

    /// The exit status and the message, as `2 error: --input is required`: one line and nothing printed are expected.
    std::string refusal(const CommandLine& line) const;

    /// Expects the refusals, and that no file in the directory changes.
    void expect_refused(const std::vector<Wrong>& all) const;

    /// Every file beneath the directory, with what it holds.
    std::map<std::string, std::string> files() const;
    /// The bytes of a file in the directory, none where it is not there.
    std::string content(const std::filesystem::path& file) const;
    /// The last line of a run's metrics.jsonl.
    nlohmann::json last_metrics(const std::string& run) const;

    /// A finished run on drawn digits in the directory, whose model has the first, random weights of seed 1.
    void make_run(const std::string& name, const std::string& model) const;
    void make_run(const std::string& model) const { make_run(model, model); }

    /// So many drawn digits as `--dataset digits.npz`, which are tested sooner than the 15,000 of `--dataset digits`.
    void write_digits(Index count) const;
    /// A .npy file in the directory.
    void write(const std::string& file, const Tensor& tensor) const;
    Tensor read(const std::string& file) const;

    TemporaryDirectory directory_;
};

}  // namespace adjoint
