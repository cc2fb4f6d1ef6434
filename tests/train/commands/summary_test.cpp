// What `adjoint summary` counts: every parameter once, and the arithmetic that the definitions of the layers say.
#include "layers/analysis/model_summary.h"
#include "models/autoencoder.h"
#include "tests/support/program.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

using SummaryCommand = ProgramTest;

TEST_F(SummaryCommand, PrintsALineForEachLayer) {
    EXPECT_EQ(printed("summary classifier"),
              "classifier  kind              output shape        parameters         FLOPs\n"
              "conv1       Conv2D            [1, 28, 28, 32]            832       1254400\n"
              "conv2       Conv2D            [1, 14, 14, 64]          51264      20070400\n"
              "gather      Linear            [1, 128]                401536        802816\n"
              "dropout     Dropout           [1, 128]                     0             0\n"
              "decide      Linear            [1, 10]                   1290          2560\n"
              "total                                                 454922      22130176\n");
}

TEST_F(SummaryCommand, SetsTheNetworksOfAGameApartAndWarnsOfCheckerboards) {
    const Outcome outcome = run("summary wgan-gp");
    const std::string& text = outcome.out;
    EXPECT_EQ(outcome.err, "up2: the kernel is no multiple of the stride: some pixels sum more taps than others\n");
    EXPECT_TRUE(text.starts_with("generator ")) << text;
    EXPECT_NE(text.find("\n\ncritic "), std::string::npos) << text;
}

TEST(ModelSummary, CountsEveryParameterOnce) {
    for (const TaskSpec& task : tasks()) {
        const auto model = task.make_model(Random(1), task.defaults);
        Index summed = 0;
        for (const auto& [name, network, input] : networks_of(task, *model, task.defaults.sizes)) {
            for (const LayerSummary& layer : summarize(*network, input)) summed += layer.parameters;
        }
        EXPECT_EQ(summed, parameter_count(*model)) << task.name;
    }
}

// 2·(pixels that the filter is laid on)·(taps)·(channels in)·(channels out).
TEST(ModelSummary, CountsTheArithmeticOfBothKindsOfConvolution) {
    const std::vector<LayerSummary> layers = summarize(Autoencoder(Random(1)), Tensor::zeros({1, 28, 28, 1}));
    EXPECT_EQ(layers[1].kind, "Conv2D");
    EXPECT_EQ(layers[1].flops, 2 * (7 * 7) * (3 * 3) * 32 * 64);
    EXPECT_EQ(layers[5].kind, "Conv2DTranspose");
    EXPECT_EQ(layers[5].flops, 2 * (14 * 14) * (3 * 3) * 64 * 32);
    EXPECT_EQ(layers[5].input, (Shape{1, 14, 14, 64}));
    EXPECT_EQ(layers[5].output, (Shape{1, 28, 28, 32}));
}

}  // namespace
}  // namespace adjoint
