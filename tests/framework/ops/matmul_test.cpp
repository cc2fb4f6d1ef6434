// Truths about the product of matrices: its definition for every transposition, batch and shape, its first and second
// derivatives, and what is refused.
#include "framework/ops/matmul.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// Small whole numbers, so that every product and sum is exact in any order.
Tensor whole_numbers(const Shape& shape, DType dtype, std::uint64_t seed) {
    std::vector<double> elements;
    for (Index i = 0; i < element_count(shape); ++i) {
        elements.push_back(static_cast<double>(Random(seed).below(15, static_cast<std::uint64_t>(i))) - 7);
    }
    return Tensor(shape, elements, dtype);
}

// y[b, i, j] = Σ a[b, i, l]·c[b, l, j] for a [batch, m, k] and c [batch, k, n].
Tensor product_by_definition(const Tensor& a, const Tensor& c) {
    const Index batch = a.extent(0), m = a.extent(1), k = a.extent(2), n = c.extent(2);
    std::vector<double> elements;
    for (Index b = 0; b < batch; ++b) {
        for (Index i = 0; i < m; ++i) {
            for (Index j = 0; j < n; ++j) {
                double total = 0;
                for (Index l = 0; l < k; ++l) total += a[(b * m + i) * k + l] * c[(b * k + l) * n + j];
                elements.push_back(total);
            }
        }
    }
    return Tensor({batch, m, n}, elements, a.dtype());
}

class Matmul : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(In, Matmul, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Matmul, IsRowTimesColumn) {
    const Variable a = Tensor({2, 3}, {1, 2, 3, 4, 5, 6}, GetParam());
    const Variable b = Tensor({3, 2}, {7, 8, 9, 10, 11, 12}, GetParam());
    expect_tensor(matmul(a, b), {2, 2}, {58, 64, 139, 154});
    EXPECT_STREQ(name(matmul(a, b).dtype()), name(GetParam()));
}

TEST_P(Matmul, IsItsDefinitionForEveryTranspositionBatchAndShape) {
    struct Sizes {
        Index batch, m, k, n;
    };
    for (const auto& [batch, m, k, n] :
         {Sizes{1, 1, 1, 1}, {1, 2, 3, 4}, {3, 5, 2, 7}, {2, 130, 9, 3}, {2, 3, 9, 130}, {1, 100, 60, 101}}) {
        const Tensor a = whole_numbers({batch, m, k}, GetParam(), 1), b = whole_numbers({batch, k, n}, GetParam(), 2);
        const Tensor expected = product_by_definition(a, b);
        const Variable a_turned = transpose(a, {0, 2, 1}), b_turned = transpose(b, {0, 2, 1});
        SCOPED_TRACE(fmt::format("batch {}, m {}, k {}, n {}", batch, m, k, n));
        expect_equal(matmul(a, b), expected);
        expect_equal(matmul(a_turned, b, {.transpose_a = true}), expected);
        expect_equal(matmul(a, b_turned, {.transpose_b = true}), expected);
        expect_equal(matmul(a_turned, b_turned, {.transpose_a = true, .transpose_b = true}), expected);
    }
}

TEST_P(Matmul, TakesAnyNumberOfLeadingAxes) {
    const Tensor a = whole_numbers({6, 4, 5}, GetParam(), 1), b = whole_numbers({6, 5, 3}, GetParam(), 2);
    const Variable y = matmul(reshape(a, {2, 3, 4, 5}), reshape(b, {2, 3, 5, 3}));
    EXPECT_EQ(y.shape(), (Shape{2, 3, 4, 3}));
    expect_equal(reshape(y, {6, 4, 3}), product_by_definition(a, b));
}

TEST_P(Matmul, OfNothingIsZero) {
    const Tensor none = Tensor::zeros({2, 0}, GetParam());
    expect_tensor(matmul(none, Tensor::zeros({0, 3}, GetParam())), {2, 3}, {0, 0, 0, 0, 0, 0});
    expect_tensor(matmul(none, none, {.transpose_b = true}), {2, 2}, {0, 0, 0, 0});
    expect_tensor(matmul(none, none, {.transpose_a = true}), {0, 0}, {});
    EXPECT_EQ(matmul(Tensor::zeros({0, 2, 3}, GetParam()), Tensor::zeros({0, 3, 4}, GetParam())).shape(),
              (Shape{0, 2, 4}));
}

TEST(MatmulDerivative, WorksForAnEmptyBatch) {
    const Variable x = Tensor::zeros({0, 3}), w = Tensor::ones({3, 2});
    Tape tape({w});
    expect_tensor(tape.gradient(sum(matmul(x, w)))[0], {3, 2}, {0, 0, 0, 0, 0, 0});
}

void expect_matmul_derivatives(MatmulOptions options, const Shape& leading) {
    const auto with = [&](std::initializer_list<Index> last) {
        Shape shape = leading;
        shape.insert(shape.end(), last);
        return shape;
    };
    const Tensor a = Random(1).normal(options.transpose_a ? with({3, 2}) : with({2, 3}), DType::float64);
    const Tensor b = Random(2).normal(options.transpose_b ? with({4, 3}) : with({3, 4}), DType::float64);
    expect_derivatives([options](const Inputs& x) { return matmul(x[0], x[1], options); }, {a, b}, 3);
}

TEST(MatmulDerivative, OfEveryTranspositionIsRight) {
    for (const bool a : {false, true})
        for (const bool b : {false, true}) expect_matmul_derivatives({.transpose_a = a, .transpose_b = b}, {});
}
TEST(MatmulDerivative, OfABatchIsRight) {
    expect_matmul_derivatives({}, {2});
    expect_matmul_derivatives({.transpose_a = true, .transpose_b = true}, {2, 1});
}

TEST(MatmulDerivative, OfAMatrixWithItselfIsRight) {
    const Tensor a = Random(1).normal(Shape{3, 3}, DType::float64);
    expect_derivatives([](const Inputs& x) { return matmul(x[0], x[0]); }, {a});
    expect_derivatives([](const Inputs& x) { return matmul(x[0], x[0], {.transpose_b = true}); }, {a});
}

TEST_P(Matmul, RepeatsMatricesAlongLeadingAxesThatBroadcast) {
    const Tensor a = whole_numbers({2, 1, 4, 5}, GetParam(), 1), b = whole_numbers({3, 5, 2}, GetParam(), 2);
    const Variable a_whole = broadcast_to(a, {2, 3, 4, 5}), b_whole = broadcast_to(b, {2, 3, 5, 2});
    expect_equal(matmul(a, b), matmul(a_whole, b_whole));
    expect_equal(
        matmul(transpose(a, {0, 1, 3, 2}), transpose(b, {0, 2, 1}), {.transpose_a = true, .transpose_b = true}),
        matmul(a_whole, b_whole));
    const Tensor matrix = whole_numbers({5, 2}, GetParam(), 3);
    expect_equal(matmul(a_whole, matrix), matmul(a_whole, broadcast_to(matrix, {2, 3, 5, 2})));
    expect_equal(matmul(a_whole, transpose(matrix), {.transpose_b = true}), matmul(a_whole, matrix));
    expect_equal(matmul(transpose(a, {0, 1, 3, 2}), matrix, {.transpose_a = true}), matmul(a, matrix));
    expect_equal(matmul(matrix, b, {.transpose_a = true}), matmul(broadcast_to(transpose(matrix), {3, 2, 5}), b));
    expect_tensor(matmul(Tensor::zeros({2, 3, 4, 0}, GetParam()), Tensor::zeros({0, 1}, GetParam())), {2, 3, 4, 1},
                  std::vector<double>(24, 0.0));
    EXPECT_EQ(matmul(Tensor::zeros({0, 4, 5}, GetParam()), matrix).shape(), (Shape{0, 4, 2}));
}

TEST(MatmulDerivative, OfMatricesThatAreRepeatedIsRight) {
    const auto normal = [](const Shape& shape) { return Random(shape.size()).normal(shape, DType::float64); };
    const auto product = [](const Inputs& x) { return matmul(x[0], x[1]); };
    expect_derivatives(product, {normal({2, 2, 3}), normal({3, 2})}, 3);
    expect_derivatives(product, {normal({2, 3}), normal({2, 3, 2})}, 3);
    expect_derivatives(product, {normal({2, 1, 1, 3}), normal({2, 3, 2})}, 3);
    expect_derivatives([](const Inputs& x) { return matmul(x[0], x[1], {.transpose_a = true, .transpose_b = true}); },
                       {normal({2, 3, 2}), normal({2, 3})}, 3);
}

TEST(MatmulRefusal, OfInnerExtentsThatDifferNamesBothShapes) {
    const Variable a = Tensor::zeros({2, 3}), b = Tensor::zeros({4, 5});
    EXPECT_REFUSAL(matmul(a, b), "matmul: inner extents differ; got [2, 3] and [4, 5]");
    EXPECT_REFUSAL(matmul(a, b, {.transpose_a = true}),
                   "matmul: inner extents differ; got [2, 3] transposed and [4, 5]");
    EXPECT_REFUSAL(matmul(a, b, {.transpose_b = true}),
                   "matmul: inner extents differ; got [2, 3] and [4, 5] transposed");
}

TEST(MatmulRefusal, OfOperandsThatAreNoMatricesNamesBothShapes) {
    const Variable a = Tensor::zeros({2, 3}), vector = Tensor::zeros({3});
    const std::string fact = "matmul: operands must be matrices whose leading axes broadcast; got ";
    EXPECT_REFUSAL(matmul(a, vector), fact + "[2, 3] and [3]");
    EXPECT_REFUSAL(matmul(vector, vector), fact + "[3] and [3]");
    EXPECT_REFUSAL(matmul(Tensor::zeros({2, 3, 4}), Tensor::zeros({5, 4, 3})), fact + "[2, 3, 4] and [5, 4, 3]");
}

TEST(MatmulRefusal, OfDifferentElementTypesNamesThem) {
    EXPECT_REFUSAL(matmul(Tensor::zeros({2, 2}), doubles({2, 2}, {1, 2, 3, 4})),
                   "matmul: operands differ in element type; got float32 and float64");
}

}  // namespace
}  // namespace adjoint
