// Truths about the help: each command says what it does, and of each of its options what it is for.
#include <algorithm>

#include "tests/support/program.h"

namespace adjoint {
namespace {

constexpr std::size_t column = 30;  // where what is said of a name begins, behind it or on the next line

class Help : public ProgramTest {
  protected:
    /// The commands below one.
    std::vector<std::string> expect_said_of_all(const std::string& command) const {
        std::vector<std::string> commands;
        bool options = true;
        const std::vector<std::string> help = lines_of(printed(command + "--help"));
        for (std::size_t i = 0; i < help.size(); ++i) {
            if (help[i] == "Example:" || help[i] == "Examples:") break;
            if (help[i] == "Subcommands:") options = false;
            const bool name = help[i].size() > 2 && help[i].starts_with("  ") && help[i][2] != ' ';
            if (!name || (options && help[i][2] != '-')) continue;
            const std::string& said = help[i].size() > column && help[i][column - 1] == ' ' ? help[i] : help.at(i + 1);
            EXPECT_TRUE(said.size() > column && said[column] != ' ') << command << help[i];
            if (!options) commands.push_back(command + help[i].substr(2, help[i].find(' ', 2) - 1));
        }
        const bool example = std::ranges::any_of(
            help, [&](const std::string& line) { return line.starts_with("  adjoint " + command); });
        EXPECT_TRUE(example || !options) << command << "has no example of its own";
        return commands;
    }
};

TEST_F(Help, SaysWhatEveryCommandAndEveryOptionIsFor) {
    std::vector<std::string> commands = {""};
    for (std::size_t i = 0; i < commands.size(); ++i) {
        for (const std::string& below : expect_said_of_all(commands[i])) commands.push_back(below);
    }
    EXPECT_GT(commands.size(), 34U);
}

}  // namespace
}  // namespace adjoint
