#include "tests/support/program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <regex>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "datasets/batches.h"
#include "datasets/digits/drawn_digits.h"
#include "tests/support/project.h"
#include "train/io/npy.h"
#include "train/io/npz.h"
#include "train/records/run_directory.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

std::string content(std::FILE* file) {
    std::rewind(file);
    std::string text;
    for (int c; (c = std::fgetc(file)) != EOF;) text.push_back(static_cast<char>(c));
    return text;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::filesystem::path& directory) {
    std::vector<char*> words = {const_cast<char*>(adjoint_program)};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);

    if (!out_ || !err_) throw std::runtime_error("no temporary file for the program's output");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(out_.get()), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(err_.get()), STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
    // Signals end it, also where a shell that runs the tests in its background ignores them.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    // Neither the network nor what lies in somebody's cache: a test is the same everywhere.
    ::setenv("ADJOINT_OFFLINE", "1", /*overwrite=*/0);
    ::setenv("ADJOINT_CACHE_DIR", (directory / "cache").c_str(), /*overwrite=*/1);
    const int failure = posix_spawn(&process_, adjoint_program, &actions, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::system_error(failure, std::generic_category(), adjoint_program);
}

Program::~Program() {
    if (!running()) return;
    send(SIGKILL);
    outcome();
}

void Program::send(int signal) const { ::kill(process_, signal); }

bool Program::running() {
    ended_ = ended_ || ::waitpid(process_, &ending_, WNOHANG) == process_;
    return !ended_;
}

Outcome Program::outcome() {
    while (!ended_) ended_ = ::waitpid(process_, &ending_, 0) == process_;
    const int status = WIFEXITED(ending_) ? WEXITSTATUS(ending_) : 128 + WTERMSIG(ending_);
    return {.status = status, .out = content(out_.get()), .err = content(err_.get())};
}

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
}

Outcome run_program(const std::vector<std::string>& arguments, const std::filesystem::path& directory) {
    return Program(arguments, directory).outcome();
}

Outcome ProgramTest::done(const CommandLine& line) const {
    Outcome outcome = run(line);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome;
}

// Without the lines that say which images are used, and how far a slow evaluation is.
static std::string without_data(const std::string& messages) {
    return std::regex_replace(messages, std::regex("info: (data|evaluate): [^\n]*\n"), "");
}

std::string ProgramTest::printed(const CommandLine& line) const {
    const Outcome outcome = done(line);
    EXPECT_EQ(without_data(outcome.err), "");
    return outcome.out;
}

std::string ProgramTest::refusal(const CommandLine& line) const {
    const Outcome outcome = run(line);
    EXPECT_EQ(outcome.out, "");
    const std::string message = without_data(outcome.err);
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 1) << message;
    return fmt::format("{} {}", outcome.status, message.substr(0, message.find('\n')));
}

void ProgramTest::expect_refused(const std::vector<Wrong>& all) const {
    const auto before = files();
    for (const Wrong& wrong : all) {
        EXPECT_EQ(refusal(wrong.words).substr(0, wrong.refusal.size()), wrong.refusal) << wrong.words;
        EXPECT_TRUE(files() == before) << wrong.words << ": files have changed";
    }
}

std::map<std::string, std::string> ProgramTest::files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
        found[entry.path()] = entry.is_directory() ? "" : content(entry.path());
    }
    return found;
}

std::string ProgramTest::content(const std::filesystem::path& file) const {
    std::ifstream stream(directory_.path() / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

nlohmann::json ProgramTest::last_metrics(const std::string& run) const {
    std::istringstream lines(content(run + "/metrics.jsonl"));
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return nlohmann::json::parse(last);
}

void ProgramTest::make_run(const std::string& name, const std::string& model) const {
    const TaskSpec& task = *find_task(model);
    const RunDirectory run =
        RunDirectory::create(directory_ / name, {.model = model, .data = {.name = "digits"}}, /*overwrite=*/false);
    run.save_weights(run.weights(), task.make_model(Random(1), task.defaults)->weights());
}

void ProgramTest::write_digits(Index count) const {
    const auto [images, labels] = first_batch(DigitsDataset({.seed = 1, .first = 0, .size = count}), count);
    write_npz(directory_ / "digits.npz", {{"x", images}, {"y", Tensor({count}, {labels.begin(), labels.end()})}});
}

void ProgramTest::write(const std::string& file, const Tensor& tensor) const { write_npy(directory_ / file, tensor); }
Tensor ProgramTest::read(const std::string& file) const { return read_npy(directory_ / file); }

}  // namespace adjoint
