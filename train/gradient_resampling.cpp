// The rows of what makes images larger and smaller without filters to learn.
#include "framework/checkerboard.h"
#include "framework/resampling.h"
#include "framework/shaping.h"
#include "layers/resizing.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// ---- settings

std::vector<Setting> with_interpolation(Setting size) {
    return {std::move(size), {"--bilinear", "no", "yes"}, {"--align-corners", "no"}};
}

ResizeOptions resize_options(const Settings& s) {
    return {.interpolation = s.is_set("--bilinear") ? Interpolation::bilinear : Interpolation::nearest,
            .align_corners = s.is_set("--align-corners")};
}

// Two entries in each column, whole numbers.
SparseMatrix three_rows(Index columns) {
    SparseMatrix matrix{3, columns, {}};
    for (Index column = 0; column < columns; ++column) {
        matrix.entries.push_back({column % 3, column, static_cast<double>(column + 1)});
        matrix.entries.push_back({(column + 1) % 3, column, -2.0});
    }
    return matrix;
}

Variable multiply_along_axis(const Variable& x, const Settings& s) {
    const Index axis = s.whole("--axis");
    require(axis >= 0 && axis < std::ssize(x.shape()), "multiply_along: there is no axis {}; got {}", axis, x.shape());
    return multiply_along(x, three_rows(x.extent(axis)), axis);
}

Variable checkerboard_share_of(const Variable& x, const Settings& s) {
    const Size2D period = s.pair("--period");
    require(period.height * period.width > 1, "checkerboard_share: in a period of one pixel it is always 0; got {}",
            s.text("--period"));
    return checkerboard_share(x, period);
}

}  // namespace

void append_resampling(std::vector<GradientRow>& rows) {
    const Sample image = normal({2, 4, 6, 4});
    rows.push_back(multilinear(unary(
        "pixel_shuffle", {{"--block", "2"}},
        [](const Variable& x, const Settings& s) { return pixel_shuffle(x, s.whole("--block")); }, image)));
    rows.push_back(multilinear(unary(
        "pixel_unshuffle", {{"--block", "2"}},
        [](const Variable& y, const Settings& s) { return pixel_unshuffle(y, s.whole("--block")); }, image)));
    rows.push_back(multilinear(unary("multiply_along", {{"--axis", "0", "1"}}, multiply_along_axis, image)));
    rows.push_back(unary(
        "resize2d", with_interpolation({"--size", "3", "7,5"}),
        [](const Variable& x, const Settings& s) { return resize2d(x, s.pair("--size"), resize_options(s)); }, image));
    rows.push_back(unary(
        "upsample2d", with_interpolation({"--factor", "2", "2,3"}),
        [](const Variable& x, const Settings& s) { return upsample2d(x, s.pair("--factor"), resize_options(s)); },
        image));
    rows.push_back(unary("checkerboard_share", {{"--period", "2"}}, checkerboard_share_of, image));
    rows.push_back(layer(
        "Upsample2D", with_interpolation({"--factor", "2", "2,3"}),
        [](const Settings& s) { return Upsample2D(s.pair("--factor"), resize_options(s)); }, image));
    rows.push_back(multilinear(layer(
        "PixelShuffle", {{"--block", "2"}}, [](const Settings& s) { return PixelShuffle(s.whole("--block")); },
        normal({2, 3, 2, 4}))));
}

}  // namespace adjoint
