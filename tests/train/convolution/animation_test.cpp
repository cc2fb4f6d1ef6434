// Truths about animated convolutions: what the last frame shows is what the operation computes, by either way.
#include "train/convolution/animation.h"

#include <gtest/gtest.h>

#include "datasets/read_file.h"
#include "framework/ops/convolution.h"
#include "framework/tensor/random.h"
#include "tests/support/program.h"
#include "train/convolution/parts.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

// Whole numbers, so that every way of adding them gives the same.
Tensor whole_numbers(const Random& random, const Shape& shape) {
    std::vector<double> numbers;
    for (const double u : random.uniform(shape, DType::float64).to_vector()) numbers.push_back(std::floor(19 * u) - 9);
    return Tensor(shape, numbers, DType::float64);
}

// What cells that are not grey say; nothing is 0.
std::vector<std::string> texts(const DrawnMatrix& matrix) {
    std::vector<std::string> result;
    for (const Cell& cell : matrix.cells) {
        if (cell.ground != colours::grey) result.push_back(cell.text.empty() ? "0" : cell.text);
    }
    return result;
}

std::vector<std::string> texts(const Tensor& numbers) {
    std::vector<std::string> result;
    for (const double number : numbers.to_vector()) result.push_back(brief(number));
    return result;
}

std::vector<Conv2DForm> forms() {
    std::vector<Conv2DForm> result;
    const auto add = [&](const Shape& image, const Shape& weight, const Conv2DOptions& options) {
        result.push_back(Conv2DForm::of("conv2d", image, weight, options));
    };
    for (const Index stride : {1, 2, 3}) {
        for (const Index dilation : {1, 2}) {
            for (const Index padding : {-1, 0, 2}) {
                for (const Index kernel : {1, 2, 3}) {
                    add({1, 5, 8, 1}, {kernel, 2, 1, 1},
                        {.stride = {stride, 2}, .padding = Sides{padding, 0, 1, 2}, .dilation = {dilation, 1}});
                }
            }
        }
    }
    return result;
}

TEST(Animation, EndsWithWhatTheOperationComputes) {
    for (const Conv2DForm& form : forms()) {
        const Tensor x = whole_numbers(Random(1), form.image_shape()),
                     w = whole_numbers(Random(2), form.weight_shape()),
                     y = whole_numbers(Random(3), form.output_shape());
        const Animation forward = conv2d_animation(x, w, form), weight = conv2d_weight_gradient_animation(x, y, form),
                        transposed = conv2d_transpose_animation(y, w, form);
        ASSERT_EQ(forward.size() + weight.size(), 2u);
        EXPECT_EQ(std::ssize(forward[0].steps), y.size());
        EXPECT_EQ(texts(forward[0].steps.back().matrices[2]), texts(conv2d(x, w, form).value()));
        EXPECT_EQ(std::ssize(weight[0].steps), w.size());
        EXPECT_EQ(texts(weight[0].steps.back().matrices[2]), texts(conv2d_weight_gradient(x, y, form).value()));
        // Both the blocks and the filter that slides.
        const std::vector<std::string> image = texts(conv2d_input_gradient(y, w, form).value());
        ASSERT_EQ(transposed.size(), 2u);
        EXPECT_EQ(std::ssize(transposed[0].steps), y.size());
        EXPECT_EQ(texts(transposed[0].steps.back().matrices[2]), image);
        EXPECT_EQ(std::ssize(transposed[1].steps), x.size());
        EXPECT_EQ(texts(transposed[1].steps.back().matrices[2]), image);
    }
}

TEST(Animation, BeginsWithTheImageAndGreyZerosAroundIt) {
    Index zeros = 0;
    for (const Conv2DForm& form : forms()) {
        const Tensor x = whole_numbers(Random(1), form.image_shape());
        for (const Animation& animation :
             {conv2d_animation(x, Tensor::ones(form.weight_shape(), x.dtype()), form),
              conv2d_weight_gradient_animation(x, Tensor::ones(form.output_shape(), x.dtype()), form)}) {
            const DrawnMatrix& image = animation[0].before.matrices[0];
            EXPECT_EQ(texts(image), texts(x));
            for (const Cell& cell : image.cells) {
                if (cell.ground != colours::grey) continue;
                EXPECT_EQ(cell.text, "0");
                ++zeros;
            }
        }
    }
    EXPECT_GT(zeros, 0);
}

// The indices of the framed cells.
std::vector<Index> framed(const DrawnMatrix& matrix) {
    std::vector<Index> result;
    for (Index i = 0; i < std::ssize(matrix.cells); ++i) {
        if (matrix.cells[static_cast<std::size_t>(i)].framed) result.push_back(i);
    }
    return result;
}

TEST(Animation, FramesWhatAStepLooksAt) {
    const Tensor y({1, 2, 2, 1}, {1, 2, 3, 4}, DType::float64),
        w({3, 3, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}, DType::float64);
    const Conv2DForm form =
        Conv2DForm::of("conv2d", {1, 4, 4, 1}, w.shape(), {.stride = {2, 2}, .padding = Sides{1, 1, 0, 0}});
    const Animation animation = conv2d_transpose_animation(y, w, form);
    // The second block, in a sum that has a row and a column more than the image, which are cut off.
    const DrawnLine& second = animation[0].steps[1];
    EXPECT_EQ(framed(second.matrices[0]), std::vector<Index>({1}));
    EXPECT_EQ(framed(second.matrices[2]), std::vector<Index>({2, 3, 4, 7, 8, 9, 12, 13, 14}));
    EXPECT_EQ(second.caption, "(0, 1): 2 times the filter, its corner at (-1, 1)");
    // Where two blocks have met, it is darker.
    const std::vector<Cell>& cells = second.matrices[2].cells;
    EXPECT_EQ(cells[7].text, "14");  // 6·1 + 4·2
    EXPECT_LT(cells[7].ground.red, cells[8].ground.red);
    EXPECT_LT(cells[8].ground.red, cells[10].ground.red);
    EXPECT_TRUE(cells[2].ground == colours::grey);
    // The second number of the ordinary convolution: there is a zero between the elements, and the filter is turned.
    const DrawnLine& sliding = animation[1].steps[1];
    EXPECT_EQ(texts(sliding.matrices[1]), (std::vector<std::string>{"9", "8", "7", "6", "5", "4", "3", "2", "1"}));
    EXPECT_EQ(texts(sliding.matrices[0]),
              (std::vector<std::string>{"0", "0", "0", "0", "0", "0", "0", "1", "0", "2", "0", "0",
                                        "0", "0", "0", "0", "0", "0", "0", "3", "0", "4", "0", "0",
                                        "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0"}));
    EXPECT_EQ(framed(sliding.matrices[0]), std::vector<Index>({1, 2, 3, 7, 8, 9, 13, 14, 15}));
    EXPECT_EQ(sliding.caption, "(0, 1): 1 x 6 + 2 x 4 = 14");
}

TEST(Animation, SaysHowManyProductsThereAreWhereTheyAreTooLongToRead) {
    const Tensor x = Tensor::ones({1, 4, 4, 1}, DType::float64);
    const Animation animation =
        conv2d_animation(x, x.reshaped({4, 4, 1, 1}), Conv2DForm::of("conv2d", {1, 4, 4, 1}, {4, 4, 1, 1}, {}));
    EXPECT_EQ(animation[0].steps[0].caption, "(0, 0): 16 products = 16");
}

TEST(Animation, SaysWhichNumberOfAResultThatIsBroaderThanTheFilterAStepMakes) {
    const Tensor x = Tensor::ones({1, 2, 3, 1}, DType::float64), w = Tensor::ones({1, 1, 1, 1}, DType::float64);
    const Animation animation = conv2d_animation(x, w, Conv2DForm::of("conv2d", x.shape(), w.shape(), {}));
    EXPECT_EQ(animation[0].steps[2].caption, "(0, 2): 1 x 1 = 1");
    EXPECT_EQ(animation[0].steps[3].caption, "(1, 0): 1 x 1 = 1");
}

using AnimationCommands = ProgramTest;

// The number of frames stands at a fixed place: after the signature and IHDR, in acTL.
Index frames_of(const std::string& file) {
    EXPECT_EQ(file.substr(37, 4), "acTL");
    return static_cast<unsigned char>(file.at(44));
}

TEST_F(AnimationCommands, WriteAFrameForEachStep) {
    const std::vector<std::string> operands = {"--input", "1 2; 3 4", "--weight", "0 1; 1 0"};
    const auto with = [&](const std::string& command, const std::vector<std::string>& more) {
        std::vector<std::string> words = {command};
        words.insert(words.end(), operands.begin(), operands.end());
        words.insert(words.end(), more.begin(), more.end());
        return printed(words);
    };
    EXPECT_EQ(with("conv2d", {"--padding", "same", "--animate", "a.png"}), "5 4\n4 0\n");
    EXPECT_EQ(frames_of(read_file(directory_ / "a.png")), 1 + 4 + 3);  // the end is shown for longer
    EXPECT_EQ(with("conv2d-transpose", {"--animate", "b.png", "--strip", "c.png"}), "0 1 2\n1 5 4\n3 4 0\n");
    EXPECT_EQ(frames_of(read_file(directory_ / "b.png")), 1 + 4 + 9 + 3);
    // A strip has the first, the middle and the last step of both scenes.
    const Tensor frame = read_image(directory_ / "b.png", 3), strip = read_image(directory_ / "c.png", 3);
    EXPECT_EQ(strip.extent(1), frame.extent(1));
    EXPECT_EQ(strip.extent(0) - 16, 3 * (frame.extent(0) - 16));
    EXPECT_EQ(printed({"conv2d-weight-gradient", "--input", "1 2; 3 4", "--output-gradient", "1", "--kernel", "2",
                       "--animate", "d.png"}),
              "1 2\n3 4\n");
    EXPECT_EQ(frames_of(read_file(directory_ / "d.png")), 1 + 4 + 3);
}

TEST_F(AnimationCommands, RefuseWhatCannotBeDrawn) {
    EXPECT_EQ(refusal({"conv2d", "--input", "1 inf", "--weight", "1", "--animate", "a.png"}),
              "2 error: conv2d: steps are drawn of finite numbers; got inf");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "a.png"));
    EXPECT_EQ(refusal({"conv2d", "--input", "1", "--weight", "1", "--strip", "no/a.png"}),
              "73 error: no/a.png: cannot be written; No such file or directory");
}

}  // namespace
}  // namespace adjoint
