#include "train/gradient_table.h"

#include "framework/batch_normalize.h"
#include "framework/elementwise.h"
#include "framework/matmul.h"
#include "framework/reduction.h"
#include "framework/shaping.h"
#include "layers/activations.h"
#include "layers/batch_norm.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/losses.h"
#include "layers/sequential.h"
#include "models/autoencoder.h"
#include "models/dcgan.h"

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
    rows.push_back(unary("relu", relu, x));
    rows.push_back(unary(
        "leaky_relu", {{"--slope", "0.2"}},
        [](const Variable& v, const Settings& s) { return leaky_relu(v, s.number("--slope")); }, x));
    rows.push_back(unary(
        "rectified", {{"--slope", "0.2"}},
        [](const Variable& g, const Settings& s) {
            return rectified(g, apart(g.shape(), 1).draw(random), s.number("--slope"));
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

void append_normalizations(std::vector<GradientRow>& rows) {
    const std::vector<Setting> settings = {{"--shape", "3,4,2"}, {"--epsilon", "1e-5"}, {"--slope", "1", "0.2"}};
    const auto normalize = [](const Settings& s) {
        const Shape channels = {s.shape().back()};
        require(element_count(s.shape()) > channels[0], "batch_normalize: a channel needs more than one value; got {}",
                s.shape());
        const BatchNormalizeOptions options{.epsilon = s.number("--epsilon"), .slope = s.number("--slope")};
        return Operation{[options](const Inputs& in) {
                             return batch_normalize(in[0], in[1], in[2], channel_moments(in[0].value()), options);
                         },
                         {normal(s.shape()), normal(channels, 1), normal(channels, 2)},
                         {"x", "gamma", "beta"}};
    };
    rows.push_back(operation("batch_normalize", settings, normalize));
}

// ---- layers

BatchNorm batch_norm_layer(const Settings& s) {
    BatchNorm norm({.channels = s.shape().back(), .epsilon = s.number("--epsilon"), .slope = s.number("--slope")},
                   random);
    if (s.is_set("--evaluate")) norm.evaluate();
    return norm;
}

void append_layers(std::vector<GradientRow>& rows) {
    const Sample image = normal({2, 5, 4, 3});
    rows.push_back(multilinear(layer(
        "Linear", {{"--out-features", "3"}, {"--no-bias", "no"}},
        [](const Settings& s) {
            return Linear({.in = s.shape().back(), .out = s.whole("--out-features"), .bias = !s.is_set("--no-bias")},
                          random);
        },
        normal({5, 4}))));
    rows.push_back(
        layer("BatchNorm", {{"--epsilon", "1e-5"}, {"--slope", "1"}, {"--evaluate", "no"}}, batch_norm_layer, image));
    rows.push_back(layer(
        "Dropout", {{"--rate", "0.5", "0.4"}}, [](const Settings& s) { return Dropout(s.number("--rate"), random); },
        image));
    rows.push_back(layer(
        "ReLU", [] { return ReLU(); }, apart({3, 4})));
    rows.push_back(layer(
        "LeakyReLU", {{"--slope", "0.01", "0.2"}}, [](const Settings& s) { return LeakyReLU(s.number("--slope")); },
        apart({3, 4})));
    rows.push_back(layer(
        "ELU", {{"--alpha", "1"}}, [](const Settings& s) { return ELU(s.number("--alpha")); }, apart({3, 4})));
    rows.push_back(layer(
        "GELU", [] { return GELU(); }, image));
    rows.push_back(layer(
        "Tanh", [] { return Tanh(); }, image));
    rows.push_back(layer(
        "Sigmoid", [] { return Sigmoid(); }, image));
    rows.push_back(layer(
        "Softplus", [] { return Softplus(); }, image));
    rows.push_back(multilinear(layer(
        "Flatten", [] { return Flatten(); }, image)));
    rows.push_back(multilinear(layer(
        "Reshape", {{"--to", "-1", "4,-1"}}, [](const Settings& s) { return Reshape(s.shape("--to")); }, image)));
    rows.push_back(layer(
        "Sequential",
        [] {
            return Sequential(Linear({.in = 4, .out = 5}, random.stream(1)), Tanh(),
                              Linear({.in = 5, .out = 2}, random.stream(2)));
        },
        normal({3, 4})));
}

void append_losses(std::vector<GradientRow>& rows) {
    const Sample x = normal({3, 4}), t = positive({3, 4}, 1);
    rows.push_back(binary("mean_squared_error", mean_squared_error, x, t));
    rows.push_back(binary("mean_absolute_error", mean_absolute_error, x, t));
    rows.push_back(binary(
        "huber", {{"--delta", "1", "0.7"}},
        [](const Variable& a, const Variable& b, const Settings& s) { return huber(a, b, s.number("--delta")); }, x,
        t));
    rows.push_back(binary(
        "binary_cross_entropy_with_logits",
        [](const Variable& a, const Variable& b) { return binary_cross_entropy_with_logits(a, b); }, x, t));
    rows.push_back(unary(
        "cross_entropy",
        [](const Variable& v) {
            std::vector<int> labels;  // 1, 2, …, and round again
            while (std::ssize(labels) < v.extent(0))
                labels.push_back(static_cast<int>((labels.size() + 1) % v.extent(-1)));
            return cross_entropy(v, labels);
        },
        x));
}

void append_models(std::vector<GradientRow>& rows) {
    rows.push_back(sampled(layer(
                               "Autoencoder", [] { return Autoencoder(random); }, normal({1, 28, 28, 1})),
                           2));
    rows.push_back(
        sampled(layer(
                    "dcgan_generator", [] { return dcgan_generator(random); }, normal({2, 1, 1, dcgan_noise})),
                2));
    rows.push_back(
        sampled(layer(
                    "dcgan_discriminator", [] { return dcgan_discriminator(random); }, normal({2, 28, 28, 1})),
                2));
}

}  // namespace

const std::vector<GradientRow>& gradient_table() {
    static const std::vector<GradientRow> table = [] {
        std::vector<GradientRow> rows;
        append_elementwise(rows);
        append_reductions(rows);
        append_moves(rows);
        append_convolutions(rows);
        append_normalizations(rows);
        append_layers(rows);
        append_losses(rows);
        append_models(rows);
        return rows;
    }();
    return table;
}

}  // namespace adjoint
