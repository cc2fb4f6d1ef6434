// Truths about printed tensors: they are what NumPy 2 prints of the same arrays, by fmt and by <<.
#include <limits>
#include <sstream>

#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Tensor counted(const Shape& shape) {
    std::vector<double> elements;
    for (Index i = 0; i < element_count(shape); ++i) elements.push_back(static_cast<double>(i % 10));
    return Tensor(shape, elements);
}

TEST(PrintedTensor, HasColumnsAlignedAtThePoint) {
    EXPECT_EQ(to_string(Tensor({2, 3}, {1.5, -2, 3.25, 0, 10, 0.1})), "[[ 1.5  -2.    3.25]\n [ 0.   10.    0.1 ]]");
    EXPECT_EQ(to_string(Tensor({3}, {1, 2, 3})), "[1. 2. 3.]");
    EXPECT_EQ(to_string(Tensor({2}, {0, -0.0})), "[ 0. -0.]");
}

TEST(PrintedTensor, SeparatesMatricesByALine) {
    EXPECT_EQ(to_string(counted({2, 2, 2})), "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]");
}

TEST(PrintedTensor, HasTheDigitsThatItsElementTypeNeedsAndEightAtMost) {
    EXPECT_EQ(to_string(Tensor({2}, {0.1, 1.0 / 3})), "[0.1        0.33333334]");
    EXPECT_EQ(to_string(doubles({2}, {0.1, 1.0 / 3})), "[0.1        0.33333333]");
    EXPECT_EQ(to_string(doubles({1}, {67885.8570608001})), "[67885.8570608]");
}

TEST(PrintedTensor, IsInScientificNotationWhereSizesDifferMuch) {
    EXPECT_EQ(to_string(Tensor({3}, {1e-10, 1, 1234.5})), "[1.0000e-10 1.0000e+00 1.2345e+03]");
    EXPECT_EQ(to_string(Tensor({2}, {1e8, 1})), "[1.e+08 1.e+00]");
    EXPECT_EQ(to_string(Tensor({2}, {1, 1000})), "[   1. 1000.]");
    EXPECT_EQ(to_string(Tensor({2}, {1, 1000.5})), "[1.0000e+00 1.0005e+03]");
    EXPECT_EQ(to_string(doubles({2}, {1e100, 1})), "[1.e+100 1.e+000]");
    EXPECT_EQ(to_string(doubles({2}, {nan, 1e-10})), "[   nan 1.e-10]");
}

TEST(PrintedTensor, NamesWhatIsNotFinite) {
    EXPECT_EQ(to_string(Tensor({3}, {infinity, 1, -infinity})), "[ inf   1. -inf]");
    EXPECT_EQ(to_string(Tensor({2}, {0.5, nan})), "[0.5 nan]");
    EXPECT_EQ(to_string(Tensor({1}, {nan})), "[nan]");
}

TEST(PrintedTensor, IsANumberWhereItHasNoAxes) {
    EXPECT_EQ(to_string(Tensor({}, {2})), "2.0");
    EXPECT_EQ(to_string(Tensor({}, {1.0 / 3})), "0.33333334");
    EXPECT_EQ(to_string(Tensor({}, {nan})), "nan");
    EXPECT_EQ(to_string(doubles({}, {-1e-10})), "-1e-10");
}

TEST(PrintedTensor, IsEmptyBracketsWhereItHasNoElements) { EXPECT_EQ(to_string(Tensor::zeros({0, 3})), "[]"); }

TEST(PrintedTensor, WrapsLinesBeforeColumn75) {
    EXPECT_EQ(to_string(counted({30})),
              "[0. 1. 2. 3. 4. 5. 6. 7. 8. 9. 0. 1. 2. 3. 4. 5. 6. 7. 8. 9. 0. 1. 2. 3.\n"
              " 4. 5. 6. 7. 8. 9.]");
    EXPECT_EQ(to_string(Tensor({2, 12}, std::vector<double>(24, 0.125))),
              "[[0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125]\n"
              " [0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125]]");
    EXPECT_EQ(to_string(Tensor({1, 13}, std::vector<double>(13, 0.125))),
              "[[0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125 0.125\n  0.125]]");
    EXPECT_EQ(to_string(counted({1, 30})),
              "[[0. 1. 2. 3. 4. 5. 6. 7. 8. 9. 0. 1. 2. 3. 4. 5. 6. 7. 8. 9. 0. 1. 2. 3.\n"
              "  4. 5. 6. 7. 8. 9.]]");
    std::vector<double> turns;
    for (int i = 0; i < 20; ++i) turns.push_back(i % 2 == 0 ? 1.5 : 2);
    EXPECT_EQ(to_string(Tensor({20}, turns)),
              "[1.5 2.  1.5 2.  1.5 2.  1.5 2.  1.5 2.  1.5 2.  1.5 2.  1.5 2.  1.5 2.\n 1.5 2. ]")
        << "without blanks at the end of a line";
}

TEST(PrintedTensor, LeavesOutTheMiddleOfMoreThanThousandElements) {
    EXPECT_EQ(to_string(counted({1001})), "[0. 1. 2. ... 8. 9. 0.]");
    EXPECT_EQ(to_string(counted({500, 3})),
              "[[0. 1. 2.]\n [3. 4. 5.]\n [6. 7. 8.]\n ...\n [1. 2. 3.]\n [4. 5. 6.]\n [7. 8. 9.]]");
    EXPECT_EQ(to_string(counted({1000})).find("..."), std::string::npos);
}

TEST(PrintedTensor, IsTheSameByFmtAndByStreams) {
    const Tensor x({2}, {1, 2.5});
    std::ostringstream stream;
    stream << x << ' ' << Variable(x);
    EXPECT_EQ(stream.str(), "[1.  2.5] [1.  2.5]");
    EXPECT_EQ(fmt::format("{} {}", x, Variable(x)), "[1.  2.5] [1.  2.5]");
}

}  // namespace
}  // namespace adjoint
