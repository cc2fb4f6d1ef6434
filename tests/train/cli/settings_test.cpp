// Truths about settings: which source goes before which, that they can be fed back, and what is said of wrong ones.
#include "train/cli/settings.h"

#include <algorithm>

#include "tests/support/environment.h"
#include "tests/support/expectations.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "train/cli/validators.h"

namespace adjoint {
namespace {

/// A command with options of each kind.
struct Command {
    Command() {
        command.add_option("--rate", rate)->check(positive_number())->capture_default_str();
        command.add_option("--seed", seed)->capture_default_str();
        command.add_option("--name", name)->capture_default_str();
        command.add_option("--list", list)->allow_extra_args(false);
        command.add_flag("--flag", flag);
        command.add_option("--other")->configurable(false);
        read_environment(command);
    }
    void parse(std::vector<std::string> words) {
        std::reverse(words.begin(), words.end());
        command.parse(words);
    }
    std::string read(const std::string& text) {
        write_bytes(file, text);
        return error_about<DataError>(file, [&] { read_settings(command, file); });
    }

    std::string refusal_to_resume(const std::set<std::string>& may_change) {
        return error_about<DataError>(file, [&] { resume_settings(command, file, may_change); });
    }

    double rate = 0.1;
    std::uint64_t seed = 1;
    std::string name = "first";
    std::vector<std::string> list;
    bool flag = false;
    CLI::App command{"", "command"};
    TemporaryDirectory directory;
    const std::filesystem::path file = directory / "settings.toml";
};

class RunSettings : public testing::Test, protected Command {};

TEST_F(RunSettings, ComeFromFlagsThenTheEnvironmentThenTheFileThenDefaults) {
    const EnvironmentVariable in_environment("ADJOINT_NAME", "environment"), too("ADJOINT_RATE", "0.2");
    parse({"--rate", "0.3"});
    EXPECT_EQ(read("rate = 0.4\nname = 'file'\nlist = ['a', 'b']"), "no error");
    EXPECT_EQ(rate, 0.3);
    EXPECT_EQ(name, "environment");
    EXPECT_EQ(list, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(seed, 1u);
}

TEST_F(RunSettings, ComeBackAsTheyWereWritten) {
    parse({"--rate", "1e-7", "--seed", "18446744073709551615", "--name", "a # 'b' \"c\" \\", "--list", "x", "--list",
           "007", "--list", "true", "--flag"});
    const std::string text = settings_text(command);
    EXPECT_EQ(text.find("other"), std::string::npos);
    Command other;
    other.parse({});
    EXPECT_EQ(other.read(text), "no error");
    EXPECT_EQ(other.rate, 1e-7);
    EXPECT_EQ(other.seed, UINT64_MAX);
    EXPECT_EQ(other.name, "a # 'b' \"c\" \\");
    EXPECT_EQ(other.list, (std::vector<std::string>{"x", "007", "true"}));
    EXPECT_TRUE(other.flag);
}

TEST_F(RunSettings, ThatAreWrongAreSaidToBeSoByFileAndName) {
    parse({});
    EXPECT_EQ(read("speed = 3"), "must hold options of command; got speed; did you mean seed?");
    EXPECT_EQ(read("other = 3"), "must hold options of command; got other");
    EXPECT_EQ(read("[section]\nrate = 3"), "must hold options of command; got section");
    EXPECT_EQ(read("rate = -3"), "--rate: must be a number above 0; got -3");
    EXPECT_EQ(read("seed = 2026-11-21"), "seed: must be a text, a number, true or false");
    command.add_option_function<std::string>(
        "--picky", [](const std::string& text) { throw Error("--picky: must be more; got " + text); });
    EXPECT_EQ(read("picky = 'x'"), "--picky: must be more; got x");
    std::string deep = "a";
    for (int parts = 1; parts < 50'000; ++parts) deep += ".a";
    for (const std::string& text : {deep + " = 1", "[" + deep + "]", "[[" + deep + "]]", "x = {" + deep + " = 1}"})
        EXPECT_EQ(read(text), "must have at most 1000 points, as in a.b; got 49999");
    EXPECT_TRUE(read("rate = 3\nname 'x'").starts_with("must be TOML; got in line 2: "));
    const auto none = directory / "none.toml";
    EXPECT_EQ(error_about<MissingInput>(none, [&] { read_settings(command, none); }),
              "cannot be read; got No such file or directory");
}

TEST_F(RunSettings, ThatCouldNotBeReadAgainAreNotWritten) {
    parse({"--name", "images:caf\xe9"});
    EXPECT_REFUSAL(settings_text(command),
                   "--name: must be UTF-8, as config.toml is, for the run to go on; got images:caf\xe9");
}

TEST_F(RunSettings, HoldStillInARunThatIsResumed) {
    parse({"--rate", "1e-1", "--name", "new"});
    write_bytes(file, "rate = 0.1\nname = 'old'\nseed = 5");
    EXPECT_EQ(refusal_to_resume({}), "--name must be as the run was begun, old; got new");
    EXPECT_EQ(refusal_to_resume({"name"}), "no error");
    EXPECT_EQ(name, "new");
    EXPECT_EQ(seed, 5u);
}

TEST_F(RunSettings, ThatARunWasBegunWithoutCannotBeAddedToIt) {
    parse({"--flag", "--seed", "18446744073709551615"});
    write_bytes(file, "seed = '18446744073709551614'");
    EXPECT_EQ(refusal_to_resume({"flag"}),
              "--seed must be as the run was begun, 18446744073709551614; got 18446744073709551615");
    EXPECT_EQ(refusal_to_resume({"seed"}), "--flag must be as the run was begun, not given; got true");
}

}  // namespace
}  // namespace adjoint
