// Truths about batches: what a layer makes of an image does not depend, to the last bit, on the other images beside
// it.
#include "framework/ops/elementwise.h"
#include "framework/ops/pooling.h"
#include "framework/ops/reduction.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/precision.h"
#include "layers/convolution.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Function = std::function<Variable(const Variable&)>;

void expect_independent(const std::string& what, const Function& f, const Shape& image) {
    Shape shape = image;
    shape.insert(shape.begin(), 64);
    const Variable x = Random(1).normal(shape);
    const Tensor whole = f(x).value();
    for (const Index begin : {0, 13, 61}) {
        for (const Index count : {1, 2, 3}) {
            const Slice part = {.axis = 0, .begin = begin, .end = begin + count};
            EXPECT_TRUE(identical(f(slice(x, part)).value(), slice(whole, part).value()))
                << what << " of " << count << " images from " << begin;
        }
    }
}

// y and ∂Σ y²/∂x.
Function with_gradient(const Function& f) {
    return [f](const Variable& x) {
        Tape tape({x});
        const Variable y = f(x);
        return tape.gradient(sum(y * y)).front();
    };
}

TEST(Batches, ChangeNothingOfAnImage) {
    const Shape image = {9, 8, 6}, vector = {70};
    const auto conv = [](const Conv2DLayerOptions& options) {
        return [layer = std::make_shared<Conv2D>(options, Random(2))](const Variable& x) { return (*layer)(x); };
    };
    const std::vector<std::tuple<std::string, Function, Shape>> all = {
        {"linear",
         [l = std::make_shared<Linear>(LinearOptions{.in = 70, .out = 33}, Random(2))](auto& x) { return (*l)(x); },
         vector},
        {"linear of one",
         [l = std::make_shared<Linear>(LinearOptions{.in = 70, .out = 1}, Random(2))](auto& x) { return (*l)(x); },
         vector},
        {"convolution", conv({.in_channels = 6, .out_channels = 17, .kernel = {3, 3}}), image},
        {"strides", conv({.in_channels = 6, .out_channels = 3, .kernel = {2, 2}, .stride = {2, 2}}), image},
        {"groups", conv({.in_channels = 6, .out_channels = 6, .kernel = {3, 3}, .groups = 3}), image},
        {"depthwise", conv({.in_channels = 6, .out_channels = 6, .kernel = {3, 3}, .groups = 6}), image},
        {"transposed convolution",
         [w = Random(2).normal({3, 3, 5, 6})](auto& x) {
             return conv2d_transpose(x, w, {.stride = {2, 2}});
         },
         image},
        {"layer normalisation",
         [](auto& x) {
             return standardize(x, {1, 2, 3}, 1e-5);
         },
         image},
        {"pooling",
         [](auto& x) {
             return average_pool2d(x, {.window = {2, 2}});
         },
         image},
        {"resizing",
         [](auto& x) {
             return resize2d(x, {13, 5});
         },
         image},
        {"softmax", [](auto& x) { return softmax(x, 1); }, vector},
        {"exp", [](auto& x) { return exp(x); }, vector},
        {"tanh", [](auto& x) { return tanh(x); }, vector},
        {"softplus", [](auto& x) { return softplus(x); }, vector},
        {"gelu", [](auto& x) { return gelu(x); }, vector},
        {"powers", [](auto& x) { return power(square(x), 1.7); }, vector},
        {"long sums",
         [](auto& x) {
             return sum(x, {1, 2, 3});
         },
         {40, 40, 33}},
    };
    for (const Precision precision : {Precision::float32, Precision::bf16}) {
        SCOPED_TRACE(name(precision));
        const PrecisionScope scope(precision);
        for (const auto& [what, f, shape] : all) {
            expect_independent(what, f, shape);
            expect_independent("the gradient of " + what, with_gradient(f), shape);
        }
    }
}

}  // namespace
}  // namespace adjoint
