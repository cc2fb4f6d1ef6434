// Truths about the autoencoder: the shape of every parameter and result, and that a step of training reaches all of it.
#include "models/autoencoder.h"

#include "framework/ops/matmul.h"
#include "framework/ops/shape_ops.h"
#include "layers/analysis/model_summary.h"
#include "layers/losses/losses.h"
#include "tests/support/learning.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

TEST(Autoencoder, HasTheseParameters) {
    const Shapes expected = {{"encoder.down1.weight", {3, 3, 1, 32}},  {"encoder.down1.bias", {32}},
                             {"encoder.down2.weight", {3, 3, 32, 64}}, {"encoder.down2.bias", {64}},
                             {"encoder.code.weight", {3136, 16}},      {"encoder.code.bias", {16}},
                             {"decoder.expand.weight", {16, 3136}},    {"decoder.expand.bias", {3136}},
                             {"decoder.up1.weight", {3, 3, 64, 64}},   {"decoder.up1.bias", {64}},
                             {"decoder.up2.weight", {3, 3, 32, 64}},   {"decoder.up2.bias", {32}},
                             {"decoder.up3.weight", {3, 3, 1, 32}},    {"decoder.up3.bias", {1}}};
    const Autoencoder model{Random(1)};
    EXPECT_EQ(shapes(model.parameters()), expected);
    EXPECT_TRUE(model.buffers().empty());
}

TEST(Autoencoder, SqueezesImagesIntoSixteenNumbersAndBack) {
    const Autoencoder model{Random(1)};
    const Variable x = digits(3), z = model.encode(x), y = model.decode(z);
    EXPECT_EQ(z.shape(), (Shape{3, 16}));
    EXPECT_EQ(y.shape(), (Shape{3, 28, 28, 1}));
    expect_equal(model(x), y);
}

TEST(Autoencoder, RunsItsEncoderBackwardWhereItIsTied) {
    const Autoencoder model(Random(1), {.latent = 16, .width = 32, .tied = true}), free{Random(1)};
    EXPECT_EQ(names(model.parameters()), (Names{"encoder.down1.weight", "encoder.down1.bias", "encoder.down2.weight",
                                                "encoder.down2.bias", "encoder.code.weight", "encoder.code.bias",
                                                "decoder.expand.bias", "decoder.up1.bias", "decoder.up2.bias"}));
    EXPECT_EQ(parameter_count(model), 72'177);
    EXPECT_EQ(parameter_count(free), 178'001);
    const std::map<std::string, State> states = [&] {
        std::map<std::string, State> all;
        for (const NamedState& named : model.states()) all.emplace(named.name, named.state);
        return all;
    }();
    const Variable z = Random(2).normal({2, 16});
    const Variable flat = relu(matmul(z, states.at("encoder.code.weight"), {.transpose_b = true}));
    const Conv2DTransposeOptions twice = {
        .stride = {2, 2}, .padding = Padding::symmetric({1, 1}), .output_padding = Size2D{1, 1}};
    const Variable up1 = relu(conv2d_transpose(reshape(flat, {2, 7, 7, 64}), states.at("encoder.down2.weight"), twice));
    expect_equal(model.decode(z), conv2d_transpose(up1, states.at("encoder.down1.weight"), twice), 1e-5);
    const Tensor images = digits(4);
    expect_learns(model, [&] { return binary_cross_entropy_with_logits(model(images), images); });
    EXPECT_REFUSAL(Autoencoder(Random(1), {.latent = 2, .width = 2, .upsampling = {Upsampling::resize}, .tied = true}),
                   "Autoencoder: a tied decoder runs the encoder's filters backward, which is the transposed "
                   "convolution with their own start; got another upsampling");
}

TEST(Autoencoder, MakesImagesLargerInEachWay) {
    for (const Upsampling kind : {Upsampling::resize, Upsampling::shuffle, Upsampling::unpool}) {
        const Autoencoder model(Random(1), {.latent = 4, .width = 4, .upsampling = {kind}});
        EXPECT_EQ(model(digits(2)).shape(), (Shape{2, 28, 28, 1}));
        EXPECT_EQ(names(model.parameters()), names(Autoencoder(Random(1), {.latent = 4, .width = 4}).parameters()));
    }
}

TEST(Autoencoder, TakesImagesOfEachSizeAndColour) {
    for (const Index size : {28, 32, 64, 128}) {
        for (const Index channels : {1, 3}) {
            const Autoencoder model(Random(1), {.image_size = size, .channels = channels, .latent = 5, .width = 4});
            const Variable x = Random(2).uniform({2, size, size, channels});
            EXPECT_EQ(model.encode(x).shape(), (Shape{2, 5}));
            EXPECT_EQ(model(x).shape(), x.shape());
            EXPECT_EQ(std::ssize(model.stages()), size == 128 ? 4 : size == 64 ? 3 : 2);
        }
    }
    EXPECT_REFUSAL(Autoencoder(Random(1), {.image_size = 30, .latent = 5, .width = 4}),
                   "Autoencoder: image_size must be 28, 32, 64 or 128; got 30");
    EXPECT_REFUSAL(Autoencoder(Random(1), {.channels = 2, .latent = 5, .width = 4}),
                   "Autoencoder: channels must be 1 or 3; got 2");
}

TEST(Autoencoder, TreatsEachImageByItself) {
    const Autoencoder model{Random(1)};
    const Variable together = model(digits(3)), alone = model(digits(1));
    for (Index i = 0; i < alone.size(); ++i) EXPECT_NEAR(together.value()[i], alone.value()[i], 1e-5) << "pixel " << i;
}

TEST(Autoencoder, HasTheSameWeightsForTheSameSeedAndOthersInEveryLayer) {
    const Autoencoder model{Random(1)}, again{Random(1)}, other{Random(2)};
    for (std::size_t i = 0; const NamedState& named : model.parameters()) {
        EXPECT_TRUE(identical(named.state.value(), again.parameters()[i].state.value())) << named.name;
        const bool weight = named.name.ends_with("weight");
        EXPECT_EQ(identical(named.state.value(), other.parameters()[i++].state.value()), !weight) << named.name;
    }
    EXPECT_FALSE(identical(model.parameters()[2].state.value(), model.parameters()[10].state.value()));
}

TEST(Autoencoder, ChangesEveryParameterInOneStepAndLowersTheLoss) {
    const Autoencoder model{Random(1)};
    const Variable x = digits(8);
    expect_learns(model, [&] { return binary_cross_entropy_with_logits(model(x), x); });
}

}  // namespace
}  // namespace adjoint
