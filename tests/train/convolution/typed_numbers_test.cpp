// Truths about typed numbers: matrices and what NumPy prints mean the array that they show, and what is neither is
// refused with the place where it stops being one.
#include "train/convolution/typed_numbers.h"

#include "tests/support/values.h"

namespace adjoint {
namespace {

Tensor parsed(const std::string& text) { return parse_numbers("--input", text); }

TEST(TypedNumbers, AreMatrices) {
    const Tensor expected = doubles({2, 2}, {1, 2, 3, 4});
    for (const char* text : {"1 2; 3 4", "1,2;3,4", " 1, 2 ;3\t4; ", "\n1 2\n3 4\n", "1 2\r\n3 4"}) {
        EXPECT_TRUE(identical(parsed(text), expected)) << text;
    }
    EXPECT_TRUE(identical(parsed("-1.5e1"), doubles({1, 1}, {-15})));
}

TEST(TypedNumbers, AreWhatNumPyPrints) {
    const Tensor expected = doubles({2, 2}, {1, 2, 3, 4});
    for (const char* text : {"[[1. 2.]\n [3. 4.]]", "[[1, 2], [3, 4]]", "[[1,2],[3,4]]", "[[1 2][3 4]]",
                             " [ [ 1.e+00 2.e+00 ]\r\n\n [ +3 4, ], ]\n"}) {
        EXPECT_TRUE(identical(parsed(text), expected)) << text;
    }
    EXPECT_TRUE(identical(parsed("[[ 1.5e-07 -2.0e+10]\n [      nan       -inf]\n [ 0. inf]]"),
                          doubles({3, 2}, {1.5e-7, -2e10, NAN, -INFINITY, 0, INFINITY})));
    EXPECT_TRUE(identical(parsed("[1 2 3]"), doubles({3}, {1, 2, 3})));
    EXPECT_TRUE(identical(parsed("[[[[1.]\n   [2.]\n   [3.]]]\n\n\n [[[4.]\n   [5.]\n   [6.]]]]"),
                          doubles({2, 1, 3, 1}, {1, 2, 3, 4, 5, 6})));
}

TEST(TypedNumbers, AreWhatWePrint) {
    const Tensor tensor = doubles({2, 3, 2}, {0.1, -2, 3e20, 4, 1e-9, 6, 7, 8, INFINITY, 10, 11, 1.0 / 3});
    EXPECT_TRUE(equal(parsed(to_string(doubles({2, 2}, {0.5, -2, 3, 4}))), doubles({2, 2}, {0.5, -2, 3, 4})));
    EXPECT_EQ(parsed(to_string(tensor)).shape(), tensor.shape());
}

TEST(TypedNumbers, AreListsOfOneLengthAndDepth) {
    const auto refusal = [](const std::string& text) {
        const std::string message = error_of([&] { parsed(text); }), start = "--input: ";
        EXPECT_TRUE(message.starts_with(start)) << message;
        return message.substr(start.size());
    };
    EXPECT_EQ(refusal("[[1 2] [3]]"), "lists must be of one length; [0] has 2, [1] has 1");
    EXPECT_EQ(refusal("[[1] [2, 3]]"), "lists must be of one length; [0] has 1, [1] has 2");
    EXPECT_EQ(refusal("[[[1 2]] [[3 4] [5 6]]]"), "lists must be of one length; [0] has 1, [1] has 2");
    EXPECT_EQ(refusal("[[[1 2] [3 4]] [[5 6] [7]]]"), "lists must be of one length; [0, 0] has 2, [1, 1] has 1");
    EXPECT_EQ(refusal("[1 [2]]"), "lists must be equally deep; [0] is a number, [1] a list");
    EXPECT_EQ(refusal("[[1] [[2]]]"), "lists must be equally deep; [0, 0] is a number, [1, 0] a list");
    EXPECT_EQ(refusal("[[1] 2]"), "lists must be equally deep; [0, 0] is a number, and so is [1]");
    EXPECT_EQ(refusal("[]"), "lists must not be empty; the outermost is");
    EXPECT_EQ(refusal("[[1] []]"), "lists must not be empty; [1] is");
    EXPECT_EQ(refusal("[[]]"), "lists must not be empty; [0] is");
    EXPECT_EQ(refusal("[[1 2]"), "each list must end; got 1 without \"]\"");
    EXPECT_EQ(refusal("["), "each list must end; got 1 without \"]\"");
    EXPECT_EQ(refusal("[1]]"), "a list must begin before it ends; got \"]\" too many");
    EXPECT_EQ(refusal("[1] 2"), "the outermost list must be all there is; got 2 behind it");
    EXPECT_EQ(refusal("[1] [2]"), "the outermost list must be all there is; got another");
    const std::string expected = R"(expected a .npy file or a matrix such as "1 2; 3 4"; )";
    EXPECT_EQ(refusal("[1 ... 3]"), expected + R"("..." is not a number)");
    EXPECT_EQ(refusal("[1 2; 3 4]"), expected + R"("2;" is not a number)");
    EXPECT_EQ(refusal("[1e999]"), expected + R"("1e999" is out of range)");
    EXPECT_EQ(refusal(std::string(100'000, '[')), "each list must end; got 100000 without \"]\"");
}

}  // namespace
}  // namespace adjoint
