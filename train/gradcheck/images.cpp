// Rows of what makes images smaller and larger without filters to learn: patches, pooling, resampling.
#include "framework/analysis/checkerboard.h"
#include "framework/ops/im2col.h"
#include "framework/ops/pooling.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/lambda.h"
#include "train/gradcheck/table.h"

namespace adjoint {

/// --bilinear, or not.
void parse(const std::string&, const std::string& text, Interpolation& interpolation) {
    interpolation = text == "yes" ? Interpolation::bilinear : Interpolation::nearest;
}

namespace {

const Random random(2024);

// ---- patches, elements that are taken and put, pooling

Conv2DForm patch_form(const Settings& s) {
    const Shape image = s.shape();
    require(image.size() == 4, "patches: images must be [N, H, W, C]; got {}", image);
    const Size2D kernel = s.pair("--kernel");
    return Conv2DForm::of("patches", image, {kernel.height, kernel.width, image[3], 1}, s.options<Conv2DOptions>());
}

Operation patches_of(const Settings& s) {
    const Conv2DForm form = patch_form(s);
    return {[form](const Inputs& in) { return patches(in[0], form); }, {normal(form.image_shape())}, {"x"}};
}

Operation sum_patches_of(const Settings& s) {
    const Conv2DForm form = patch_form(s);
    const Shape p = patches(Tensor::zeros(form.image_shape(), DType::float64), form).shape();
    return {[form](const Inputs& in) { return sum_patches(in[0], form); }, {normal(p)}, {"p"}};
}

// As many of each item's elements, some of them twice.
Places places_between(const Shape& whole, const Shape& taken) {
    require(whole.size() >= 2 && element_count(taken) > 0, "take: items must have elements; got {} and {}", whole,
            taken);
    const std::uint64_t item = static_cast<std::uint64_t>(element_count(whole) / whole[0]);
    std::vector<Index> indices(static_cast<std::size_t>(element_count(taken)));
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<Index>(random.below(item, i));
    return Places(whole, taken, indices);
}

Operation take_of(const Settings& s) {
    const Shape x = s.shape();
    const Places places = places_between(x, {x[0], s.whole("--out-features")});
    return {[places](const Inputs& in) { return take(in[0], places); }, {normal(x)}, {"x"}};
}

Operation put_of(const Settings& s) {
    const Shape y = s.shape();
    const Places places = places_between({y[0], s.whole("--out-features")}, y);
    return {[places](const Inputs& in) { return put(in[0], places); }, {normal(y)}, {"y"}};
}

Operation max_unpool2d_of(const Settings& s) {
    const Maxima maxima = max_pool2d(shuffled(s.shape()).draw(random), s.options<MaxPool2DOptions>());
    return {[maxima](const Inputs& in) { return max_unpool2d(in[0], maxima.switches); },
            {normal(maxima.value.shape())},
            {"y"}};
}

// ---- resampling

// Two entries in each column, whole numbers.
SparseMatrix three_rows(Index columns) {
    SparseMatrix matrix{3, columns, {}};
    for (Index column = 0; column < columns; ++column) {
        matrix.entries.push_back({column % 3, column, static_cast<double>(column + 1)});
        matrix.entries.push_back({(column + 1) % 3, column, -2.0});
    }
    return matrix;
}

Variable multiply_along_of(const Variable& x, Index axis) {
    require(axis >= 0 && axis < std::ssize(x.shape()), "multiply_along: there is no axis {}; got {}", axis, x.shape());
    return multiply_along(x, three_rows(x.extent(axis)), axis);
}

Variable checkerboard_share_of(const Variable& x, const Size2D& period, const Settings& s) {
    require(period.height * period.width > 1, "checkerboard_share: in a period of one pixel it is always 0; got {}",
            s.text("--period"));
    return checkerboard_share(x, period);
}

}  // namespace

GradientRows image_rows() {
    const std::string patch = "--shape 2,5,4,2 --kernel 2|3,2 --stride 1|2,1 --padding valid|same --dilation 1|1,2";
    const std::string window = " --window 2|3,2 --stride |2,1 --padding valid|same";
    const std::string most = "--dilation 1" + window, average = "--count-padding no" + window;
    const std::string interpolation = " --bilinear no|yes --align-corners no";
    const Sample pooled = normal({2, 5, 4, 2}), distinct = shuffled({2, 5, 4, 2}), image = normal({2, 4, 6, 4});
    return {
        multilinear(operation("patches", patch, patches_of)),
        multilinear(operation("sum_patches", patch, sum_patches_of)),
        multilinear(operation("take", "--shape 2,3,2 --out-features 5", take_of)),
        multilinear(operation("put", "--shape 2,5 --out-features 6", put_of)),
        operation("max_pool2d", {distinct}, most,
                  [](const Variable& x, const MaxPool2DOptions& o) { return max_pool2d(x, o).value; }),
        multilinear(operation("max_unpool2d", "--shape 2,5,4,2 " + most, max_unpool2d_of)),
        operation("average_pool2d", {pooled}, average, average_pool2d),
        operation("global_average_pool2d", {pooled}, "", global_average_pool2d),
        layer("MaxPool2D", distinct, most, [](const MaxPool2DOptions& o) { return MaxPool2D(o); }),
        layer("AveragePool2D", pooled, average, [](const AveragePool2DOptions& o) { return AveragePool2D(o); }),
        layer("GlobalAveragePool2D", pooled, "", [] { return GlobalAveragePool2D(); }),
        multilinear(operation("pixel_shuffle", {image}, "--block 2", pixel_shuffle)),
        multilinear(operation("pixel_unshuffle", {image}, "--block 2", pixel_unshuffle)),
        multilinear(operation("multiply_along", {image}, "--axis 0|1", multiply_along_of)),
        operation("resize2d", {image}, "--size 3|7,5" + interpolation, resize2d),
        operation("upsample2d", {image}, "--factor 2|2,3" + interpolation, upsample2d),
        operation("checkerboard_share", {image}, "--period 2", checkerboard_share_of),
        layer("Upsample2D", image, "--factor 2|2,3" + interpolation,
              [](const Size2D& factor, const ResizeOptions& o) { return Upsample2D(factor, o); }),
        multilinear(layer("PixelShuffle", normal({2, 3, 2, 4}), "--block 2", [](Index r) { return PixelShuffle(r); })),
    };
}

}  // namespace adjoint
