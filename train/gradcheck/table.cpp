#include "train/gradcheck/table.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

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
        multilinear(operation("negate", {x}, "", negate)),
        operation("exp", {x}, "", exp),
        operation("log", {above_0}, "", log),
        operation("sqrt", {above_0}, "", sqrt),
        operation("abs", {x}, "", abs),
        operation("tanh", {x}, "", tanh),
        operation("sigmoid", {x}, "", sigmoid),
        operation("erf", {x}, "", erf),
        operation("relu", {x}, "", [](const Variable& v) { return relu(v); }),
        operation("leaky_relu", {x}, "--slope 0.2",
                  [](const Variable& v, double slope) { return leaky_relu(v, slope); }),
        operation("relu_gradient", {normal({3, 4})}, "--slope 0.2",
                  [](const Variable& g, double slope) {
                      return relu_gradient(g, apart(g.shape(), 1).draw(Random(2024)), slope);
                  }),
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
        operation("max", {x}, "--axis 0|1 --keep no", max),
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
        multilinear(operation("matmul", "--shape 2,3,4 --columns 5 --transpose-a no --transpose-b no", matmul_of)),
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
