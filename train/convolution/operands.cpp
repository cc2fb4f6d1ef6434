#include "train/convolution/operands.h"

#include <algorithm>

#include "framework/ops/shape_ops.h"
#include "train/convolution/matrix_text.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

constexpr const char* image_axes(Layout layout) {
    switch (layout) {
        case Layout::channels_last:
            return "[H, W], [H, W, C] or [N, H, W, C]";
        case Layout::channels_first:
            return "[H, W] or [N, C, H, W]";
        case Layout::unbatched_too:
            return "[H, W], [C, H, W] or [N, C, H, W]";
    }
    return "";
}

}  // namespace

Operand read_operand(const char* option, const std::string& text) {
    if (text.ends_with(".npy")) return {read_npy(text), true};
    return {parse_matrix(option, text), false};
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
    const bool meant =
        shape.size() == 2 || shape.size() == 4 || (shape.size() == 3 && layout != Layout::channels_first);
    require(meant, "{}: expected an image {}; got {}", option, image_axes(layout), shape);
    const bool last = layout == Layout::channels_last;
    if (shape.size() == 2)
        return reshape(operand, last ? Shape{1, shape[0], shape[1], 1} : Shape{1, 1, shape[0], shape[1]});
    return last && shape.size() == 3 ? reshape(operand, {1, shape[0], shape[1], shape[2]}) : operand;
}

Variable as_filters(const char* option, const Variable& operand, Layout layout) {
    const bool last = layout == Layout::channels_last;
    const Shape& shape = operand.shape();
    require(shape.size() == 2 || shape.size() == 4, "{}: expected filters [K, L] or {}; got {}", option,
            last ? "[K, L, C, O]" : "[O, C, K, L]", shape);
    if (shape.size() == 4) return operand;
    return reshape(operand, last ? Shape{shape[0], shape[1], 1, 1} : Shape{1, 1, shape[0], shape[1]});
}

}  // namespace adjoint
