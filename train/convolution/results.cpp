#include "train/convolution/results.h"

#include <algorithm>
#include <cstdio>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "train/convolution/matrix_text.h"
#include "train/convolution/operands.h"
#include "train/io/npy.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr Index picture_width = 240;  // pixels of a plane that has fewer numbers

bool has_file(const Result& result) { return !result.file.empty(); }

}  // namespace

void write_planes(const std::string& file, const Tensor& images, Layout layout) {
    const Tensor last = images_channels_last(images, layout).value().cast(DType::float32);
    const Index n = last.extent(0), h = last.extent(1), w = last.extent(2), c = last.extent(3);
    const Variable planes = reshape(nhwc_to_nchw(last), {n * c, h, w, 1});
    const Variable all = reshape(planes, {-1}), least = -max(-all, 0), most = max(all, 0);
    const Variable scaled = (planes - least) / maximum(most - least, scalar(1e-30, planes));
    // Each number becomes a square: a transposed convolution whose filter of ones is as large as its stride.
    const Index square = std::max<Index>(1, picture_width / std::max(h, w));
    const Variable squares =
        conv2d_transpose(scaled, Tensor::ones({square, square, 1, 1}), {.stride = {square, square}});
    write_png(file, picture_grid(squares.value(), std::min<Index>(8, n * c)));
}

void report(const std::string& steps, const std::vector<Result>& results) {
    const bool files = std::any_of(results.begin(), results.end(), has_file);
    const bool headings = !files && (results.size() > 1 || !steps.empty());
    std::string report = steps;
    for (const Result& result : results) {
        if (files && !has_file(result)) continue;
        if (headings) report += fmt::format("{}{}\n", report.empty() ? "" : "\n", result.heading);
        if (files) {
            write_npy(result.file, result.value);
            report += fmt::format("{}: {} {}\n", result.file, result.value.shape(), name(result.value.dtype()));
        } else {
            report += result.text();
        }
    }
    const bool printed =
        std::fwrite(report.data(), 1, report.size(), stdout) == report.size() && std::fflush(stdout) == 0;
    require<CannotWrite>(printed, "standard output: cannot be written");
}

Result images_result(const char* heading, const Tensor& images, const std::string& file, Layout layout) {
    return {heading, images, file, [=] {
                const Variable all = images_channels_last(as_images(heading, images, layout), layout);
                return images_text(all.value(), images.shape());
            }};
}

Result filters_result(const char* heading, const Tensor& filters, const std::string& file, Layout layout) {
    return {heading, filters, file, [=] {
                const Variable all = filters_channels_last(as_filters(heading, filters, layout), layout);
                return filters_text(all.value(), filters.shape());
            }};
}

Result bias_result(const char* heading, const Tensor& bias, const std::string& file) {
    return {heading, bias, file, [=] { return images_text(bias.reshaped({1, 1, -1, 1}), bias.shape()); }};
}

}  // namespace adjoint
