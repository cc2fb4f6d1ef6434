// The README is right: its programs and commands print what it says.
#include <array>
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace adjoint {
namespace {

// What a shell command prints, errors among the rest.
std::string output_of(const std::string& command) {
    std::string output;
    std::FILE* const pipe = popen(("exec 2>&1; " + command).c_str(), "r");
    std::array<char, 4096> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), count);
    pclose(pipe);
    return output;
}

struct Block {
    std::string language;
    std::string text;
};

std::vector<Block> readme_blocks() {
    std::ifstream stream(ADJOINT_SOURCE_DIR "/README.md");
    std::vector<Block> blocks;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("```")) {
            inside = !inside;
            if (inside) blocks.push_back({line.substr(3), ""});
        } else if (inside) {
            blocks.back().text += line + "\n";
        }
    }
    return blocks;
}

TEST(Readme, ProgramsPrintWhatItSays) {
    const std::vector<Block> blocks = readme_blocks();
    int programs = 0;
    for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
        if (blocks[i].language != "cpp") continue;
        ++programs;
        ASSERT_EQ(blocks[i + 1].language, "text") << "after program " << programs;
        EXPECT_EQ(output_of(ADJOINT_README_PROGRAMS + std::to_string(programs) + " 2>/dev/null"), blocks[i + 1].text)
            << blocks[i].text;
    }
    EXPECT_EQ(programs, 4);
}

TEST(Readme, CommandsPrintWhatItSays) {
    int commands = 0;
    for (const Block& block : readme_blocks()) {
        if (block.language != "console") continue;
        ++commands;
        const std::size_t end = block.text.find('\n');
        const std::string command = block.text.substr(0, end), expected = block.text.substr(end + 1);
        ASSERT_TRUE(command.starts_with("$ adjoint "));
        EXPECT_EQ(output_of(ADJOINT_PROGRAM + command.substr(std::string("$ adjoint").size())), expected);
    }
    EXPECT_EQ(commands, 3);
}

}  // namespace
}  // namespace adjoint
