// Truths about the tree: arrows point down, a file fits a reader's head, and a folder a glance.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/project.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

// The folders from the bottom to the top: each includes from itself and from those before it.
const std::vector<std::string> floors = {"framework/tensor",
                                         "framework/convolution",
                                         "framework/kernels",
                                         "framework/autograd",
                                         "framework/ops",
                                         "framework/analysis",
                                         "framework/conventions",
                                         "layers",
                                         "layers/losses",
                                         "layers/analysis",
                                         "models",
                                         "datasets/images",
                                         "datasets",
                                         "datasets/digits",
                                         "train/optim",
                                         "train/io",
                                         "train/exchange",
                                         "train/cli",
                                         "train/data",
                                         "train/records",
                                         "train/evaluation",
                                         "train/tasks",
                                         "train/tasks/games",
                                         "train/report",
                                         "train/trainer",
                                         "train/convolution",
                                         "train/gradcheck",
                                         "train/commands",
                                         "train/commands/inference",
                                         "train"};

// The sweep adds adjoints with the operation +, which is recorded for outer tapes.
const std::set<std::pair<std::string, std::string>> exceptions = {
    {"framework/autograd/tape.cpp", "framework/ops/elementwise.h"}};

struct SourceFile {
    std::string path;
    std::vector<std::string> lines;

    std::string folder() const { return fs::path(path).parent_path(); }
};

std::vector<SourceFile> files_in(const std::vector<std::string>& folders) {
    std::vector<SourceFile> files;
    const fs::path root = source_directory;
    for (const std::string& folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string extension = entry.path().extension();
            if (extension != ".h" && extension != ".cpp") continue;
            files.push_back({entry.path().lexically_relative(root), {}});
            std::ifstream stream(entry.path());
            for (std::string line; std::getline(stream, line);) files.back().lines.push_back(line);
        }
    }
    return files;
}

const std::vector<SourceFile>& sources() {
    static const auto files = files_in({"framework", "layers", "models", "datasets", "train"});
    return files;
}

const std::vector<SourceFile>& all_files() {
    static const auto files = files_in({"framework", "layers", "models", "datasets", "train", "tests"});
    return files;
}

std::ptrdiff_t floor_of(const std::string& folder) { return std::ranges::find(floors, folder) - floors.begin(); }

TEST(Structure, HasNoFolderThatStandsOnNoFloor) {
    for (const SourceFile& file : sources()) EXPECT_LT(floor_of(file.folder()), std::ssize(floors)) << file.path;
}

TEST(Structure, HasNoIncludeThatPointsUp) {
    const std::regex include(R"re(\s*#include "([^"]+)/[^"/]+")re"), path(R"re(.*"([^"]+)".*)re");
    int includes = 0;
    for (const SourceFile& file : sources()) {
        for (const std::string& line : file.lines) {
            std::smatch match, whole;
            if (!std::regex_match(line, match, include) || !std::regex_match(line, whole, path)) continue;
            ++includes;
            if (exceptions.contains({file.path, whole[1]})) continue;
            EXPECT_LE(floor_of(match[1]), floor_of(file.folder())) << file.path << " includes " << whole[1];
        }
    }
    EXPECT_GT(includes, 500);
}

TEST(Structure, HasNoFileThatDoesNotSayWhatItIs) {
    for (const SourceFile& file : all_files()) {
        const bool source_of_header =
            file.path.ends_with(".cpp") &&
            fs::exists(fs::path(source_directory) / (file.path.substr(0, file.path.size() - 4) + ".h"));
        if (source_of_header) continue;
        EXPECT_TRUE(!file.lines.empty() && file.lines[0].starts_with("// ")) << file.path;
        EXPECT_EQ(file.lines[0].find('?'), std::string::npos) << file.path << ": " << file.lines[0];
    }
}

TEST(Structure, HasNoFileOfMoreThan320LinesAndNoCommentBeyondColumn120) {
    for (const SourceFile& file : all_files()) {
        EXPECT_LE(file.lines.size(), 320u) << file.path;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (file.lines[i].find("//") == std::string::npos) continue;  // code is the formatter's, text its own
            const auto columns = std::count_if(file.lines[i].begin(), file.lines[i].end(),
                                               [](char c) { return (c & 0xC0) != 0x80; });  // of UTF-8
            EXPECT_LE(columns, 120) << file.path << ":" << i + 1;
        }
    }
}

TEST(Structure, HasNothingAtItsTopThatSomebodyForgotThere) {
    const std::set<std::string> known = {"framework", "layers",         "models",    "datasets",         "tests",
                                         "train",     "CMakeLists.txt", "README.md", "CONTRIBUTING.md",  "CHANGELOG.md",
                                         "LICENSE",   "SECURITY.md",    "runs",      "CMakePresets.json"};
    for (const auto& entry : fs::directory_iterator(source_directory)) {
        const std::string name = entry.path().filename();
        EXPECT_TRUE(known.contains(name) || name.starts_with(".") || name.starts_with("build")) << name;
    }
}

// Other bytes than UTF-8, as in names of files, end a dump.
TEST(Structure, HasNoJsonThatIsWrittenInAnotherWay) {
    for (const SourceFile& file : sources()) {
        if (file.path.starts_with("train/io/json_text.")) continue;
        for (const std::string& line : file.lines) EXPECT_EQ(line.find(".dump("), std::string::npos) << file.path;
    }
}

// A room is a header and its source, or a file that stands alone.
TEST(Structure, HasNoFolderOfMoreThan14Rooms) {
    std::map<std::string, std::set<std::string>> rooms;
    for (const SourceFile& file : sources()) rooms[file.folder()].insert(fs::path(file.path).stem());
    for (const auto& [folder, names] : rooms) EXPECT_LE(names.size(), 14u) << folder;
    EXPECT_EQ(rooms.size(), floors.size());
}

}  // namespace
}  // namespace adjoint
