// Truths about the convolution commands: questions that people come to a transposed convolution with, where
// layers/transposed_convolution.md does not answer them; operands, results and options.
#include "framework/ops/convolution.h"

#include <gtest/gtest.h>
#include <iomanip>
#include <sstream>

#include "datasets/image_file.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

using ConvolutionCommands = ProgramTest;
using Words = std::vector<std::string>;

/// Whole numbers between -4 and 4, so that no sum is rounded.
Tensor small_numbers(const Shape& shape, DType dtype = DType::float32) {
    std::vector<double> numbers;
    for (Index i = 0; i < element_count(shape); ++i) numbers.push_back(static_cast<double>(i * i * 7 % 23 % 9 - 4));
    return Tensor(shape, numbers, dtype);
}

double dot(const Tensor& a, const Tensor& b) {
    double sum = 0;
    for (Index i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

// ---- the questions people come with

TEST_F(ConvolutionCommands, UpscalingWithSamePaddingDoublesTheImage) {
    EXPECT_EQ(printed({"conv2d-transpose", "--input", "0 0 1.5; 0 1 0; 0 0 0", "--weight", "1 2; 3 4", "--stride",
                       "2,2", "--padding", "same", "--output-size", "6,6"}),
              "  0   0   0   0 1.5   3\n"
              "  0   0   0   0 4.5   6\n"
              "  0   0   1   2   0   0\n"
              "  0   0   3   4   0   0\n"
              "  0   0   0   0   0   0\n"
              "  0   0   0   0   0   0\n");
}

TEST_F(ConvolutionCommands, ADigitComesBackFrom32FiltersByTheAdjoint) {
    const Tensor digit = small_numbers({1, 28, 28, 1});
    write("digit.npy", digit);
    write("filters.npy", small_numbers({7, 7, 1, 32}));
    EXPECT_EQ(printed(words("conv2d --input digit.npy --weight filters.npy --padding same --out activations.npy")),
              "activations.npy: [1, 28, 28, 32] float32\n");
    EXPECT_EQ(printed(words("conv2d-transpose --input activations.npy --weight filters.npy --padding same "
                            "--output-size 28 --out back.npy")),
              "back.npy: [1, 28, 28, 1] float32\n");
    // ⟨conv2d(x), y⟩ = ⟨x, transpose(y)⟩, here with y = conv2d(x).
    EXPECT_EQ(dot(read("activations.npy"), read("activations.npy")), dot(digit, read("back.npy")));
}

TEST_F(ConvolutionCommands, BothGradientsAreConvolutionsToo) {
    const std::string image = "3 1 -4 1; 5 -9 2 6; -5 3 5 8; 9 7 -9 3", filter = "2 7 1; -8 2 8; 1 -8 2",
                      gradient = "1 -2; 3 4";
    EXPECT_EQ(printed({"conv2d-weight-gradient", "--input", image, "--output-gradient", gradient, "--kernel", "3"}),
              printed({"conv2d", "--input", image, "--weight", gradient}));
    EXPECT_EQ(printed({"conv2d-transpose", "--input", gradient, "--weight", filter}),
              printed({"conv2d", "--input", gradient, "--weight", "2 -8 1; 8 2 -8; 1 7 2", "--padding", "full"}));
}

/// The commands in a help text, each with the lines that it says are printed, but for those that need files.
std::vector<std::pair<Words, std::string>> examples(const std::string& help) {
    std::vector<std::pair<Words, std::string>> found;
    std::istringstream lines(help);
    bool promised = false, gap = false;
    const std::string prompt = "  adjoint ", result = "    ";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(prompt)) {
            promised = line.find(".npy") == line.npos && !line.ends_with("--steps");
            std::istringstream rest(line.substr(prompt.size()));
            if (promised) found.emplace_back();
            for (std::string word; promised && rest >> std::quoted(word);) found.back().first.push_back(word);
        } else if (promised && line.starts_with(result)) {
            if (gap) found.back().second += '\n';
            found.back().second += line.substr(result.size()) + '\n';
        }
        gap = line.empty();
    }
    return found;
}

TEST_F(ConvolutionCommands, EveryExampleInTheHelpPrintsWhatTheHelpSays) {
    for (const auto& [command, count] :
         {std::pair("conv2d", 3), std::pair("conv2d-transpose", 4), std::pair("conv2d-weight-gradient", 2)}) {
        const auto promised = examples(printed({command, "--help"}));
        EXPECT_EQ(promised.size(), count);
        for (const auto& [words, expected] : promised) EXPECT_EQ(printed(words), expected);
    }
}

// ---- operands and results

TEST_F(ConvolutionCommands, MatricesAreTypedWithAnyUsualSeparatorsAndSigns) {
    for (const char* matrix : {"-1 2; 3 -4.5", "-1,2;3,-4.5", " -1, +2 ;\t3   -45e-1; ", "-1 2\n3 -4.5\n"}) {
        EXPECT_EQ(printed({"conv2d", "--input", matrix, "--weight", "1"}), "  -1    2\n   3 -4.5\n") << matrix;
        EXPECT_EQ(printed({"conv2d", std::string("--input=") + matrix, "--weight=1"}), "  -1    2\n   3 -4.5\n");
    }
    EXPECT_EQ(printed({"conv2d", "--input", "-.5", "--weight", "-1"}), "0.5\n");
}

TEST_F(ConvolutionCommands, WhatIsPrintedCanBeTypedAgain) {
    const std::string once = printed({"conv2d", "--input", "1 2; 3 4", "--weight", "1 0; 0 1", "--padding", "full"});
    EXPECT_EQ(printed({"conv2d", "--input", once, "--weight", "1"}), once);
}

TEST_F(ConvolutionCommands, NumbersArePrintedShortAndExact) {
    EXPECT_EQ(printed({"conv2d", "--input", "0.1 1e300 -0 16777217", "--weight", "1"}),
              "     0.1   1e+300        0 16777217\n");
    EXPECT_EQ(printed({"conv2d", "--input", "0.1 16777217", "--weight", "1", "--dtype", "float32"}),
              "     0.1 16777216\n");
}

TEST_F(ConvolutionCommands, SeveralPlanesArePrintedUnderHeadings) {
    write("x.npy", Tensor({1, 1, 2, 2}, {1, 2, 3, 4}));
    write("w.npy", Tensor({1, 1, 1, 2}, {10, 100}));
    EXPECT_EQ(printed({"conv2d", "--input", "x.npy", "--weight", "w.npy", "--groups", "2"}),
              "[1, 1, 2, 2] float32\n"
              "\nimage 0, channel 0\n10 30\n"
              "\nimage 0, channel 1\n200 400\n");
    EXPECT_EQ(printed({"conv2d-transpose", "--input", "x.npy", "--weight", "w.npy", "--groups", "2"}),
              "[1, 1, 2, 2] float32\n"
              "\nimage 0, channel 0\n10 30\n"
              "\nimage 0, channel 1\n200 400\n");
    EXPECT_EQ(printed({"conv2d-weight-gradient", "--input", "x.npy", "--output-gradient", "x.npy", "--kernel", "1,2",
                       "--padding", "0,0,0,1"}),
              "[1, 2, 2, 2] float32\n"
              "\nchannel 0, filter 0\n10  3\n"
              "\nchannel 0, filter 1\n14  6\n"
              "\nchannel 1, filter 0\n14  4\n"
              "\nchannel 1, filter 1\n20  8\n");
}

TEST_F(ConvolutionCommands, TheElementTypeIsTheFilesWidestUnlessOneIsAskedFor) {
    write("narrow.npy", Tensor({1, 1}, {1}, DType::float32));
    write("wide.npy", Tensor({1, 1}, {1}, DType::float64));
    const auto type = [&](const std::string& x, const std::string& w, const Words& more = {}) {
        Words words = {"conv2d", "--input", x, "--weight", w, "--out", "y.npy"};
        words.insert(words.end(), more.begin(), more.end());
        return printed(words);
    };
    const std::string float32 = "y.npy: [1, 1, 1, 1] float32\n", float64 = "y.npy: [1, 1, 1, 1] float64\n";
    EXPECT_EQ(type("1", "1"), float64);
    EXPECT_EQ(type("narrow.npy", "1"), float32);
    EXPECT_EQ(type("1", "wide.npy"), float64);
    EXPECT_EQ(type("narrow.npy", "wide.npy"), float64);
    EXPECT_EQ(type("1", "1", {"--dtype", "float32"}), float32);
    EXPECT_EQ(type("wide.npy", "wide.npy", {"--dtype", "float32"}), float32);
    EXPECT_STREQ(name(read("y.npy").dtype()), "float32");
}

TEST_F(ConvolutionCommands, FilesOfLowerRankAreOneImageOrOneFilter) {
    write("plane.npy", small_numbers({3, 4}));
    write("image.npy", small_numbers({3, 4, 2}));
    write("filter.npy", small_numbers({2, 2}));
    write("filters.npy", small_numbers({2, 2, 2, 3}));
    printed({"conv2d", "--input", "plane.npy", "--weight", "filter.npy", "--out", "y.npy"});
    EXPECT_TRUE(equal(read("y.npy"), conv2d(small_numbers({1, 3, 4, 1}), small_numbers({2, 2, 1, 1})).value()));
    printed({"conv2d", "--input", "image.npy", "--weight", "filters.npy", "--out", "y.npy"});
    EXPECT_TRUE(equal(read("y.npy"), conv2d(small_numbers({1, 3, 4, 2}), small_numbers({2, 2, 2, 3})).value()));
}

TEST_F(ConvolutionCommands, OperandsAreAlsoWhatNumPyPrints) {
    EXPECT_EQ(printed({"conv2d", "--input", "[[1. 2.]\n [3. 4.]]", "--weight", "[[1, 10]]"}), "21\n43\n");
    EXPECT_EQ(printed({"conv2d", "--input", "[[1 nan] [-inf 4]]", "--weight", "1"}), "   1  nan\n-inf    4\n");
    EXPECT_EQ(printed({"conv2d", "--input", "[[[1 2] [3 4]]]", "--weight", "[[[[1][10]]]]", "--bias", "[.5]"}),
              "21.5 43.5\n");
}

TEST_F(ConvolutionCommands, OperandsComeAndResultsGoThroughPipes) {
    write("x.npy", small_numbers({2, 3}));
    for (const std::string& sent :
         {content("x.npy"), std::string("-4 3 1; 4 -2 1"), std::string("[[-4 3 1]\n [4 -2 1]]\n")}) {
        write_output(directory_ / "sent", sent);
        std::FILE* const source = std::fopen((directory_ / "sent").c_str(), "rb");
        const std::string input = fmt::format("/dev/fd/{}", ::fileno(source));  // as a shell writes <(command)
        EXPECT_EQ(printed("conv2d --weight 10 --input " + input), "-40  30  10\n 40 -20  10\n") << sent;
        std::fclose(source);
    }
    printed("conv2d --input x.npy --weight 10 --out y.npy");
    const Outcome outcome = done("conv2d --input x.npy --weight 10 --out -");
    EXPECT_EQ(outcome.out, content("y.npy"));
    EXPECT_EQ(outcome.err, "-: [1, 2, 3, 1] float32\n");
    EXPECT_EQ(refusal("conv2d --input - --weight 1"), R"(2 error: --input: row 1 is empty; got "")");
    EXPECT_EQ(refusal("conv2d --input /dev/fd/99 --weight 1"),
              "66 error: /dev/fd/99: cannot be read; got No such file or directory");
}

// ---- options

TEST_F(ConvolutionCommands, PaddingHasNamesOneTwoOrFourNumbersAndNegativeOnesCrop) {
    const auto padded = [&](const std::string& padding) {
        return printed({"conv2d", "--input", "1 2; 3 4", "--weight", "1", "--padding", padding});
    };
    EXPECT_EQ(padded("same"), "1 2\n3 4\n");
    EXPECT_EQ(padded("full"), "1 2\n3 4\n");
    EXPECT_EQ(padded("1"), "0 0 0 0\n0 1 2 0\n0 3 4 0\n0 0 0 0\n");
    EXPECT_EQ(padded("0,1"), "0 1 2 0\n0 3 4 0\n");
    EXPECT_EQ(padded("1,0,0,2"), "0 0 0 0\n1 2 0 0\n3 4 0 0\n");
    EXPECT_EQ(padded("-1,0,0,-1"), "3\n");
    EXPECT_EQ(printed({"conv2d", "--input=1 2; 3 4", "--weight=1", "--padding=-1,0,0,-1"}), "3\n");
}

TEST_F(ConvolutionCommands, StrideAndDilationAreOneNumberOrTwo) {
    const std::string image = "1 2 3; 4 5 6; 7 8 9";
    EXPECT_EQ(printed({"conv2d", "--input", image, "--weight", "1", "--stride", "2"}), "1 3\n7 9\n");
    EXPECT_EQ(printed({"conv2d", "--input", image, "--weight", "1", "--stride", "1,2"}), "1 3\n4 6\n7 9\n");
    EXPECT_EQ(printed({"conv2d-transpose", "--input", "1", "--weight", "1 2; 3 4", "--dilation", "2"}),
              "1 0 2\n0 0 0\n3 0 4\n");
    EXPECT_EQ(printed({"conv2d-transpose", "--input", "1", "--weight", "1 2; 3 4", "--dilation", "1,3"}),
              "1 0 0 2\n3 0 0 4\n");
}

TEST_F(ConvolutionCommands, ATransposedConvolutionMakesAnySizeThatTheConvolutionShrinksToItsInput) {
    const auto made = [&](const Words& more) {
        Words words = {"conv2d-transpose", "--input", "1 2", "--weight", "1", "--stride", "2"};
        words.insert(words.end(), more.begin(), more.end());
        return printed(words);
    };
    EXPECT_EQ(made({}), "1 0 2\n");
    EXPECT_EQ(made({"--output-size", "1,4"}), "1 0 2 0\n");
    EXPECT_EQ(made({"--output-size=2,3"}), "1 0 2\n0 0 0\n");
    EXPECT_EQ(made({"--output-padding", "1"}), "1 0 2 0\n0 0 0 0\n");
    EXPECT_EQ(made({"--output-padding", "0,1"}), "1 0 2 0\n");
}

TEST_F(ConvolutionCommands, DrawTheLeastNumberBlackAndTheGreatestWhite) {
    printed({"conv2d", "--input=-1 0; 1 3", "--weight", "1", "--png", "y.png"});
    const Tensor picture = read_image(directory_ / "y.png", 1);
    const Index height = picture.extent(0), width = picture.extent(1);
    const auto middle = [&](Index i, Index j) {
        return std::lround(255 * picture[(2 * i + 1) * height / 4 * width + (2 * j + 1) * width / 4]);
    };
    EXPECT_EQ((std::array{middle(0, 0), middle(0, 1), middle(1, 0), middle(1, 1)}), (std::array{0L, 64L, 128L, 255L}));
}

}  // namespace
}  // namespace adjoint
