// Truths about sparse matrices: that multiplying along an axis is a matrix product, and its gradient the transposed
// one.
#include "framework/ops/sparse_matrix.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/derivatives.h"
#include "tests/support/random_forms.h"

namespace adjoint {
namespace {

// | 1 0 4 0 |
// | 0 0 0 0 |
// | 0 5 0 2 |
const SparseMatrix matrix{3, 4, {{2, 3, 2.0}, {0, 0, 1.0}, {2, 1, 3.0}, {0, 2, 4.0}, {2, 1, 2.0}}};

TEST(SparseMatrix, IsTheSumOfItsEntries) {
    expect_tensor(matrix.dense(), {3, 4}, {1, 0, 4, 0, 0, 0, 0, 0, 0, 5, 0, 2});
    expect_tensor(matrix.transposed().dense(), {4, 3}, {1, 0, 0, 0, 0, 5, 4, 0, 0, 0, 0, 2});
}

TEST(MultiplyAlong, IsTheMatrixProductForEveryAxis) {
    const Variable dense = matrix.dense(DType::float64);
    const Variable first = random_integers({4, 5}, Random(1)), last = random_integers({5, 4}, Random(2));
    expect_equal(multiply_along(first, matrix, 0), matmul(dense, first));
    expect_equal(multiply_along(last, matrix, -1), matmul(last, dense, {.transpose_b = true}));
    const Variable middle = random_integers({2, 4, 5}, Random(3));
    const Variable product = multiply_along(middle, matrix, 1);
    for (const Index n : {0, 1}) {
        const auto item = [n](const Variable& v) { return slice(v, {.axis = 0, .begin = n, .end = n + 1}); };
        expect_equal(item(product), reshape(matmul(dense, reshape(item(middle), {4, 5})), {1, 3, 5}));
    }
}

TEST(MultiplyAlong, ByTheTransposedMatrixIsTheAdjointExactlyInIntegers) {
    const Variable x = random_integers({2, 4, 3}, Random(1)), y = random_integers({2, 3, 3}, Random(2));
    EXPECT_EQ(sum(multiply_along(x, matrix, 1) * y).item(), sum(x * multiply_along(y, matrix.transposed(), 1)).item());
}

TEST(MultiplyAlong, HasDerivativesToSecondOrder) {
    expect_derivatives([](const std::vector<Variable>& in) { return multiply_along(in[0], matrix, 1); },
                       {Random(1).normal({2, 4, 3}, DType::float64)});
}

TEST(MultiplyAlongRefusal, OfAnAxisOfAnotherLength) {
    EXPECT_REFUSAL(
        multiply_along(Tensor::zeros({2, 3}), matrix, -1),
        "multiply_along: the matrix must have as many columns as the axis has elements; got 4 and axis 1 of [2, "
        "3]");
    EXPECT_REFUSAL(multiply_along(Tensor::zeros({2, 3}), matrix, 2),
                   "multiply_along: axis 2 does not exist; got shape [2, 3]");
}

TEST(SparseMatrixRefusal, OfEntriesOutsideTheMatrix) {
    const SparseMatrix column_2{2, 2, {{0, 0, 1.0}, {1, 2, 1.0}}}, row_minus_1{2, 2, {{-1, 0, 1.0}}};
    const std::string must = "SparseMatrix: an entry of 2 rows and 2 columns must lie in them; got row ";
    EXPECT_REFUSAL(column_2.dense(DType::float32), must + "1, column 2");
    EXPECT_REFUSAL(multiply_along(Tensor::zeros({2}), row_minus_1, 0), must + "-1, column 0");
}

}  // namespace
}  // namespace adjoint
