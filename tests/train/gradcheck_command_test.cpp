// Truths about the gradient check on the command line: every operation and loss that a header declares has a row, every
// row passes, and wrong words are refused.
#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/program.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using GradcheckCommand = ProgramTest;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// What the first group of `declaration` finds in a file of the project.
std::set<std::string> declared_in(const std::filesystem::path& header, const std::regex& declaration) {
    std::ifstream stream(header);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::set<std::string> names;
    for (std::sregex_iterator found(text.begin(), text.end(), declaration), end; found != end; ++found) {
        names.insert((*found)[1]);
    }
    return names;
}

void expect_rows(const std::string& header, const std::set<std::string>& names) {
    const std::vector<GradientRow>& table = gradient_table();
    for (const std::string& name : names) {
        EXPECT_TRUE(std::any_of(table.begin(), table.end(), [&](const GradientRow& row) { return row.name == name; }))
            << header << " declares " << name << ", which gradient_table() does not check";
    }
}

const std::filesystem::path source = ADJOINT_SOURCE_DIR;

TEST(GradientTable, HasARowForEveryOperationAndLoss) {
    // Operators are written with these functions.
    const std::regex function(R"((?:^|\n)(?:Variable|Maxima) (\w+)\()");
    struct Header {
        std::string path;
        std::size_t at_least;
        std::string scope = "";
    };
    const std::vector<Header> headers = {{"framework/elementwise.h", 19},
                                         {"framework/reduction.h", 7},
                                         {"framework/shaping.h", 7},
                                         {"framework/matmul.h", 1},
                                         {"framework/convolution.h", 4},
                                         {"framework/conventions/layouts.h", 4},
                                         {"framework/conventions/pytorch.h", 2, "pytorch::"},
                                         {"framework/conventions/keras.h", 3, "keras::"},
                                         {"framework/conventions/onnx.h", 2, "onnx::"},
                                         {"framework/image_patches.h", 2},
                                         {"framework/indexing.h", 2},
                                         {"framework/pooling.h", 4},
                                         {"framework/sparse_matrix.h", 1},
                                         {"framework/resampling.h", 2},
                                         {"framework/checkerboard.h", 1},
                                         {"framework/standardize.h", 1},
                                         {"layers/spectral_norm.h", 1},
                                         {"layers/losses.h", 5},
                                         {"layers/gan_losses.h", 10}};
    for (const auto& [header, at_least, scope] : headers) {
        std::set<std::string> names;
        for (const std::string& name : declared_in(source / header, function)) names.insert(scope + name);
        EXPECT_GE(names.size(), at_least) << header;
        expect_rows(header, names);
    }
}

TEST(GradientTable, HasARowForEveryLayer) {
    const std::regex layer(R"(\n(?:class|struct) (\w+) : (?:public )?(?:Module|Activation|Reshape|GroupNorm)\b)");
    std::set<std::string> all;
    for (const auto& file : std::filesystem::directory_iterator(source / "layers")) {
        std::set<std::string> names = declared_in(file.path(), layer);
        names.erase("Activation");  // what the activations derive from
        expect_rows(file.path().filename(), names);
        all.merge(names);
    }
    EXPECT_GE(all.size(), 24u);
}

TEST(GradientTable, HasNamesOfItsOwn) {
    std::set<std::string> names;
    for (const GradientRow& row : gradient_table()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

TEST_F(GradcheckCommand, FindsEveryGradientRight) {
    const std::vector<std::string> lines = lines_of(printed({"gradcheck"}));
    const std::size_t rows = gradient_table().size();
    ASSERT_EQ(lines.size(), rows + 2);
    EXPECT_EQ(lines.front(), "operation                         order   relative error");
    for (std::size_t i = 0; i < rows; ++i) {
        EXPECT_TRUE(lines[i + 1].starts_with(gradient_table()[i].name + " ") && lines[i + 1].ends_with("   ok"))
            << lines[i + 1];
    }
    EXPECT_EQ(lines.back(), fmt::format("{} checked, 0 failed", rows));
}

TEST_F(GradcheckCommand, FindsSecondDerivativesRightForAnySeed) {
    for (const char* seed : {"0", "5"}) {
        const std::vector<std::string> lines = lines_of(printed({"gradcheck", "--order", "2", "--seed", seed}));
        EXPECT_EQ(lines.size(), 2 * gradient_table().size() + 2);
        EXPECT_EQ(lines.back(), fmt::format("{} checked, 0 failed", gradient_table().size()));
    }
}

TEST_F(GradcheckCommand, ChecksOneWhereOneIsNamed) {
    const std::vector<std::string> lines =
        lines_of(printed({"gradcheck", "--layer", "Conv2DTranspose", "--order", "2"}));
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_TRUE(lines[1].starts_with("Conv2DTranspose                       1"));
    EXPECT_TRUE(lines[2].starts_with("Conv2DTranspose                       2"));
    EXPECT_EQ(lines[3], "1 checked, 0 failed");
}

TEST_F(GradcheckCommand, RefusesNamesThatItDoesNotKnowByNamingThoseItDoes) {
    const std::string message = refusal({"gradcheck", "--layer", "deconv"});
    EXPECT_TRUE(message.starts_with("2 error: gradcheck: no operation or layer has this name; got deconv, known: "))
        << message;
    for (const GradientRow& row : gradient_table()) EXPECT_NE(message.find(row.name), std::string::npos) << row.name;
}

TEST_F(GradcheckCommand, RefusesOrdersThatItDoesNotReach) {
    for (const char* order : {"0", "5", "x"}) {
        const std::string message = refusal({"gradcheck", "--order", order});
        EXPECT_TRUE(message.starts_with("2 error: ") && message.find("--order") != std::string::npos) << message;
    }
}

}  // namespace
}  // namespace adjoint
