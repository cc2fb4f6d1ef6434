// Truths about the documents: their programs and commands print what they say, what they quote stands in the code, and
// the files that they name or link to are there.
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>
#include <string>
#include <vector>
#include <zlib.h>

#include "datasets/read_file.h"
#include "tests/support/project.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

const std::filesystem::path source = source_directory;

struct Document {
    std::string path;
    std::string programs;  // the beginning of their names, which readme.cmake makes
    int program_count;
    int command_count;
    int quote_count;
};
void PrintTo(const Document& document, std::ostream* stream) { *stream << document.path; }

// What a shell command prints, errors among the rest.
std::string output_of(const std::string& command, const std::filesystem::path& directory) {
    std::string output;
    std::FILE* const pipe = popen(("exec 2>&1; cd '" + directory.string() + "'; " + command).c_str(), "r");
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

std::vector<Block> blocks_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<Block> blocks;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        const bool fence = line.starts_with("```");
        if (fence && !inside) blocks.push_back({line.substr(3), ""});
        if (!fence && inside) blocks.back().text += line + "\n";
        inside = inside != fence;
    }
    return blocks;
}

class Documents : public testing::TestWithParam<Document> {
  protected:
    std::filesystem::path file() const { return source / GetParam().path; }
    std::vector<Block> blocks() const { return blocks_of(read_file(file())); }
    TemporaryDirectory directory_;
};

TEST_P(Documents, HaveProgramsThatPrintWhatTheySay) {
    const std::vector<Block> all = blocks();
    int programs = 0;
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        if (all[i].language != "cpp") continue;
        ++programs;
        ASSERT_EQ(all[i + 1].language, "text") << "after program " << programs;
        const std::string program = document_programs + GetParam().programs + std::to_string(programs);
        EXPECT_EQ(output_of(program + " 2>/dev/null", directory_.path()), all[i + 1].text) << all[i].text;
    }
    EXPECT_EQ(programs, GetParam().program_count);
}

// A PNG file with its pixels unpacked, as versions of zlib pack them differently.
std::string unpacked(const std::string& png) {
    constexpr std::size_t signature = 8, around = 12;  // a length, a type and a checksum
    std::string result;
    for (std::size_t at = signature; at + around <= png.size();) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(png[at + i]);
        const std::string type = png.substr(at + 4, 4), content = png.substr(at + 8, length);
        at += length + around;
        result += type;
        if (type != "IDAT" && type != "fdAT") {
            result += content;
            continue;
        }
        const std::string packed = type == "fdAT" ? content.substr(4) : content;
        std::string pixels(10'000'000, '\0');
        uLongf size = pixels.size();
        EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(pixels.data()), &size,
                             reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
                  Z_OK);
        result += pixels.substr(0, size);
    }
    return result;
}

TEST_P(Documents, HaveCommandsThatPrintWhatTheySay) {
    const std::string prompt = "$ adjoint ";
    std::filesystem::create_directory(directory_.path() / "pictures");
    int commands = 0;
    for (const Block& block : blocks()) {
        if (block.language != "console") continue;
        std::istringstream lines(block.text);
        std::string printed;
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("$ ")) continue;
            ++commands;
            ASSERT_TRUE(line.starts_with(prompt)) << line;
            const std::string command = fmt::format("{} {}", adjoint_program, line.substr(prompt.size()));
            printed += fmt::format("{}\n{}", line, output_of(command, directory_.path()));
        }
        EXPECT_EQ(printed, block.text);
    }
    EXPECT_EQ(commands, GetParam().command_count);
    for (const auto& made : std::filesystem::directory_iterator(directory_.path() / "pictures")) {
        const std::filesystem::path shown = file().parent_path() / "pictures" / made.path().filename();
        EXPECT_TRUE(unpacked(read_file(made.path())) == unpacked(read_file(shown))) << shown;
    }
}

// A quotation may stand further left than the code.
std::string unindented(const std::string& text) { return std::regex_replace(text, std::regex("\n +"), "\n"); }

TEST_P(Documents, QuoteWhatStandsInTheCode) {
    const std::string prefix = "cpp ";
    int quotes = 0;
    for (const Block& block : blocks()) {
        if (!block.language.starts_with(prefix)) continue;
        ++quotes;
        const std::string code = read_file(source / block.language.substr(prefix.size()));
        const std::string quote = block.text.substr(0, block.text.size() - 1);  // may end within a line
        EXPECT_NE(unindented(code).find(unindented(quote)), std::string::npos) << block.language << "\n" << quote;
    }
    EXPECT_EQ(quotes, GetParam().quote_count);
}

// A heading's name in a link: small letters and digits, hyphens for spaces, nothing else.
std::string anchor(std::string heading) {
    std::erase_if(heading, [](unsigned char c) { return !std::isalnum(c) && c != '_' && c != '-' && c != ' '; });
    for (char& c : heading) c = c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return heading;
}

TEST_P(Documents, HaveLinksThatLeadSomewhere) {
    const std::string text = read_file(file());
    std::string anchors = "\n";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## ")) anchors += anchor(line.substr(3)) + "\n";
    }
    const std::regex link(R"(\]\(([^)\s]+)\))");
    for (std::sregex_iterator found(text.begin(), text.end(), link), end; found != end; ++found) {
        const std::string target = (*found)[1];
        if (target.starts_with("https://")) continue;
        if (target.starts_with("#")) {
            EXPECT_NE(anchors.find(fmt::format("\n{}\n", target.substr(1))), std::string::npos) << target;
        } else {
            EXPECT_TRUE(std::filesystem::exists(file().parent_path() / target)) << target;
        }
    }
}

TEST_P(Documents, NameFilesThatAreThere) {
    const std::string text = read_file(file());
    const std::regex path("`((?:\\.ci|datasets|framework|layers|models|tests|train)/[\\w./]+)`");
    for (std::sregex_iterator found(text.begin(), text.end(), path), end; found != end; ++found) {
        EXPECT_TRUE(std::filesystem::exists(source / (*found)[1].str())) << (*found)[1];
    }
}

INSTANTIATE_TEST_SUITE_P(All, Documents,
                         testing::Values(Document{"README.md", "readme_", 2, 1, 0},
                                         Document{"layers/transposed_convolution.md", "transposed_convolution_", 2, 29,
                                                  9},
                                         Document{"CONTRIBUTING.md", "contributing_", 0, 0, 1},
                                         Document{"framework/kernels/tiles.md", "tiles_", 0, 0, 0},
                                         Document{"CHANGELOG.md", "changelog_", 0, 0, 0}),
                         [](const auto& row) { return row.param.programs + "document"; });

}  // namespace
}  // namespace adjoint
