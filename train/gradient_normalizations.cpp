// The rows of what brings values to mean 0 and variance 1, and weights to a norm of 1.
#include "framework/batch_normalize.h"
#include "framework/standardize.h"
#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/group_norm.h"
#include "layers/layer_norm.h"
#include "layers/spectral_norm.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Random random(2024);

// ---- operations

Operation batch_normalize_of(const Settings& s) {
    const Shape channels = {s.shape().back()};
    require(element_count(s.shape()) > channels[0], "batch_normalize: a channel needs more than one value; got {}",
            s.shape());
    const BatchNormalizeOptions options{.epsilon = s.number("--epsilon"),
                                        .activation = leaky_relu(s.number("--slope"))};
    return {[options](const Inputs& in) {
                return batch_normalize(in[0], in[1], in[2], channel_moments(in[0].value()), options);
            },
            {normal(s.shape()), normal(channels, 1), normal(channels, 2)},
            {"x", "gamma", "beta"}};
}

Variable standardize_over(const Variable& x, const Settings& s) {
    return standardize(x, s.shape("--axes"), s.number("--epsilon"));
}

Operation spectral_norm_of(const Settings& s) {
    return {[](const Inputs& in) { return spectral_norm(in[0], in[1]); },
            {normal(s.shape()), normal({s.shape().back()}, 1)},
            {"w", "u"}};
}

// ---- layers

BatchNorm batch_norm_layer(const Settings& s) {
    BatchNorm norm(
        {.channels = s.shape().back(), .epsilon = s.number("--epsilon"), .activation = leaky_relu(s.number("--slope"))},
        random);
    if (s.is_set("--evaluate")) norm.evaluate();
    return norm;
}

LayerNorm layer_norm_layer(const Settings& s) {
    const Shape shape = s.shape();
    const Index axes = s.whole("--innermost");
    require(axes >= 1 && axes <= std::ssize(shape), "layer_norm: there are no {} innermost axes; got {}", axes, shape);
    return LayerNorm({.shape = Shape(shape.end() - axes, shape.end()), .epsilon = s.number("--epsilon")});
}

GroupNorm group_norm_layer(const Settings& s) {
    return GroupNorm({.channels = s.shape().back(),
                      .groups = s.whole("--groups"),
                      .epsilon = s.number("--epsilon"),
                      .affine = !s.is_set("--no-affine")});
}

InstanceNorm instance_norm_layer(const Settings& s) {
    return InstanceNorm(
        {.channels = s.shape().back(), .epsilon = s.number("--epsilon"), .affine = !s.is_set("--no-affine")});
}

SpectralNorm<Conv2D> spectral_norm_layer(const Settings& s) {
    const Size2D kernel = s.pair("--kernel");
    const Index weights = kernel.height * kernel.width * s.shape().back() * s.whole("--out-channels");
    require(weights > 1, "SpectralNorm: a weight of one number is always 1 or -1; got {}", weights);
    SpectralNorm norm(
        Conv2D({.in_channels = s.shape().back(), .out_channels = s.whole("--out-channels"), .kernel = kernel}, random),
        random);
    norm.evaluate();  // in training the direction follows the weight, which the gradient leaves out
    return norm;
}

}  // namespace

void append_normalizations(std::vector<GradientRow>& rows) {
    const Sample image = normal({2, 5, 4, 3});
    const Setting epsilon = {"--epsilon", "1e-5"};
    rows.push_back(
        operation("batch_normalize", {{"--shape", "3,4,2"}, epsilon, {"--slope", "1", "0.2"}}, batch_normalize_of));
    rows.push_back(unary("standardize", {{"--axes", "0", "0,2"}, epsilon}, standardize_over, normal({3, 4, 2})));
    rows.push_back(operation("spectral_norm", {{"--shape", "3,2,4"}}, spectral_norm_of));
    rows.push_back(layer("BatchNorm", {epsilon, {"--slope", "1"}, {"--evaluate", "no"}}, batch_norm_layer, image));
    rows.push_back(layer("LayerNorm", {{"--innermost", "1", "2"}, epsilon}, layer_norm_layer, image));
    rows.push_back(layer("GroupNorm", {{"--groups", "1", "2"}, epsilon, {"--no-affine", "no"}}, group_norm_layer,
                         normal({2, 3, 2, 4})));
    rows.push_back(layer("InstanceNorm", {epsilon, {"--no-affine", "no"}}, instance_norm_layer, image));
    rows.push_back(
        layer("SpectralNorm", {{"--kernel", "3", "3,2"}, {"--out-channels", "2"}}, spectral_norm_layer, image));
}

}  // namespace adjoint
