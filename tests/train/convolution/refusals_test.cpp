// Truths about a mistyped convolution: one line says what to change, and an exit status tells scripts.
#include <fmt/format.h>

#include "tests/support/npy_files.h"
#include "tests/support/program.h"

namespace adjoint {
namespace {

using ConvolutionRefusals = ProgramTest;
using Words = std::vector<std::string>;

/// A convolution that is right, with more words, the last of which win.
Words conv2d_with(const Words& more) {
    Words words = {"conv2d", "--weight", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST_F(ConvolutionRefusals, AMatrixMustBeOne) {
    const auto input = [&](const std::string& text) { return refusal(conv2d_with({"--input", text})); };
    EXPECT_EQ(input("1 2; 3"), R"(2 error: --input: rows differ in length; row 1 has 2, row 2 has 1 in "1 2; 3")");
    EXPECT_EQ(input("1;;2"), R"(2 error: --input: row 2 is empty; got "1;;2")");
    EXPECT_EQ(input(" "), R"(2 error: --input: row 1 is empty; got " ")");
    const std::string expected = R"(2 error: --input: expected a .npy file or a matrix such as "1 2; 3 4"; )";
    EXPECT_EQ(input("1 two"), expected + R"("two" is not a number)");
    EXPECT_EQ(input("1 2-"), expected + R"("2-" is not a number)");
    EXPECT_EQ(input("+-1"), expected + R"("+-1" is not a number)");
    EXPECT_EQ(input("image.png"), expected + R"("image.png" is not a number)");
    EXPECT_EQ(input("[[1, 2], [3]]"), "2 error: --input: lists must be of one length; [0] has 2, [1] has 1");
    EXPECT_EQ(input("[1 2]"), "2 error: --input: expected an image [H, W], [H, W, C] or [N, H, W, C]; got [2]");
    EXPECT_EQ(input("1e999"), expected + R"("1e999" is out of range)");
    EXPECT_EQ(refusal({"conv2d", "--input", "1\n2", "--weight", "x\ny"}),
              R"(2 error: --weight: expected a .npy file or a matrix such as "1 2; 3 4"; "x" is not a number)");
}

TEST_F(ConvolutionRefusals, EachOptionSaysWhatItTakes) {
    const auto option = [&](const std::string& name, const std::string& text) {
        return refusal(conv2d_with({"--input", "1", name, text}));
    };
    const std::string pair = "expected one or two whole numbers such as 2 or 2,1; got ";
    for (const char* text : {" ", "x", "1,", ",1", "1,2,3", "1.5", "1 2", "2x2"}) {
        EXPECT_EQ(option("--stride", text), fmt::format("2 error: --stride: {}\"{}\"", pair, text));
        EXPECT_EQ(option("--dilation", text), fmt::format("2 error: --dilation: {}\"{}\"", pair, text));
    }
    EXPECT_EQ(option("--stride", "1,1000001"),
              R"(2 error: --stride: numbers must lie between -1000000 and 1000000; got "1,1000001")");
    EXPECT_EQ(option("--dilation", "99999999999999999999"),
              R"(2 error: --dilation: numbers must lie between -1000000 and 1000000; got "99999999999999999999")");
    for (const char* text : {" ", "SAME", "1,2,3", "1,2,3,4,5", "half"}) {
        EXPECT_EQ(option("--padding", text),
                  fmt::format("2 error: --padding: expected same, valid, full, or one, two or four whole numbers such "
                              "as 1 or 0,1 or 0,0,1,1; got \"{}\"",
                              text));
    }
    EXPECT_EQ(option("--groups", "0"), R"(2 error: --groups: expected a whole number from 1; got "0")");
    EXPECT_EQ(option("--groups", "1,1"), R"(2 error: --groups: expected a whole number from 1; got "1,1")");
    EXPECT_EQ(option("--groups", "two"), R"(2 error: --groups: expected a whole number from 1; got "two")");
    EXPECT_EQ(option("--dtype", "float16"),
              "2 error: --dtype: float16 not in {float32,float64}; did you mean float32?");
    EXPECT_EQ(refusal({"conv2d-weight-gradient", "--input", "1", "--output-gradient", "1", "--kernel", "3x3"}),
              "2 error: --kernel: " + pair + "\"3x3\"");
    EXPECT_EQ(refusal({"conv2d-transpose", "--input", "1", "--weight", "1", "--output-size", "big"}),
              "2 error: --output-size: " + pair + "\"big\"");
}

TEST_F(ConvolutionRefusals, WhatIsMissingUnknownOrTwiceIsNamed) {
    EXPECT_EQ(refusal({"conv2d", "--input", "1"}), "2 error: --weight is required");
    EXPECT_EQ(refusal({"conv2d-weight-gradient", "--input", "1", "--output-gradient", "1"}),
              "2 error: --kernel is required");
    EXPECT_EQ(refusal(conv2d_with({"--input", "1", "--flip"})),
              "2 error: --flip: there is no such option; adjoint conv2d --help lists all");
    EXPECT_EQ(
        refusal({"conv2d-transpose", "--input", "1", "--weight", "1", "--output-size", "1", "--output-padding", "0"}),
        "2 error: conv2d_transpose: the output's size is given twice; got both output_size and output_padding");
}

TEST_F(ConvolutionRefusals, SizesThatDoNotFitAreTheLibrarysErrors) {
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "1", "--stride", "0"}),
              "2 error: conv2d: stride must be at least 1; got 0,0");
    EXPECT_EQ(
        refusal({"conv2d-transpose", "--input", "1 2; 3 4", "--weight", "1", "--stride", "2", "--output-size", "5"}),
        "2 error: conv2d_transpose: output height 5 is not possible; got input height 2, kernel 1, stride 2, "
        "dilation 1, padding 0 and 0, for which 3 to 4 are possible");
    write("rgb.npy", Tensor::ones({1, 4, 4, 3}));
    EXPECT_EQ(refusal({"conv2d", "--input", "rgb.npy", "--weight", "1"}),
              "2 error: conv2d: input has 3 channels, weight expects 1; got input [1, 4, 4, 3], weight [1, 1, 1, 1]");
    EXPECT_EQ(refusal({"conv2d-weight-gradient", "--input", "rgb.npy", "--output-gradient", "1", "--kernel", "4",
                       "--groups", "2"}),
              "2 error: conv2d_weight_gradient: 3 channels do not divide into 2 groups; got input [1, 4, 4, 3]");
}

TEST_F(ConvolutionRefusals, AnOutputGradientThatDoesNotFitIsToldTheShapeThatWould) {
    EXPECT_EQ(refusal({"conv2d-weight-gradient", "--input", "1 2 3; 4 5 6; 7 8 9", "--output-gradient", "1 1 1",
                       "--kernel", "2"}),
              "2 error: conv2d_weight_gradient: the form expects output gradient [1, 2, 2, 1]; got [1, 1, 3, 1]");
}

TEST_F(ConvolutionRefusals, RanksThatMeanNothingAreRefused) {
    write("vector.npy", Tensor::ones({3}));
    write("cube.npy", Tensor::ones({3, 3, 3}));
    write("five.npy", Tensor::ones({1, 1, 1, 1, 1}));
    const auto image = [&](const std::string& file) { return refusal(conv2d_with({"--input", file})); };
    EXPECT_EQ(image("vector.npy"), "2 error: --input: expected an image [H, W], [H, W, C] or [N, H, W, C]; got [3]");
    EXPECT_EQ(image("five.npy"),
              "2 error: --input: expected an image [H, W], [H, W, C] or [N, H, W, C]; got [1, 1, 1, 1, 1]");
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "cube.npy"}),
              "2 error: --weight: expected filters [K, L] or [K, L, C, O]; got [3, 3, 3]");
}

TEST_F(ConvolutionRefusals, AResultTooLargeForAnyMachineIsRefusedBeforeItIsMade) {
    EXPECT_EQ(refusal(conv2d_with({"--input", "1", "--padding", "1000000"})),
              "2 error: conv2d: the result is too large; got [1, 2000001, 2000001, 1], of more than 268435456 numbers");
    EXPECT_EQ(
        refusal({"conv2d-transpose", "--input", "1 1; 1 1", "--weight", "1", "--stride", "1000000"}),
        "2 error: conv2d_transpose: the result is too large; got [1, 1000001, 1000001, 1], of more than 268435456 "
        "numbers");
}

TEST_F(ConvolutionRefusals, FilesHaveTheirOwnExitStatuses) {
    EXPECT_EQ(refusal(conv2d_with({"--input", "no.npy"})),
              "66 error: no.npy: cannot be read; No such file or directory");
    write_bytes(directory_ / "text.npy", "1 2; 3 4");
    EXPECT_EQ(refusal(conv2d_with({"--input", "text.npy"})),
              R"(65 error: text.npy: byte 0: expected a .npy file's first bytes "\x93NUMPY", read "1 2; 3")");
    EXPECT_EQ(refusal(conv2d_with({"--input", "1", "--out", "no/y.npy"})),
              "73 error: no/y.npy: cannot be written; No such file or directory");
    EXPECT_EQ(refusal(conv2d_with({"--input", "1", "--out", "."})), "73 error: .: cannot be written; Is a directory");
}

TEST_F(ConvolutionRefusals, StepsAreDrawnForSmallSingleChannelImagesOnly) {
    write("batch.npy", Tensor::ones({2, 4, 4, 1}));
    write("digit.npy", Tensor::ones({1, 28, 28, 1}));
    const std::string limits =
        "steps are drawn of one image of one channel up to 20 × 20 and one filter up to 8 × 8 that make up to 8 × 8 "
        "outputs "
        "of the convolution; got ";
    EXPECT_EQ(refusal(conv2d_with({"--input", "batch.npy", "--steps"})),
              "2 error: conv2d: " + limits + "image [2, 4, 4, 1], filter [1, 1, 1, 1], outputs [2, 4, 4, 1]");
    EXPECT_EQ(
        refusal({"conv2d-transpose", "--input", "digit.npy", "--weight", "1", "--steps"}),
        "2 error: conv2d_transpose: " + limits + "image [1, 28, 28, 1], filter [1, 1, 1, 1], outputs [1, 28, 28, 1]");
    EXPECT_EQ(refusal({"conv2d-weight-gradient", "--input", "digit.npy", "--output-gradient", "digit.npy", "--kernel",
                       "1", "--steps"}),
              "2 error: conv2d_weight_gradient: " + limits +
                  "image [1, 28, 28, 1], filter [1, 1, 1, 1], outputs [1, 28, 28, 1]");
    EXPECT_EQ(refusal(conv2d_with({"--input", "1 inf", "--steps"})),
              "2 error: conv2d: steps are drawn of finite numbers; got inf");
}

TEST_F(ConvolutionRefusals, GradientsMustFit) {
    EXPECT_EQ(refusal({"conv2d", "--input", "1 2; 3 4", "--weight", "1", "--output-gradient", "1 2"}),
              "2 error: --output-gradient: must have the result's shape [1, 2, 2, 1]; got [1, 1, 2, 1]");
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "1", "--out-input-gradient", "dx.npy"}),
              "2 error: --out-input-gradient requires --output-gradient");
    EXPECT_EQ(
        refusal({"conv2d", "--input", "1", "--weight", "1", "--output-gradient", "1", "--out-bias-gradient", "db.npy"}),
        "2 error: --out-bias-gradient requires --bias");
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "1", "--bias", "1 2"}),
              "2 error: conv2d: bias must be [1]; got [2]");
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "1", "--bias", "1; 2"}),
              "2 error: --bias: expected a number a channel [C]; got [2, 1]");
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "1", "--bias", "1", "--steps"}),
              "2 error: --steps excludes --bias");
}

TEST_F(ConvolutionRefusals, NoFileIsWrittenWhereAnotherCannotBe) {
    const Words call = words("conv2d --input 1 --weight 1 --out y.npy");
    const auto with = [&](const std::string& option, const std::string& file) {
        Words all = call;
        all.insert(all.end(), {option, file});
        return refusal(all);
    };
    EXPECT_EQ(with("--png", "no/y.png"), "73 error: no/y.png: cannot be written; No such file or directory");
    EXPECT_EQ(with("--output-gradient", "no.npy"), "66 error: no.npy: cannot be read; No such file or directory");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "y.npy"));
}

TEST_F(ConvolutionRefusals, AConventionKnowsItsOwnWordsAlone) {
    const auto with = [&](const std::string& more) {
        Words all = words("conv2d-transpose --input 1 --weight 1 " + more);
        return refusal(all);
    };
    EXPECT_EQ(with("--convention caffe"),
              "2 error: --convention: caffe not in {adjoint,pytorch,keras,tensorflow,onnx}");
    EXPECT_EQ(with("--convention onnx --padding 1"),
              R"(2 error: --padding: --convention onnx says --pads or --auto-pad; got "1")");
    EXPECT_EQ(with("--pads 1,1,1,1"),
              "2 error: --pads: is an option of --convention onnx alone; got --convention adjoint");
    EXPECT_EQ(with("--convention keras --auto-pad VALID"),
              "2 error: --auto-pad: is an option of --convention onnx alone; got --convention keras");
    for (const char* padding : {"1", "1,0,2,2,2,2,0,0", "0,1,2,2,2,2,0,0", "0,0,2,2,2,2,1,0", "0,0,2,2,2,2,0,1"})
        EXPECT_EQ(with(fmt::format("--convention keras --padding {}", padding)),
                  fmt::format("2 error: --padding: expected valid, same, or TensorFlow's explicit paddings "
                              "0,0,TOP,BOTTOM,LEFT,RIGHT,0,0; got \"{}\"",
                              padding));
    EXPECT_EQ(with("--convention keras --padding full"),
              "2 error: keras::conv2d_transpose: padding must be 'valid' or 'same'; got 'full'");
    EXPECT_EQ(with("--convention pytorch --padding same"),
              R"(2 error: --padding: expected one or two whole numbers such as 2 or 2,1; got "same")");
    EXPECT_EQ(with("--convention onnx --pads 1,1"),
              R"(2 error: --pads: expected four whole numbers such as 0,0,1,1; got "1,1")");
}

TEST_F(ConvolutionRefusals, AConventionKnowsItsOwnRanksAlone) {
    write("three.npy", Tensor::ones({3, 4, 5}));
    write("five.npy", Tensor::ones({1, 1, 3, 4, 5}));
    const auto input = [&](const std::string& convention, const std::string& file) {
        return refusal({"conv2d", "--convention", convention, "--input", file, "--weight", "1"});
    };
    EXPECT_EQ(input("onnx", "three.npy"), "2 error: --input: expected an image [H, W] or [N, C, H, W]; got [3, 4, 5]");
    EXPECT_EQ(input("pytorch", "five.npy"),
              "2 error: --input: expected an image [H, W], [C, H, W] or [N, C, H, W]; got [1, 1, 3, 4, 5]");
    EXPECT_EQ(refusal({"conv2d", "--convention", "pytorch", "--input", "1", "--weight", "three.npy"}),
              "2 error: --weight: expected filters [K, L] or [O, C, K, L]; got [3, 4, 5]");
}

}  // namespace
}  // namespace adjoint
