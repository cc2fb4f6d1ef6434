// Program under test: run as a person would, in a directory of its own.
#pragma once

#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
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

/// Runs `adjoint` with these arguments in `directory` to its end.
Outcome run_program(const std::vector<std::string>& arguments, const std::filesystem::path& directory);

/// A test that runs the program, each in a new directory.
class ProgramTest : public testing::Test {
  protected:
    Outcome run(const std::vector<std::string>& arguments) const { return run_program(arguments, directory_.path()); }

    /// What it prints when all is well: status 0 and no message are expected.
    std::string printed(const std::vector<std::string>& arguments) const;

    /// The exit status and the message, as `2 error: --input is required`: one line and nothing printed are expected.
    std::string refusal(const std::vector<std::string>& arguments) const;

    /// A .npy file in the directory.
    void write(const std::string& file, const Tensor& tensor) const;
    Tensor read(const std::string& file) const;

    TemporaryDirectory directory_;
};

}  // namespace adjoint
