// Truths about processes that divide a batch: whatever they compute of it, to the second derivative, is what one
// process computes, bit for bit, however many there are.
#include "framework/tensor/processes.h"

#include <numeric>

#include "framework/ops/batch_normalize.h"
#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/batch_blocks.h"
#include "framework/tensor/random.h"
#include "tests/support/expectations.h"
#include "tests/support/joined_threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Function = std::function<Variable(const Variable& x, const Variable& w)>;

// f(x, w), its gradients, and the gradients of a function of those, for a batch x that is divided.
std::vector<Tensor> derivatives(const Tensor& whole, const Tensor& filters, const Function& f) {
    const Variable x = divided(whole), w = filters;
    Tape outer({x, w});
    Tape inner({x, w});
    const Variable y = f(x, w);
    const std::vector<Variable> first = inner.gradient(sum(y * y), Unconnected::zero);
    const std::vector<Variable> second =
        outer.gradient(sum(first[0] * first[0]) + sum(first[1] * first[1]), Unconnected::zero);
    std::vector<Tensor> all;
    for (const Variable& v : {y, first[0], first[1], second[0], second[1]}) all.push_back(gathered(v.value()));
    return all;
}

void expect_same_for_any_number(const Shape& w_shape, const Function& f) {
    for (const Index images : {1, 3, 8, 13, 64}) {
        const Tensor x = Random(1).normal({images, 4, 4, 2}), w = Random(2).normal(w_shape);
        const std::vector<Tensor> alone = derivatives(x, w, f);
        for (Index count = 1; count <= 9; ++count) {
            const std::vector<Tensor> together = computed_by(count, [&] { return derivatives(x, w, f); });
            for (std::size_t i = 0; i < alone.size(); ++i)
                EXPECT_TRUE(identical(together[i], alone[i])) << i << " of " << images << " images, " << count;
        }
    }
}

TEST(Processes, DivideABatchIntoWholeBlocks) {
    for (const Index images : {0, 1, 7, 8, 64, 100, 4096}) {
        for (Index count = 1; count <= 70; ++count) {
            Index next = 0;
            for (Index rank = 0; rank < count; ++rank) {
                const BatchBlocks blocks(images, rank, count);
                EXPECT_EQ(blocks.first, next);
                next = blocks.end;
                Index image = block_begin(images, blocks.first);
                for (Index b = 0; b < blocks.count(); ++b, image += blocks.begin(b) - blocks.begin(b - 1))
                    EXPECT_EQ(block_begin(images, blocks.first + b),
                              block_begin(images, blocks.first) + blocks.begin(b));
            }
            EXPECT_EQ(next, block_count(images));
        }
    }
}

TEST(Processes, SumABatchAsOne) {
    expect_same_for_any_number({2}, [](const Variable& x, const Variable& w) { return sum(x * w, {0, 1}); });
    expect_same_for_any_number({1, 4, 4, 2}, [](const Variable& x, const Variable& w) { return exp(x) * w; });
    expect_same_for_any_number({4, 2}, [](const Variable& x, const Variable& w) { return mean(x * w) * x; });
}

TEST(Processes, NormalizeABatchAsOne) {
    expect_same_for_any_number({2}, [](const Variable& x, const Variable& w) {
        return batch_normalize(x, w, w, channel_moments(x.value()), {.activation = leaky_relu(0.2)});
    });
    expect_same_for_any_number({2}, [](const Variable& x, const Variable& w) {
        return normalize_by(x, w, w, w, exp(w), {.activation = leaky_relu(0.2)});
    });
    expect_same_for_any_number({2}, [](const Variable& x, const Variable& w) { return standardize(x * w, {0}, 1e-5); });
}

// More than 4 KiB, of which each process sums a part, of unequal lengths.
TEST(Processes, SumLargeGradientsAsOne) {
    expect_same_for_any_number({32, 41}, [](const Variable& x, const Variable& w) {
        return matmul(reshape(x, {x.extent(0), -1}), w);
    });
}

TEST(Processes, MultiplyABatchAsOne) {
    expect_same_for_any_number({32, 5}, [](const Variable& x, const Variable& w) {
        return softplus(matmul(reshape(x, {x.extent(0), -1}), w));
    });
    expect_same_for_any_number({2, 5}, [](const Variable& x, const Variable& w) { return softplus(matmul(x, w)); });
    expect_same_for_any_number(
        {5, 2}, [](const Variable& x, const Variable& w) { return softplus(matmul(x, w, {.transpose_b = true})); });
}

TEST(Processes, ConvolveABatchAsOne) {
    expect_same_for_any_number({3, 3, 2, 5}, [](const Variable& x, const Variable& w) {
        return tanh(conv2d(x, w, {.stride = {2, 2}, .padding = Padding::same()}));
    });
    expect_same_for_any_number({4, 4, 3, 2}, [](const Variable& x, const Variable& w) {
        return conv2d_transpose(x, w, {.stride = {2, 2}});
    });
}

TEST(Processes, ChooseTheLargestOfABatchAsOne) {
    const Tensor x = Random(1).normal({13, 7});
    const Tensor alone = power_of_two(x, {0}, 0.0);
    EXPECT_TRUE(identical(computed_by(3, [&] { return std::vector{power_of_two(divided(x), {0}, 0.0)}; })[0], alone));
    const Tensor places = argmax(x, 1);
    const auto hot = [&] { return std::vector{gathered(one_hot(argmax(divided(x), 1), 7))}; };
    EXPECT_TRUE(identical(computed_by(3, hot)[0], one_hot(places, 7)));
    EXPECT_TRUE(identical(computed_by(3, [&] { return std::vector{gathered(argmax(divided(x), 1))}; })[0], places));
}

TEST(Processes, DivideTheAdjointsOfWhatIsDividedWhereAPullbackDoesNotSay) {
    run_as_processes(2, [] {
        const Variable x = divided(Tensor::zeros({8, 3}));
        Tape tape({x});
        const Variable y = record(x.value(), {{x, [](const Variable& g) { return Tensor::ones(g.shape()); }}});
        EXPECT_EQ(tape.gradient(sum(y))[0].value().batch(), 8);
    });
}

TEST(Processes, RefuseWhatNeedsAWholeBatch) {
    run_as_processes(2, [] {
        const Variable x = divided(Random(1).normal({4, 3}));
        const std::string why = ": axis 0 is divided among processes; got part of 4 images";
        EXPECT_REFUSAL(slice(x, {.axis = 0, .end = 1}), "slice" + why);
        EXPECT_REFUSAL(transpose(x), "transpose" + why);
        EXPECT_REFUSAL(concatenate({x, x}, 0), "concatenate" + why);
        EXPECT_REFUSAL(max(x, 0), "max" + why);
        EXPECT_REFUSAL(argmax(x, 0), "argmax" + why);
        EXPECT_REFUSAL(cumsum(x, 0), "cumsum" + why);
        EXPECT_REFUSAL(flip(x, {0}), "flip" + why);
        EXPECT_REFUSAL(index_select(x, Tensor({1}, {0}), 0), "index_select" + why);
        EXPECT_REFUSAL(reshape(x, {-1}),
                       "reshape: axis 0 is divided among processes and must stay; got [2, 3] to [-1]");
    });
}

}  // namespace
}  // namespace adjoint
