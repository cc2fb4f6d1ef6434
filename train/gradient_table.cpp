#include "train/gradient_table.h"

#include "framework/batch_normalize.h"
#include "framework/checkerboard.h"
#include "framework/conventions/keras.h"
#include "framework/conventions/layouts.h"
#include "framework/conventions/onnx.h"
#include "framework/conventions/pytorch.h"
#include "framework/convolution.h"
#include "framework/elementwise.h"
#include "framework/image_patches.h"
#include "framework/indexing.h"
#include "framework/kernels.h"
#include "framework/matmul.h"
#include "framework/pooling.h"
#include "framework/reduction.h"
#include "framework/resampling.h"
#include "framework/shaping.h"
#include "framework/standardize.h"
#include "layers/activations.h"
#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/dropout.h"
#include "layers/gan_losses.h"
#include "layers/group_norm.h"
#include "layers/layer_norm.h"
#include "layers/linear.h"
#include "layers/losses.h"
#include "layers/module_check.h"
#include "layers/resizing.h"
#include "layers/sequential.h"
#include "layers/spectral_norm.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Random random(2024);

Tensor normal(const Shape& shape, std::uint64_t stream = 0) {
    return random.stream(stream).normal(shape, DType::float64);
}

// Numbers in 0.2..1.2: away from the kinks and poles at 0.
Tensor positive(const Shape& shape, std::uint64_t stream = 0) {
    return map(random.stream(stream).uniform(shape, DType::float64), [](auto u) { return u + 0.2; });
}

// Numbers in −0.7..−0.2 and 0.5..1.
Tensor apart(const Shape& shape, std::uint64_t stream = 0) {
    std::vector<double> elements = positive(shape, stream).to_vector();
    for (std::size_t i = 1; i < elements.size(); i += 2) elements[i] = -elements[i];
    return Tensor(shape, elements, DType::float64);
}

// A permutation of 0.1, 0.2, …: no two numbers are so near each other that a small step exchanges them.
Tensor shuffled(const Shape& shape) {
    std::vector<double> elements(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < elements.size(); ++i) {
        elements[i] = 0.1 * static_cast<double>((i * 37 + 11) % elements.size() + 1);
    }
    return Tensor(shape, elements, DType::float64);
}

GradientRow operation(const std::string& name, DifferentiableFunction f, const std::vector<Tensor>& inputs) {
    return {name, [=](const GradientCheckOptions& options) { return gradient_check(f, inputs, options); }};
}

GradientRow unary(const std::string& name, std::function<Variable(const Variable&)> f, const Tensor& x) {
    return operation(name, [f](const Inputs& in) { return f(in[0]); }, {x});
}

GradientRow binary(const std::string& name, std::function<Variable(const Variable&, const Variable&)> f,
                   const Tensor& a, const Tensor& b) {
    return operation(name, [f](const Inputs& in) { return f(in[0], in[1]); }, {a, b});
}

template <class Make>
GradientRow layer(const std::string& name, Make make, const Tensor& x) {
    return {name, [=](const GradientCheckOptions& options) {
                auto module = make();
                return gradient_check(module, x, options);
            }};
}

void append_elementwise(std::vector<GradientRow>& rows) {
    const Tensor x = apart({3, 4}), column = apart({3, 1}, 1);
    rows.push_back(binary("add", add, x, column));
    rows.push_back(binary("subtract", subtract, x, column));
    rows.push_back(binary("multiply", multiply, x, column));
    rows.push_back(binary("divide", divide, x, column));
    rows.push_back(unary(
        "power", [](const Variable& v) { return power(v, 2.5); }, positive({3, 4})));
    rows.push_back(binary(
        "power of a variable", [](const Variable& a, const Variable& b) { return power(a, b); }, positive({3, 4}),
        normal({4}, 1)));
    rows.push_back(binary("maximum", maximum, x, column));
    rows.push_back(unary("negate", negate, x));
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
        "leaky_relu", [](const Variable& v) { return leaky_relu(v, 0.2); }, x));
    rows.push_back(unary(
        "rectified", [x](const Variable& g) { return rectified(g, x, 0.2); }, normal({3, 4})));
    rows.push_back(unary(
        "elu", [](const Variable& v) { return elu(v, 1.5); }, x));
    rows.push_back(unary("gelu", gelu, x));
    rows.push_back(unary("softplus", softplus, x));
}

void append_reductions_and_moves(std::vector<GradientRow>& rows) {
    const Tensor x = normal({3, 4, 2});
    rows.push_back(unary(
        "sum",
        [](const Variable& v) {
            return sum(v, {0, 2});
        },
        x));
    rows.push_back(unary(
        "mean", [](const Variable& v) { return mean(v, {1}, Keep::yes); }, x));
    rows.push_back(unary(
        "max", [](const Variable& v) { return max(v, 1); }, x));
    rows.push_back(unary(
        "log_softmax", [](const Variable& v) { return log_softmax(v, 1); }, x));
    rows.push_back(unary(
        "softmax", [](const Variable& v) { return softmax(v); }, x));
    rows.push_back(unary(
        "sum_to",
        [](const Variable& v) {
            return sum_to(v, {4, 1});
        },
        x));
    rows.push_back(unary(
        "broadcast_to",
        [](const Variable& v) {
            return broadcast_to(v, {3, 2, 4});
        },
        normal({2, 1})));
    rows.push_back(unary(
        "reshape",
        [](const Variable& v) {
            return reshape(v, {6, 4});
        },
        x));
    rows.push_back(unary(
        "transpose",
        [](const Variable& v) {
            return transpose(v, {2, 0, 1});
        },
        x));
    rows.push_back(unary(
        "slice", [](const Variable& v) { return slice(v, {.axis = 1, .begin = 1, .end = 3}); }, x));
    rows.push_back(unary(
        "pad", [](const Variable& v) { return pad(v, {.axis = 1, .before = 1, .after = 2}); }, x));
    rows.push_back(binary(
        "concatenate",
        [](const Variable& a, const Variable& b) {
            return concatenate({a, b}, 1);
        },
        x, normal({3, 2, 2}, 1)));
    for (const auto& [ta, tb] : {std::pair(false, false), {false, true}, {true, false}, {true, true}}) {
        rows.push_back(binary(
            fmt::format("matmul{}{}", ta ? ", a transposed" : "", tb ? ", b transposed" : ""),
            [ta = ta, tb = tb](const Variable& a, const Variable& b) {
                return matmul(a, b, {.transpose_a = ta, .transpose_b = tb});
            },
            normal(ta ? Shape{2, 4, 3} : Shape{2, 3, 4}), normal(tb ? Shape{2, 5, 4} : Shape{2, 4, 5}, 1)));
    }
}

void append_convolutions(std::vector<GradientRow>& rows) {
    const Tensor x = normal({2, 5, 6, 4}), w = normal({3, 2, 2, 6}, 1);
    const Conv2DOptions options{.stride = {2, 1}, .padding = Sides{1, 0, 2, -1}, .dilation = {1, 2}, .groups = 2};
    const Conv2DForm form = Conv2DForm::of("conv2d", x.shape(), w.shape(), options);
    const Tensor y = normal(form.output_shape(), 2);
    rows.push_back(binary(
        "conv2d", [form](const Variable& a, const Variable& b) { return conv2d(a, b, form); }, x, w));
    rows.push_back(
        operation("conv2d, finished",
                  [form](const Inputs& in) { return conv2d(in[0], in[1], form, {.bias = in[2], .slope = 0.2}); },
                  {x, w, normal({6}, 3)}));
    rows.push_back(operation(
        "conv2d_input_gradient, finished",
        [form](const Inputs& in) { return conv2d_input_gradient(in[0], in[1], form, {.bias = in[2], .slope = 0.2}); },
        {y, w, normal({4}, 3)}));
    rows.push_back(binary(
        "conv2d_input_gradient",
        [form](const Variable& a, const Variable& b) { return conv2d_input_gradient(a, b, form); }, y, w));
    rows.push_back(binary(
        "conv2d_weight_gradient",
        [form](const Variable& a, const Variable& b) { return conv2d_weight_gradient(a, b, form); }, x, y));
    rows.push_back(binary(
        "conv2d_transpose",
        [](const Variable& a, const Variable& b) {
            return conv2d_transpose(
                a, b, {.stride = {2, 3}, .padding = Padding::symmetric({1, 1}), .output_padding = Size2D{1, 0}});
        },
        normal({2, 3, 3, 2}), normal({3, 4, 3, 2}, 1)));
}

void append_pooling(std::vector<GradientRow>& rows) {
    const Tensor image = shuffled({2, 5, 4, 2});
    const Conv2DForm form = Conv2DForm::of("patches", image.shape(), {3, 2, 2, 1},
                                           {.stride = {2, 1}, .padding = Padding::same(), .dilation = {1, 2}});
    rows.push_back(unary(
        "patches", [form](const Variable& x) { return patches(x, form); }, image));
    rows.push_back(unary(
        "sum_patches", [form](const Variable& p) { return sum_patches(p, form); }, patches(image, form).value()));
    const Places places({2, 3, 2}, {2, 5}, {5, 0, 5, 3, 2, 1, 1, 4, 0, 3});
    rows.push_back(unary(
        "take", [places](const Variable& x) { return take(x, places); }, normal(places.whole())));
    rows.push_back(unary(
        "put", [places](const Variable& y) { return put(y, places); }, normal(places.taken())));
    const MaxPool2DOptions options{.window = {3, 2}, .stride = Size2D{2, 1}, .padding = Padding::same()};
    const Maxima maxima = max_pool2d(image, options);
    rows.push_back(unary(
        "max_pool2d", [options](const Variable& x) { return max_pool2d(x, options).value; }, image));
    rows.push_back(unary(
        "max_unpool2d", [maxima](const Variable& y) { return max_unpool2d(y, maxima.switches); },
        maxima.value.value()));
    rows.push_back(unary(
        "average_pool2d",
        [](const Variable& x) {
            return average_pool2d(x, {.window = {3, 2}, .stride = Size2D{2, 1}, .padding = Padding::same()});
        },
        image));
    rows.push_back(unary("global_average_pool2d", global_average_pool2d, image));
}

void append_resampling(std::vector<GradientRow>& rows) {
    const Tensor image = normal({2, 4, 6, 4});
    const SparseMatrix matrix{3, 4, {{0, 1, 2.0}, {2, 0, -1.0}, {2, 3, 0.5}}};
    const ResizeOptions bilinear{.interpolation = Interpolation::bilinear};
    rows.push_back(unary(
        "pixel_shuffle", [](const Variable& x) { return pixel_shuffle(x, 2); }, image));
    rows.push_back(unary(
        "pixel_unshuffle", [](const Variable& y) { return pixel_unshuffle(y, 2); }, image));
    rows.push_back(unary(
        "multiply_along", [matrix](const Variable& x) { return multiply_along(x, matrix, 1); }, image));
    rows.push_back(unary(
        "resize2d",
        [bilinear](const Variable& x) {
            return resize2d(x, {7, 5}, bilinear);
        },
        image));
    rows.push_back(unary(
        "upsample2d",
        [](const Variable& x) {
            return upsample2d(x, {2, 3});
        },
        image));
    rows.push_back(unary(
        "checkerboard_share",
        [](const Variable& x) {
            return checkerboard_share(x, {2, 2});
        },
        image));
}

void append_conventions(std::vector<GradientRow>& rows) {
    const Tensor x = normal({2, 3, 4, 2});
    rows.push_back(unary("nchw_to_nhwc", nchw_to_nhwc, x));
    rows.push_back(unary("nhwc_to_nchw", nhwc_to_nchw, x));
    rows.push_back(unary("oihw_to_hwio", oihw_to_hwio, x));
    rows.push_back(unary("hwio_to_oihw", hwio_to_oihw, x));

    const Tensor nchw = normal({2, 4, 5, 3}), nhwc = normal({2, 5, 3, 4}), bias = normal({6}, 2);
    const Tensor oihw = normal({6, 2, 3, 2}, 1), iohw = normal({4, 3, 3, 2}, 1);
    rows.push_back(operation("pytorch::conv2d",
                             [](const Inputs& in) {
                                 return pytorch::conv2d(
                                     in[0], in[1],
                                     {.bias = in[2], .stride = {2, 1}, .padding = Size2D{1, 0}, .groups = 2});
                             },
                             {nchw, oihw, bias}));
    rows.push_back(
        operation("pytorch::conv_transpose2d",
                  [](const Inputs& in) {
                      return pytorch::conv_transpose2d(
                          in[0], in[1],
                          {.bias = in[2], .stride = {2, 1}, .padding = {1, 0}, .output_padding = {1, 0}, .groups = 2});
                  },
                  {nchw, iohw, bias}));
    rows.push_back(operation(
        "keras::conv2d",
        [](const Inputs& in) {
            return keras::conv2d(in[0], in[1], {.bias = in[2], .strides = {2, 1}, .padding = "same", .groups = 2});
        },
        {nhwc, normal({3, 2, 2, 6}, 1), bias}));
    rows.push_back(operation("keras::depthwise_conv2d",
                             [](const Inputs& in) { return keras::depthwise_conv2d(in[0], in[1], {.bias = in[2]}); },
                             {normal({2, 5, 3, 3}), normal({3, 2, 3, 2}, 1), bias}));
    rows.push_back(operation(
        "keras::conv2d_transpose",
        [](const Inputs& in) {
            return keras::conv2d_transpose(in[0], in[1], {.bias = in[2], .strides = {2, 1}, .padding = "same"});
        },
        {nhwc, normal({3, 2, 6, 4}, 1), bias}));
    rows.push_back(operation(
        "onnx::conv",
        [](const Inputs& in) {
            return onnx::conv(in[0], in[1], {.B = in[2], .auto_pad = "SAME_LOWER", .group = 2, .strides = {2, 1}});
        },
        {nchw, oihw, bias}));
    rows.push_back(operation("onnx::conv_transpose",
                             [](const Inputs& in) {
                                 return onnx::conv_transpose(
                                     in[0], in[1],
                                     {.B = in[2], .group = 2, .output_shape = Size2D{14, 3}, .strides = {2, 1}});
                             },
                             {nchw, iohw, bias}));
}

void append_normalizations(std::vector<GradientRow>& rows) {
    for (const double slope : {1.0, 0.2}) {
        rows.push_back(operation(slope == 1.0 ? "batch_normalize" : "batch_normalize, rectified",
                                 [slope](const Inputs& in) {
                                     return batch_normalize(in[0], in[1], in[2], channel_moments(in[0].value()),
                                                            {.slope = slope});
                                 },
                                 {normal({3, 4, 2}), normal({2}, 1), normal({2}, 2)}));
    }
    rows.push_back(unary(
        "standardize",
        [](const Variable& x) {
            return standardize(x, {0, 2}, 1e-5);
        },
        normal({3, 4, 2})));
    rows.push_back(binary("spectral_norm", spectral_norm, normal({3, 2, 4}), normal({4}, 1)));
}

void append_layers(std::vector<GradientRow>& rows) {
    const Tensor image = normal({2, 5, 4, 3});
    rows.push_back(layer(
        "Linear", [] { return Linear({.in = 4, .out = 3}, random); }, normal({5, 4})));
    rows.push_back(layer(
        "Conv2D",
        [] {
            return Conv2D(
                {.in_channels = 3, .out_channels = 2, .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::same()},
                random);
        },
        image));
    rows.push_back(layer(
        "Conv2DTranspose",
        [] {
            return Conv2DTranspose(
                {.in_channels = 3, .out_channels = 2, .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::same()},
                random);
        },
        image));
    rows.push_back(layer(
        "BatchNorm", [] { return BatchNorm({.channels = 3}, random); }, image));
    rows.push_back(layer(
        "BatchNorm in evaluation",
        [] {
            BatchNorm norm({.channels = 3}, random);
            norm.evaluate();
            return norm;
        },
        image));
    rows.push_back(layer(
        "LayerNorm",
        [] {
            return LayerNorm({.shape = {4, 3}});
        },
        image));
    rows.push_back(layer(
        "GroupNorm", [] { return GroupNorm({.channels = 4, .groups = 2}); }, normal({2, 3, 2, 4})));
    rows.push_back(layer(
        "InstanceNorm", [] { return InstanceNorm({.channels = 3, .affine = true}); }, image));
    rows.push_back(layer(
        "SpectralNorm",
        [] {
            SpectralNorm norm(Conv2D({.in_channels = 3, .out_channels = 2, .kernel = {3, 2}}, random), random);
            norm.evaluate();  // in training the direction follows the weight, which the gradient leaves out
            return norm;
        },
        image));
    rows.push_back(layer(
        "Dropout", [] { return Dropout(0.4, random); }, image));
    rows.push_back(layer(
        "ReLU", [] { return ReLU(); }, apart({3, 4})));
    rows.push_back(layer(
        "LeakyReLU", [] { return LeakyReLU(0.2); }, apart({3, 4})));
    rows.push_back(layer(
        "ELU", [] { return ELU(); }, apart({3, 4})));
    rows.push_back(layer(
        "GELU", [] { return GELU(); }, image));
    rows.push_back(layer(
        "Tanh", [] { return Tanh(); }, image));
    rows.push_back(layer(
        "Sigmoid", [] { return Sigmoid(); }, image));
    rows.push_back(layer(
        "Softplus", [] { return Softplus(); }, image));
    rows.push_back(layer(
        "Flatten", [] { return Flatten(); }, image));
    rows.push_back(layer(
        "Reshape",
        [] {
            return Reshape({4, -1});
        },
        image));
    rows.push_back(layer(
        "MaxPool2D", [] { return MaxPool2D(); }, shuffled({2, 5, 4, 3})));
    rows.push_back(layer(
        "AveragePool2D", [] { return AveragePool2D(); }, image));
    rows.push_back(layer(
        "GlobalAveragePool2D", [] { return GlobalAveragePool2D(); }, image));
    rows.push_back(layer(
        "Upsample2D",
        [] {
            return Upsample2D({2, 3}, {.interpolation = Interpolation::bilinear});
        },
        image));
    rows.push_back(layer(
        "PixelShuffle", [] { return PixelShuffle(2); }, normal({2, 3, 2, 4})));
    rows.push_back(layer(
        "Sequential",
        [] {
            return Sequential(Linear({.in = 4, .out = 5}, random.stream(1)), Tanh(),
                              Linear({.in = 5, .out = 2}, random.stream(2)));
        },
        normal({3, 4})));
}

void append_losses(std::vector<GradientRow>& rows) {
    const Tensor x = normal({3, 4}), t = positive({3, 4}, 1);
    rows.push_back(binary("mean_squared_error", mean_squared_error, x, t));
    rows.push_back(binary("mean_absolute_error", mean_absolute_error, x, t));
    rows.push_back(binary(
        "huber", [](const Variable& a, const Variable& b) { return huber(a, b, 0.7); }, x, t));
    rows.push_back(binary(
        "binary_cross_entropy_with_logits",
        [](const Variable& a, const Variable& b) { return binary_cross_entropy_with_logits(a, b); }, x, t));
    rows.push_back(unary(
        "cross_entropy",
        [](const Variable& v) {
            return cross_entropy(v, {1, 3, 0});
        },
        x));
}

void append_gan_losses(std::vector<GradientRow>& rows) {
    const Tensor real = apart({3, 2}), fake = apart({3, 2}, 1);
    rows.push_back(binary("minimax_discriminator_loss", minimax_discriminator_loss, real, fake));
    rows.push_back(unary("minimax_generator_loss", minimax_generator_loss, fake));
    rows.push_back(unary("non_saturating_generator_loss", non_saturating_generator_loss, fake));
    rows.push_back(binary("least_squares_discriminator_loss", least_squares_discriminator_loss, real, fake));
    rows.push_back(unary("least_squares_generator_loss", least_squares_generator_loss, fake));
    rows.push_back(binary("hinge_discriminator_loss", hinge_discriminator_loss, real, fake));
    rows.push_back(unary("hinge_generator_loss", hinge_generator_loss, fake));
    rows.push_back(binary("wasserstein_critic_loss", wasserstein_critic_loss, real, fake));
    rows.push_back(unary("wasserstein_generator_loss", wasserstein_generator_loss, fake));
    for (const auto& [name, f] :
         {std::pair("gradient_norms", &gradient_norms), {"gradient_penalty", &gradient_penalty}}) {
        rows.push_back(operation(name,
                                 [f = f](const Inputs& in) {
                                     const Activation critic(
                                         [&in](const Variable& x) { return matmul(tanh(matmul(x, in[0])), in[1]); });
                                     return f(critic, in[2], in[3], random);
                                 },
                                 {normal({2, 4}, 2), normal({4, 1}, 3), real, fake}));
    }
}

}  // namespace

const std::vector<GradientRow>& gradient_table() {
    static const std::vector<GradientRow> table = [] {
        std::vector<GradientRow> rows;
        append_elementwise(rows);
        append_reductions_and_moves(rows);
        append_convolutions(rows);
        append_pooling(rows);
        append_resampling(rows);
        append_conventions(rows);
        append_normalizations(rows);
        append_layers(rows);
        append_losses(rows);
        append_gan_losses(rows);
        return rows;
    }();
    return table;
}

}  // namespace adjoint
