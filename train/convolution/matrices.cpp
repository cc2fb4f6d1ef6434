#include "train/convolution/matrices.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/ranges.h>
#include <system_error>

#include "datasets/read_file.h"
#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "train/convolution/typed_numbers.h"
#include "train/io/atomic_file.h"
#include "train/io/npy.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr Index picture_width = 240;  // pixels of a plane that has fewer numbers

constexpr const char* image_axes(Layout layout) {
    return layout == Layout::channels_last    ? "[H, W], [H, W, C] or [N, H, W, C]"
           : layout == Layout::channels_first ? "[H, W] or [N, C, H, W]"
                                              : "[H, W], [C, H, W] or [N, C, H, W]";
}

// ---- numbers to text

// The shortest text that reads back as the same number; 0 for -0.
std::string shortest(double number, DType dtype) {
    number += 0.0;
    return dtype == DType::float32 ? fmt::format("{}", static_cast<float>(number)) : fmt::format("{}", number);
}

// A matrix alone, or the shape and each plane under a heading.
std::string text(const Result& result) {
    const auto& [heading, value, file, layout, filters] = result;
    const Variable matrix = value.shape().size() == 1 ? value.reshaped({1, -1}) : value;
    const Tensor planes =
        (filters ? transpose(filters_channels_last(as_filters(heading, matrix, layout), layout), {2, 3, 0, 1})
                 : nhwc_to_nchw(images_channels_last(as_images(heading, matrix, layout), layout)))
            .value();
    const Index count = planes.extent(0) * planes.extent(1), size = planes.extent(2) * planes.extent(3);
    std::string text = count == 1 ? "" : fmt::format("{} {}\n", value.shape(), name(value.dtype()));
    for (Index plane = 0; plane < count; ++plane) {
        if (count > 1) {
            text += fmt::format("\n{} {}, {} {}\n", filters ? "channel" : "image", plane / planes.extent(1),
                                filters ? "filter" : "channel", plane % planes.extent(1));
        }
        std::vector<std::string> entries;
        for (Index i = 0; i < size; ++i) entries.push_back(shortest(planes[plane * size + i], value.dtype()));
        for (const std::string& line : matrix_lines(entries, planes.extent(3))) text += line + '\n';
    }
    return text;
}

}  // namespace

Operand read_operand(const char* option, const std::string& text) {
    if (text.ends_with(".npy")) return {read_npy(text), true};
    std::error_code unknown;
    if (text != "-" && !text.starts_with("/dev/") && !std::filesystem::is_fifo(text, unknown)) {
        return {parse_numbers(option, text), false};
    }
    const std::string content = read_input(text);
    if (is_npy(content)) return {tensor_of_npy(text, content), true};
    return {parse_numbers(option, content), false};
}

Operand read_bias(const char* option, const std::string& text) {
    Operand bias = read_operand(option, text);
    const Shape& shape = bias.value.shape();
    const bool typed_row = !bias.from_file && shape[0] == 1;
    require(shape.size() == 1 || typed_row, "{}: expected a number a channel [C]; got {}", option, shape);
    bias.value = bias.value.reshaped({-1});
    return bias;
}

DType common_dtype(const std::string& asked, std::span<const Operand> operands) {
    if (!asked.empty()) return asked == "float32" ? DType::float32 : DType::float64;
    bool files = false, wide = false;
    for (const Operand& operand : operands) {
        files |= operand.from_file;
        wide |= operand.from_file && operand.value.dtype() == DType::float64;
    }
    return files && !wide ? DType::float32 : DType::float64;
}

Variable as_images(const char* option, const Variable& operand, Layout layout) {
    const Shape& shape = operand.shape();
    const bool last = layout == Layout::channels_last;
    require(shape.size() == 2 || shape.size() == 4 || (shape.size() == 3 && layout != Layout::channels_first),
            "{}: expected an image {}; got {}", option, image_axes(layout), shape);
    if (shape.size() == 2)
        return reshape(operand, last ? Shape{1, shape[0], shape[1], 1} : Shape{1, 1, shape[0], shape[1]});
    return last && shape.size() == 3 ? reshape(operand, {1, shape[0], shape[1], shape[2]}) : operand;
}

Variable as_filters(const char* option, const Variable& operand, Layout layout) {
    const Shape& shape = operand.shape();
    const bool last = layout == Layout::channels_last;
    require(shape.size() == 2 || shape.size() == 4, "{}: expected filters [K, L] or {}; got {}", option,
            last ? "[K, L, C, O]" : "[O, C, K, L]", shape);
    if (shape.size() == 4) return operand;
    return reshape(operand, last ? Shape{shape[0], shape[1], 1, 1} : Shape{1, 1, shape[0], shape[1]});
}

void report(const std::string& steps, const std::vector<Result>& results,
            const std::vector<std::filesystem::path>& pictures) {
    const auto has_file = [](const Result& result) { return !result.file.empty(); };
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
            report += text(result);
        }
    }
    std::vector<std::filesystem::path> written = pictures;
    for (const Result& result : results) written.emplace_back(result.file);
    std::FILE* const out = messages_beside(written);
    const bool printed = std::fwrite(report.data(), 1, report.size(), out) == report.size() && std::fflush(out) == 0;
    require<CannotWrite>(printed, "standard output: cannot be written");
}

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

std::vector<std::string> matrix_lines(const std::vector<std::string>& entries, Index columns, std::size_t width) {
    for (const std::string& entry : entries) width = std::max(width, entry.size());
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool first = i % static_cast<std::size_t>(columns) == 0;
        if (first) lines.emplace_back();
        lines.back() += fmt::format("{}{:>{}}", first ? "" : " ", entries[i], width);
    }
    return lines;
}

}  // namespace adjoint
