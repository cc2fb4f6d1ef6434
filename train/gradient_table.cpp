#include "train/gradient_table.h"

#include "framework/elementwise.h"
#include "framework/matmul.h"
#include "framework/reduction.h"
#include "framework/shaping.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Random random(2024);

// ---- settings

// A shape that broadcasts to --shape.
std::string draw_narrower(Dice& dice, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = dice.chance(0.5) ? 1 : extent;
    shape.erase(shape.begin(), shape.begin() + dice.between(0, std::ssize(shape) - 1));
    return fmt::format("{}", fmt::join(shape, ","));
}

// A shape to which --shape broadcasts.
std::string draw_wider(Dice& dice, const Settings& drawn) {
    Shape shape = drawn.shape();
    for (Index& extent : shape) extent = extent == 1 ? dice.between(1, 4) : extent;
    if (dice.chance(0.5)) shape.insert(shape.begin(), dice.between(1, 3));
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

// ---- the rows

void append_elementwise(std::vector<GradientRow>& rows) {
    const Sample x = apart({3, 4}), column = apart({3, 1}, 1);
    rows.push_back(multilinear(binary("add", add, x, column)));
    rows.push_back(multilinear(binary("subtract", subtract, x, column)));
    rows.push_back(multilinear(binary("multiply", multiply, x, column)));
    rows.push_back(binary("divide", divide, x, column));
    rows.push_back(unary(
        "power", {{"--exponent", "2.5"}},
        [](const Variable& v, const Settings& s) { return power(v, s.number("--exponent")); }, positive({3, 4})));
    rows.push_back(binary(
        "power of a variable", [](const Variable& a, const Variable& b) { return power(a, b); }, positive({3, 4}),
        normal({4}, 1)));
    rows.push_back(binary("maximum", maximum, x, column));
    rows.push_back(multilinear(unary("negate", negate, x)));
    rows.push_back(unary(
        "exp", [](const Variable& v) { return exp(v); }, x));
    rows.push_back(unary(
        "log", [](const Variable& v) { return log(v); }, positive({3, 4})));
    rows.push_back(unary(
        "sqrt", [](const Variable& v) { return sqrt(v); }, positive({3, 4})));
    rows.push_back(unary(
        "abs", [](const Variable& v) { return abs(v); }, x));
    rows.push_back(unary(
        "tanh", [](const Variable& v) { return tanh(v); }, x));
    rows.push_back(unary("sigmoid", sigmoid, x));
    rows.push_back(unary(
        "erf", [](const Variable& v) { return erf(v); }, x));
    rows.push_back(unary(
        "relu", [](const Variable& v) { return relu(v); }, x));
    rows.push_back(unary(
        "leaky_relu", {{"--slope", "0.2"}},
        [](const Variable& v, const Settings& s) { return leaky_relu(v, s.number("--slope")); }, x));
    rows.push_back(unary(
        "relu_gradient", {{"--slope", "0.2"}},
        [](const Variable& g, const Settings& s) {
            return relu_gradient(g, apart(g.shape(), 1).draw(random), s.number("--slope"));
        },
        normal({3, 4})));
    rows.push_back(unary(
        "elu", {{"--alpha", "1.5"}}, [](const Variable& v, const Settings& s) { return elu(v, s.number("--alpha")); },
        x));
    rows.push_back(unary("gelu", gelu, x));
    rows.push_back(unary("softplus", softplus, x));
}

void append_reductions(std::vector<GradientRow>& rows) {
    const Sample x = normal({3, 4, 2});
    const auto keep = [](const Settings& s) { return s.is_set("--keep") ? Keep::yes : Keep::no; };
    rows.push_back(multilinear(unary(
        "sum", {{"--axes", "", "0,2"}, {"--keep", "no"}},
        [keep](const Variable& v, const Settings& s) { return sum(v, s.shape("--axes"), keep(s)); }, x)));
    rows.push_back(unary(
        "mean", {{"--axes", "", "1"}, {"--keep", "no", "yes"}},
        [keep](const Variable& v, const Settings& s) { return mean(v, s.shape("--axes"), keep(s)); }, x));
    rows.push_back(unary(
        "max", {{"--axis", "0", "1"}, {"--keep", "no"}},
        [keep](const Variable& v, const Settings& s) { return max(v, s.whole("--axis"), keep(s)); }, x));
    rows.push_back(unary(
        "log_softmax", {{"--axis", "-1", "1"}},
        [](const Variable& v, const Settings& s) { return log_softmax(v, s.whole("--axis")); }, x));
    rows.push_back(unary(
        "softmax", {{"--axis", "-1"}},
        [](const Variable& v, const Settings& s) { return softmax(v, s.whole("--axis")); }, x));
    rows.push_back(multilinear(unary(
        "sum_to", {{"--to", "1", "4,1", draw_narrower}},
        [](const Variable& v, const Settings& s) { return sum_to(v, s.shape("--to")); }, x)));
    rows.push_back(multilinear(unary(
        "broadcast_to", {{"--to", "3,2,4", "", draw_wider}},
        [](const Variable& v, const Settings& s) { return broadcast_to(v, s.shape("--to")); }, normal({2, 1}))));
}

void append_moves(std::vector<GradientRow>& rows) {
    const Sample x = normal({3, 4, 2});
    rows.push_back(multilinear(unary(
        "reshape", {{"--to", "-1", "6,4"}},
        [](const Variable& v, const Settings& s) { return reshape(v, s.shape("--to")); }, x)));
    rows.push_back(multilinear(unary(
        "transpose", {{"--axes", "", "2,0,1"}},
        [](const Variable& v, const Settings& s) { return transpose(v, s.shape("--axes")); }, x)));
    rows.push_back(multilinear(unary(
        "slice", {{"--axis", "0", "1"}, {"--begin", "0", "1"}, {"--end", "1", "3"}},
        [](const Variable& v, const Settings& s) {
            return slice(v, {.axis = s.whole("--axis"), .begin = s.whole("--begin"), .end = s.whole("--end")});
        },
        x)));
    rows.push_back(multilinear(unary(
        "pad", {{"--axis", "0", "1"}, {"--before", "0", "1"}, {"--after", "0", "2"}},
        [](const Variable& v, const Settings& s) {
            return pad(v, {.axis = s.whole("--axis"), .before = s.whole("--before"), .after = s.whole("--after")});
        },
        x)));
    rows.push_back(multilinear(binary(
        "concatenate", {{"--axis", "0", "1"}},
        [](const Variable& a, const Variable& b, const Settings& s) {
            return concatenate({a, b}, s.whole("--axis"));
        },
        x, normal({3, 2, 2}, 1))));
    rows.push_back(multilinear(operation(
        "matmul", {{"--shape", "2,3,4"}, {"--columns", "5"}, {"--transpose-a", "no"}, {"--transpose-b", "no"}},
        matmul_of)));
}

}  // namespace

const std::vector<GradientRow>& gradient_table() {
    static const std::vector<GradientRow> table = [] {
        std::vector<GradientRow> rows;
        append_elementwise(rows);
        append_reductions(rows);
        append_moves(rows);
        append_convolutions(rows);
        append_pooling(rows);
        append_resampling(rows);
        append_conventions(rows);
        append_normalizations(rows);
        append_layers(rows);
        append_losses(rows);
        append_gan_losses(rows);
        append_models(rows);
        return rows;
    }();
    return table;
}

}  // namespace adjoint
