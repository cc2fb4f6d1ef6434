#include "models/deconvnet.h"

#include <algorithm>
#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {

std::vector<ConvolutionalStage> stages_of(const Sequential& network) {
    std::vector<ConvolutionalStage> stages;
    for (const auto& [name, layer] : network.layers()) {
        if (const auto* const convolution = dynamic_cast<const Conv2D*>(layer)) {
            stages.push_back({.name = name, .convolution = convolution});
        } else if (const auto* const norm = dynamic_cast<const BatchNorm*>(layer); norm && !stages.empty()) {
            stages.back().norm = norm;
        } else {
            break;
        }
    }
    return stages;
}

FeatureMaps::FeatureMaps(std::vector<ConvolutionalStage> stages, const Tensor& image)
    : stages_(std::move(stages)), value_(image) {
    for (const ConvolutionalStage& stage : stages_) {
        Trace trace{.input = value_.shape(), .argmax = {}};
        Variable y = (*stage.convolution)(value_);
        if (stage.norm) y = (*stage.norm)(y);
        if (stage.pooled) {
            const Maxima maxima = max_pool2d(y);
            y = maxima.value;
            trace.argmax = maxima.argmax;
        }
        value_ = y.value();
        traces_.push_back(std::move(trace));
    }
}

std::vector<Index> FeatureMaps::strongest(Index count) const {
    std::vector<Index> maps(static_cast<std::size_t>(value_.extent(-1)));
    std::iota(maps.begin(), maps.end(), Index{0});
    const Tensor peaks = max(reshape(value_, {-1, value_.extent(-1)}), 0).value();
    std::stable_sort(maps.begin(), maps.end(), [&](Index a, Index b) { return peaks[a] > peaks[b]; });
    maps.resize(std::min(maps.size(), static_cast<std::size_t>(count)));
    return maps;
}

Tensor FeatureMaps::project(const Tensor& activations) const {
    Variable y = activations;
    for (std::size_t s = stages_.size(); s-- > 0;) {
        const ConvolutionalStage& stage = stages_[s];
        if (stage.pooled) y = max_unpool2d(y, *traces_[s].argmax);
        y = relu(y);
        if (stage.norm) y = y * stage.norm->gain();
        const Conv2D& layer = *stage.convolution;
        const Conv2DForm form =
            Conv2DForm::of("FeatureMaps::project", traces_[s].input, layer.weight.shape(), layer.options);
        y = conv2d_input_gradient(y, layer.weight, form);
    }
    return y.value();
}

Tensor FeatureMaps::project_largest(Index map) const {
    std::vector<double> alone(static_cast<std::size_t>(value_.size()), 0.0);
    Index largest = map;
    for (Index i = map; i < value_.size(); i += value_.extent(-1)) {
        if (value_[i] > value_[largest]) largest = i;
    }
    alone[static_cast<std::size_t>(largest)] = value_[largest];
    return project(Tensor(value_.shape(), alone, value_.dtype()));
}

}  // namespace adjoint
