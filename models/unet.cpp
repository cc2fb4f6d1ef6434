#include "models/unet.h"

#include <fmt/ranges.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/pooling.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "layers/normalization.h"

namespace adjoint {
namespace {

constexpr int halvings = 3;
static_assert(UNet::unit == 1 << halvings);

}  // namespace

UNet::UNet(const Random& random, const UNetOptions& o) {
    require(o.channels >= 1 && o.classes >= 2 && o.width >= 1,
            "UNet: channels and width must be at least 1, classes at least 2; got {}, {} and {}", o.channels, o.width,
            o.classes);
    std::uint64_t layer = 0;
    const auto weights = [&] { return random.stream(++layer); };
    const auto pair = [&](const std::string& name, Index in, Index out) {
        Sequential both;
        for (int number = 1; number <= 2; ++number, in = out) {
            both.append(fmt::format("conv{}", number), Conv2D({.in_channels = in,
                                                               .out_channels = out,
                                                               .kernel = {3, 3},
                                                               .padding = Padding::same(),
                                                               .bias = false,
                                                               .initializer = initializers::he_normal()},
                                                              weights()));
            both.append(fmt::format("norm{}", number), BatchNorm({.channels = out, .activation = relu()}, weights()));
        }
        return &child(name, std::move(both));
    };
    Index in = o.channels, out = o.width;
    for (int level = 0; level <= halvings; ++level, in = out, out *= 2) {
        down_.push_back(pair(level < halvings ? fmt::format("down{}", level + 1) : "bottom", in, out));
    }
    for (int level = 1; level <= halvings; ++level, in = out) {
        out = in / 2;
        enlarge_.push_back(
            &child("enlarge" + std::to_string(level), upsampling_layer({.in_channels = in,
                                                                        .out_channels = out,
                                                                        .kernel = {2, 2},
                                                                        .stride = {2, 2},
                                                                        .initializer = initializers::he_normal()},
                                                                       o.upsampling, weights())));
        up_.push_back(pair(fmt::format("up{}", level), 2 * out, out));
    }
    decide_ = &child("decide", Conv2D({.in_channels = in, .out_channels = o.classes, .kernel = {1, 1}}, weights()));
}

Variable UNet::forward(const Variable& x) const {
    require(x.rank() == 4 && x.extent(1) % unit == 0 && x.extent(2) % unit == 0,
            "UNet: height and width must divide by {}; got {}", unit, x.shape());
    std::vector<Variable> seen;  // on the way down, from the largest on
    Variable h = x;
    for (const Sequential* const pair : down_) {
        if (!seen.empty()) h = max_pool2d(h).value;
        h = (*pair)(h);
        seen.push_back(h);
    }
    for (std::size_t level = 0; level < up_.size(); ++level) {
        const Variable& beside = seen[seen.size() - 2 - level];
        h = (*up_[level])(concatenate({beside, (*enlarge_[level])(h)}, 3));
    }
    return (*decide_)(h);
}

Variable segmentation_loss(const Variable& x, const Variable& t) {
    require(x.rank() == 4 && x.shape() == t.shape(),
            "segmentation_loss: logits and targets must have one shape [N, H, W, classes]; got {} and {}", x.shape(),
            t.shape());
    const Variable log_p = log_softmax(x), p = exp(log_p);
    const Variable entropy = -static_cast<double>(x.extent(3)) * mean(t * log_p);
    const std::vector<Index> pixels = {0, 1, 2};
    const Variable overlap = (2.0 * sum(p * t, pixels) + 1.0) / (sum(p, pixels) + sum(t, pixels) + 1.0);
    return entropy + (1.0 - mean(overlap));
}

}  // namespace adjoint
