// Rows of operations on single elements, along axes, of matrices and images; and the table of all rows.
#include <algorithm>
#include <fmt/ranges.h>

#include "framework/analysis/checkerboard.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/im2col.h"
#include "framework/ops/matmul.h"
#include "framework/ops/pooling.h"
#include "framework/ops/reduction.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/lambda.h"
#include "train/gradcheck/rows.h"

namespace adjoint {

void parse(const TypedText& typed, Interpolation& interpolation) {
    const std::vector<std::string> names = {"nearest", "bilinear", "bicubic"};  // in the order of Interpolation
    const auto name = std::ranges::find(names, typed.text);
    require(name != names.end(), "{}: must be {}; got {}", typed.option, fmt::join(names, ", "), typed.text);
    interpolation = static_cast<Interpolation>(name - names.begin());
}

namespace {

const Random random(2024);

// ---- shapes and matrices

// A shape that broadcasts to --shape.
std::string draw_narrower(RandomStream& stream, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = stream.chance(0.5) ? 1 : extent;
    shape.erase(shape.begin(), shape.begin() + stream.between(0, std::ssize(shape) - 1));
    return fmt::format("{}", fmt::join(shape, ","));
}

// A shape to which --shape broadcasts.
std::string draw_wider(RandomStream& stream, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = extent == 1 ? stream.between(1, 4) : extent;
    if (stream.chance(0.5)) shape.insert(shape.begin(), stream.between(1, 3));
    return fmt::format("{}", fmt::join(shape, ","));
}

// a [..., m, k] is --shape, whether it is multiplied as it is or transposed.
Operation matmul_of(const Settings& s) {
    const MatmulOptions options{.transpose_a = s.is_set("--transpose-a"), .transpose_b = s.is_set("--transpose-b")};
    const Shape a = s.shape();
    require(a.size() >= 2, "matmul: operands must be matrices; got {}", a);
    Shape b = a;
    const std::size_t rows = a.size() - 2, columns = a.size() - 1;
    b[options.transpose_b ? columns : rows] = a[options.transpose_a ? rows : columns];
    b[options.transpose_b ? rows : columns] = s.whole("--columns");
    return {
        [options](const Inputs& in) { return matmul(in[0], in[1], options); }, {normal(a), normal(b, 1)}, {"a", "b"}};
}

// The first element of an axis and the others, exchanged.
Variable exchange_parts(const Variable& x, Index axis) {
    const std::vector<Variable> parts = split(x, {1, x.extent(axis) - 1}, axis);
    return concatenate({parts[1], parts[0]}, axis);
}

// The last, the first and the last again.
Variable index_select_of(const Variable& x, Index axis) {
    const double last = static_cast<double>(x.extent(axis) - 1);
    return index_select(x, Tensor({3}, {last, 0, last}), axis);
}

Variable where_of(const Variable& a, const Variable& b) {
    return where(random.normal(a.shape(), DType::float64) > 0.0, a, b);
}

// ---- patches, gathering and scattering, pooling

Conv2DForm im2col_form(const Settings& s) {
    const Shape image = s.shape();
    require(image.size() == 4, "im2col: images must be [N, H, W, C]; got {}", image);
    const Size2D kernel = s.pair("--kernel");
    return Conv2DForm::of("im2col", image, {kernel.height, kernel.width, image[3], 1}, s.options<Conv2DOptions>());
}

Variable im2col_of(const Variable& x, const Settings& s) { return im2col(x, im2col_form(s)); }

Operation col2im_of(const Settings& s) {
    const Conv2DForm form = im2col_form(s);
    const Shape p = im2col(Tensor::zeros(form.image_shape(), DType::float64), form).shape();
    return {[form](const Inputs& in) { return col2im(in[0], form); }, {normal(p)}, {"p"}};
}

// As many of each item's elements, some of them twice.
GatherIndices places_between(const Shape& whole, const Shape& taken) {
    require(whole.size() >= 2 && element_count(taken) > 0, "gather: items must have elements; got {} and {}", whole,
            taken);
    const std::uint64_t item = static_cast<std::uint64_t>(element_count(whole) / whole[0]);
    std::vector<Index> indices(static_cast<std::size_t>(element_count(taken)));
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<Index>(random.below(item, i));
    return GatherIndices(whole, taken, indices);
}

Variable gather_of(const Variable& x, Index taken) {
    return gather(x, places_between(x.shape(), {x.extent(0), taken}));
}

Operation scatter_add_of(const Settings& s) {
    const Shape y = s.shape();
    const GatherIndices places = places_between({y[0], s.whole("--out-features")}, y);
    return {[places](const Inputs& in) { return scatter_add(in[0], places); }, {normal(y)}, {"y"}};
}

Operation max_unpool2d_of(const Settings& s) {
    const Maxima maxima = max_pool2d(shuffled(s.shape()).draw(random), s.options<MaxPool2DOptions>());
    return {[maxima](const Inputs& in) { return max_unpool2d(in[0], maxima.argmax); },
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

// ---- rows

GradientRows elementwise_rows() {
    const Sample x = apart({3, 4}), column = apart({3, 1}, 1), above_0 = positive({3, 4});
    return {
        multilinear(operation("add", {x, column}, "", add)),
        multilinear(operation("subtract", {x, column}, "", subtract)),
        multilinear(operation("multiply", {x, column}, "", multiply)),
        operation("divide", {x, column}, "", divide),
        operation("power", {above_0}, "--exponent 2.5", [](const Variable& v, double p) { return power(v, p); }),
        operation("power of a variable", {above_0, normal({4}, 1)}, "",
                  [](const Variable& a, const Variable& b) { return power(a, b); }),
        operation("maximum", {x, column}, "", maximum),
        operation("minimum", {x, column}, "", minimum),
        multilinear(operation("where", {x, column}, "", where_of)),
        operation("clamp", {shuffled({3, 4})}, "--min 0.25|0.45 --max 0.85", clamp),
        multilinear(operation("negate", {x}, "", negate)),
        operation("square", {x}, "", square),
        operation("exp", {x}, "", exp),
        operation("expm1", {x}, "", expm1),
        operation("log", {above_0}, "", log),
        operation("sqrt", {above_0}, "", sqrt),
        operation("abs", {x}, "", abs),
        operation("sin", {x}, "", sin),
        operation("cos", {x}, "", cos),
        operation("tanh", {x}, "", tanh),
        operation("sigmoid", {x}, "", sigmoid),
        operation("erf", {x}, "", erf),
        operation("relu", {x}, "", [](const Variable& v) { return relu(v); }),
        operation("leaky_relu", {x}, "--slope 0.2",
                  [](const Variable& v, double slope) { return leaky_relu(v, slope); }),
        operation(
            "relu_gradient", {normal({3, 4})}, "--slope 0.2",
            [](const Variable& g, double slope) { return relu_gradient(g, apart(g.shape(), 1).draw(random), slope); }),
        operation("elu", {x}, "--alpha 1.5", elu),
        operation("gelu", {x}, "", gelu),
        operation("softplus", {x}, "", softplus),
    };
}

GradientRows reduction_rows() {
    const Sample x = normal({3, 4, 2});
    return {
        multilinear(operation("sum", {x}, "--axes |0,2 --keep no", sum)),
        operation("mean", {x}, "--axes |1 --keep no|yes", mean),
        operation("var", {x}, "--axes |1 --keep no|yes --correction 0|1", var),
        operation("prod", {x}, "--axes |1 --keep no", prod),
        operation("max", {x}, "--axis 0|1 --keep no", max),
        operation("min", {x}, "--axis 0|1 --keep no", min),
        multilinear(operation("cumsum", {x}, "--axis 0|1", cumsum)),
        operation("log_softmax", {x}, "--axis -1|1", log_softmax),
        operation("softmax", {x}, "--axis -1", softmax),
        with_draw("--to", draw_narrower, multilinear(operation("sum_to", {x}, "--to 1|4,1", sum_to))),
        with_draw("--to", draw_wider,
                  multilinear(operation("broadcast_to", {normal({2, 1})}, "--to 3,2,4", broadcast_to))),
    };
}

GradientRows shape_rows() {
    const Sample x = normal({3, 4, 2});
    return {
        multilinear(operation("reshape", {x}, "--to -1|6,4", reshape)),
        multilinear(operation("transpose", {x}, "--axes |2,0,1", transpose)),
        multilinear(operation("slice", {x}, "--axis 0|1 --begin 0|1 --end 1|3", slice)),
        multilinear(operation("pad", {x}, "--axis 0|1 --before 0|1 --after 0|2", pad)),
        multilinear(operation("concatenate", {x, normal({3, 2, 2}, 1)}, "--axis 0|1",
                              [](const Variable& a, const Variable& b, Index axis) {
                                  return concatenate({a, b}, axis);
                              })),
        multilinear(operation("stack", {x}, "--axis 0|1",
                              [](const Variable& v, Index axis) {
                                  return stack({v, -2.0 * v}, axis);
                              })),
        multilinear(operation("split", {x}, "--axis 0|1", exchange_parts)),
        multilinear(operation("flip", {x}, "--axes |2,0", flip)),
        multilinear(operation("index_select", {x}, "--axis 0|1", index_select_of)),
        multilinear(operation("matmul", "--shape 2,3,4 --columns 5 --transpose-a no --transpose-b no", matmul_of)),
    };
}

GradientRows image_rows() {
    const std::string patch = "--kernel 2|3,2 --stride 1|2,1 --padding valid|same --dilation 1|1,2";
    const std::string window = " --window 2|3,2 --stride |2,1 --padding valid|same";
    const std::string most = "--dilation 1" + window, average = "--count-padding no" + window;
    const std::string interpolation = " --interpolation bilinear|bicubic --align-corners no";
    const Sample pooled = normal({2, 5, 4, 2}), distinct = shuffled({2, 5, 4, 2}), image = normal({2, 4, 6, 4});
    return {
        multilinear(operation("im2col", {pooled}, patch, im2col_of)),
        multilinear(operation("col2im", "--shape 2,5,4,2 " + patch, col2im_of)),
        multilinear(operation("gather", {normal({2, 3, 2})}, "--out-features 5", gather_of)),
        multilinear(operation("scatter_add", "--shape 2,5 --out-features 6", scatter_add_of)),
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

}  // namespace

const GradientRows& gradient_table() {
    static const GradientRows table = [] {
        GradientRows rows;
        for (const auto part : {elementwise_rows, reduction_rows, shape_rows, convolution_rows, image_rows,
                                convention_rows, layer_rows, loss_rows, model_rows}) {
            for (GradientRow& row : part()) rows.push_back(std::move(row));
        }
        return rows;
    }();
    return table;
}

}  // namespace adjoint
