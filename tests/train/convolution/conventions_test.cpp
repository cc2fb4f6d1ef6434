// Truths about the conventions of the convolution commands: a convolution of another system runs as it stands, on its
// own files in its own layouts and words, with gradients.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "framework/conventions/keras.h"
#include "framework/conventions/layouts.h"
#include "framework/conventions/onnx.h"
#include "framework/conventions/pytorch.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "tests/support/random_forms.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Words = std::vector<std::string>;
using Apply = std::function<Variable(const Variable& input, const Variable& weight, const Variable& bias)>;

// A command on files, and the function that it stands for.
struct Call {
    std::string name;
    Words words;
    struct {
        Shape input, weight, bias, result;
    } shapes;
    Apply apply;
};
void PrintTo(const Call& call, std::ostream* stream) { *stream << call.name; }

class ConvolutionConventions : public ProgramTest, public testing::WithParamInterface<Call> {
  protected:
    Words command(const Words& more) const {
        Words words = GetParam().words;
        words.insert(words.end(),
                     {"--input", "input.npy", "--weight", "weight.npy", "--bias", "bias.npy", "--out", "result.npy"});
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
};

TEST_P(ConvolutionConventions, WritesTheResultAndItsGradients) {
    for (const DType dtype : {DType::float32, DType::float64}) {
        const Call& call = GetParam();
        const auto& [x, w, b, y] = call.shapes;
        const Variable input = random_integers(x, Random(1), dtype), weight = random_integers(w, Random(2), dtype),
                       bias = random_integers(b, Random(3), dtype);
        const Tensor gradient = random_integers(y, Random(4), dtype);
        write("input.npy", input.value());
        write("weight.npy", weight.value());
        write("bias.npy", bias.value());
        write("gradient.npy", gradient);
        const auto line = [&](const char* file, const Shape& shape) {
            return fmt::format("{}: {} {}\n", file, shape, name(dtype));
        };
        EXPECT_EQ(printed(command({})), line("result.npy", y));
        EXPECT_EQ(printed(command({"--output-gradient", "gradient.npy", "--out-input-gradient", "dx.npy",
                                   "--out-weight-gradient", "dw.npy", "--out-bias-gradient", "db.npy"})),
                  line("result.npy", y) + line("dx.npy", x) + line("dw.npy", w) + line("db.npy", b));
        Tape tape({input, weight, bias});
        const Variable result = call.apply(input, weight, bias);
        const std::vector<Variable> gradients = tape.gradient(result, gradient);
        EXPECT_TRUE(equal(read("result.npy"), result.value()));
        EXPECT_TRUE(equal(read("dx.npy"), gradients[0].value()));
        EXPECT_TRUE(equal(read("dw.npy"), gradients[1].value()));
        EXPECT_TRUE(equal(read("db.npy"), gradients[2].value()));
    }
}

const std::vector<Call> calls = {
    {"adjoint_conv2d",
     words("conv2d --stride 2,1 --padding 1,0,2,0 --groups 2"),
     {{2, 5, 6, 4}, {3, 2, 2, 6}, {6}, {2, 3, 5, 6}},
     [](const auto& x, const auto& w, const auto& b) {
         return conv2d(x, w,
                       Conv2DForm::of("conv2d", x.shape(), w.shape(),
                                      {.stride = {2, 1}, .padding = Sides{1, 0, 2, 0}, .groups = 2}),
                       {.bias = b});
     }},
    {"adjoint_conv2d_transpose",
     words("conv2d-transpose --stride 2 --padding same --output-size 9,12"),
     {{2, 5, 6, 4}, {3, 2, 3, 4}, {3}, {2, 9, 12, 3}},
     [](const auto& x, const auto& w, const auto& b) {
         return conv2d_input_gradient(
             x, w,
             transposed_form(x.shape(), w.shape(),
                             {.stride = {2, 2}, .padding = Padding::same(), .output_size = Size2D{9, 12}}),
             {.bias = b});
     }},
    {"pytorch_conv2d",
     words("conv2d --convention pytorch --stride 2,1 --padding 1,0 --dilation 1,2 --groups 2"),
     {{2, 4, 5, 6}, {6, 2, 3, 2}, {6}, {2, 6, 3, 4}},
     [](const auto& x, const auto& w, const auto& b) {
         return pytorch::conv2d(
             x, w, {.bias = b, .stride = {2, 1}, .padding = Size2D{1, 0}, .dilation = {1, 2}, .groups = 2});
     }},
    {"pytorch_conv2d_same",
     words("conv2d --convention pytorch --padding same"),
     {{2, 3, 5, 4}, {2, 3, 2, 4}, {2}, {2, 2, 5, 4}},
     [](const auto& x, const auto& w, const auto& b) { return pytorch::conv2d(x, w, {.bias = b, .padding = "same"}); }},
    {"pytorch_conv2d_unbatched",
     words("conv2d --convention pytorch"),
     {{3, 5, 4}, {2, 3, 2, 4}, {2}, {2, 4, 1}},
     [](const auto& x, const auto& w, const auto& b) { return pytorch::conv2d(x, w, {.bias = b}); }},
    {"pytorch_conv_transpose2d",
     words("conv2d-transpose --convention pytorch --stride 2,3 --padding 1,0 --output-padding 1,2 --groups 2"),
     {{2, 4, 3, 2}, {4, 3, 3, 2}, {6}, {2, 6, 6, 7}},
     [](const auto& x, const auto& w, const auto& b) {
         return pytorch::conv_transpose2d(
             x, w, {.bias = b, .stride = {2, 3}, .padding = {1, 0}, .output_padding = {1, 2}, .groups = 2});
     }},
    {"pytorch_conv_transpose2d_output_size",
     words("conv2d-transpose --convention pytorch --stride 2 --output-size 2,3,8,5 --output-padding 1"),
     {{2, 4, 3, 2}, {4, 3, 3, 2}, {3}, {2, 3, 8, 5}},
     [](const auto& x, const auto& w, const auto& b) {
         return pytorch::conv_transpose2d(x, w, {.bias = b, .stride = {2, 2}, .output_size = Shape{8, 5}});
     }},
    {"keras_conv2d",
     words("conv2d --convention keras --strides 2,1 --padding same --dilation-rate 1,2"),
     {{2, 5, 6, 4}, {3, 2, 4, 3}, {3}, {2, 3, 6, 3}},
     [](const auto& x, const auto& w, const auto& b) {
         return keras::conv2d(x, w, {.bias = b, .strides = {2, 1}, .padding = "same", .dilation_rate = {1, 2}});
     }},
    {"keras_conv2d_explicit_paddings",
     words("conv2d --convention keras --padding 0,0,1,2,3,4,0,0 --groups 2"),
     {{1, 5, 6, 4}, {3, 2, 2, 2}, {2}, {1, 6, 12, 2}},
     [](const auto& x, const auto& w, const auto& b) {
         return keras::conv2d(x, w,
                              {.bias = b, .padding = Sides{.top = 1, .left = 3, .bottom = 2, .right = 4}, .groups = 2});
     }},
    {"keras_conv2d_transpose",
     words("conv2d-transpose --convention keras --strides 3,2 --padding VALID"),
     {{2, 3, 2, 4}, {2, 3, 3, 4}, {3}, {2, 9, 5, 3}},
     [](const auto& x, const auto& w, const auto& b) {
         return keras::conv2d_transpose(x, w, {.bias = b, .strides = {3, 2}});
     }},
    {"keras_conv2d_transpose_output_shape",
     words("conv2d-transpose --convention keras --strides 2 --padding SAME --output-shape 2,5,4,3"),
     {{2, 3, 2, 4}, {2, 3, 3, 4}, {3}, {2, 5, 4, 3}},
     [](const auto& x, const auto& w, const auto& b) {
         return keras::conv2d_transpose(x, w,
                                        {.bias = b, .strides = {2, 2}, .padding = "same", .output_shape = Shape{5, 4}});
     }},
    {"onnx_conv",
     words("conv2d --convention onnx --strides 2,1 --pads 1,0,2,1 --group 2 --kernel-shape 3,2"),
     {{2, 4, 5, 6}, {6, 2, 3, 2}, {6}, {2, 6, 3, 6}},
     [](const auto& x, const auto& w, const auto& b) {
         return onnx::conv(x, w, {.B = b, .group = 2, .pads = Sides{1, 0, 2, 1}, .strides = {2, 1}});
     }},
    {"onnx_conv_transpose",
     words("conv2d-transpose --convention onnx --strides 3,2 --dilations 1,2 --auto-pad SAME_UPPER --output-shape 12,9 "
           "--output-padding 1,0"),
     {{2, 4, 3, 2}, {4, 3, 3, 2}, {3}, {2, 3, 12, 9}},
     [](const auto& x, const auto& w, const auto& b) {
         return onnx::conv_transpose(x, w,
                                     {.B = b,
                                      .auto_pad = "SAME_UPPER",
                                      .dilations = {1, 2},
                                      .output_padding = {1, 0},
                                      .output_shape = Size2D{12, 9},
                                      .strides = {3, 2}});
     }},
};

INSTANTIATE_TEST_SUITE_P(Systems, ConvolutionConventions, testing::ValuesIn(calls),
                         [](const auto& row) { return row.param.name; });

using ConvolutionGradients = ProgramTest;

TEST_F(ConvolutionGradients, AreThoseOfKerasInTensorFlowsNameToo) {
    EXPECT_EQ(printed(words("conv2d-transpose --convention tensorflow --input 1,2,3 --weight 1,10 --strides 1,2 "
                            "--padding same --output-padding 0,0")),
              "10  2 20  3\n");
}

TEST_F(ConvolutionGradients, ArePrintedUnderHeadingsWhereNoFileIsNamed) {
    EXPECT_EQ(printed(words("conv2d-transpose --input 1,2 --weight 3,4 --bias 10 --output-gradient 1,0,2")),
              "result\n13 20 18\n"
              "\ngradient for the input\n3 8\n"
              "\ngradient for the weight\n1 4\n"
              "\ngradient for the bias\n3\n");
}

TEST_F(ConvolutionGradients, AreInThePrintedLayoutOfTheConvention) {
    // Two channels in, one out: [1, 2, 1, 2] and [1, 2, 1, 2] in PyTorch's layouts.
    write("x.npy", Tensor({1, 2, 1, 2}, {1, 2, 10, 20}));
    write("w.npy", Tensor({1, 2, 1, 2}, {1, 1, 2, 2}));
    EXPECT_EQ(printed(words("conv2d --convention pytorch --input x.npy --weight w.npy --output-gradient 1")),
              "result\n63\n"
              "\ngradient for the input\n[1, 2, 1, 2] float32\n"
              "\nimage 0, channel 0\n1 1\n\nimage 0, channel 1\n2 2\n"
              "\ngradient for the weight\n[1, 2, 1, 2] float32\n"
              "\nchannel 0, filter 0\n1 2\n\nchannel 1, filter 0\n10 20\n");
}

TEST_F(ConvolutionGradients, HaveTheShapesOfTheirOperands) {
    write("image.npy", Tensor::ones({4, 5, 2}));
    write("filters.npy", Tensor::ones({2, 2, 2, 1}));
    write("g.npy", Tensor::ones({3, 4}));
    EXPECT_EQ(printed(words(
                  "conv2d --input image.npy --weight filters.npy --output-gradient g.npy --out-input-gradient dx.npy")),
              "dx.npy: [4, 5, 2] float32\n");
}

TEST_F(ConvolutionGradients, OfFilesInFortranOrderAndOfIntegersAreTheSame) {
    // [1, 1, 2, 2] in Fortran order runs down the columns.
    write_bytes(directory_ / "x.npy", npy(described("<i8", "(1, 1, 2, 2)", "True"), bytes<std::int64_t>({1, 3, 2, 4})));
    write_bytes(directory_ / "w.npy", npy(described("<f4", "(1, 1, 1, 2)"), bytes<float>({1, 10})));
    write_bytes(directory_ / "g.npy", npy(described("<f8", "(1, 1, 2, 1)", "True"), bytes<double>({1, 2})));
    EXPECT_EQ(printed(words("conv2d --convention onnx --input x.npy --weight w.npy --output-gradient g.npy")),
              "result\n21\n43\n"
              "\ngradient for the input\n 1 10\n 2 20\n"
              "\ngradient for the weight\n 7 10\n");
}

TEST_F(ConvolutionGradients, LeaveTheStepsToBeDrawnInAnyConvention) {
    const std::string ours =
        printed({"conv2d-transpose", "--input", "1 2", "--weight", "1 1", "--stride", "2", "--steps"});
    EXPECT_EQ(printed(words("conv2d-transpose --convention onnx --input 1,2 --weight 1,1 --strides 2 --steps")), ours);
}

}  // namespace
}  // namespace adjoint
