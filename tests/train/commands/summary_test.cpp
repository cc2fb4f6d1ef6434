// What `adjoint summary` counts: every parameter once, and the arithmetic that the definitions of the layers say.
#include <nlohmann/json.hpp>

#include "layers/analysis/model_summary.h"
#include "models/autoencoder.h"
#include "tests/support/program.h"
#include "train/records/run_directory.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

using SummaryCommand = ProgramTest;

TEST_F(SummaryCommand, PrintsALineForEachLayer) {
    EXPECT_EQ(printed("summary classifier"),
              "classifier  kind              output shape        parameters       bytes activations       FLOPs\n"
              "conv1       Conv2D            [1, 28, 28, 32]            832        3328      100352     1254400\n"
              "conv2       Conv2D            [1, 14, 14, 64]          51264      205056       50176    20070400\n"
              "gather      Linear            [1, 128]                401536     1606144         512      802816\n"
              "dropout     Dropout           [1, 128]                     0           0         512           0\n"
              "decide      Linear            [1, 10]                   1290        5160          40        2560\n"
              "total                                                 454922     1819688      151592    22130176\n"
              "\n"
              "whole: images in 0..1\n"
              "x = conv2d(x, conv1.weight, conv1.bias), 5x5, padding 2, then relu: [N, 28, 28, 32]\n"
              "x = max_pool2d(x), 2x2, stride 2: [N, 14, 14, 32]\n"
              "x = conv2d(x, conv2.weight, conv2.bias), 5x5, padding 2, then relu: [N, 14, 14, 64]\n"
              "x = max_pool2d(x), 2x2, stride 2: [N, 7, 7, 64]\n"
              "x = reshape(x): [N, 3136], rows before columns before channels\n"
              "x = linear(x, gather.weight, gather.bias): [N, 128]\n"
              "x = relu(x): [N, 128]\n"
              "x = linear(x, decide.weight, decide.bias): [N, 10]\n");
}

TEST_F(SummaryCommand, CountsTheMomentsThatANormalizationKeepsAsMemoryButNotAsParameters) {
    const auto generator = nlohmann::json::parse(printed("summary dcgan --json")).at("networks").at(0);
    EXPECT_EQ(generator.at("name"), "generator");
    const auto& norm = generator.at("layers").at(1);
    EXPECT_EQ(norm.at("kind"), "BatchNorm");
    const Index channels = norm.at("output").at(3);
    EXPECT_EQ(norm.at("parameters"), 2 * channels);
    EXPECT_EQ(norm.at("bytes"), 4 * 4 * channels);
    Index bytes = 0;
    for (const auto& layer : generator.at("layers")) bytes += layer.at("bytes").get<Index>();
    EXPECT_EQ(generator.at("bytes"), bytes);
}

TEST_F(SummaryCommand, ListsTheModelOfARunWithItsOwnSizes) {
    RunDirectory::create(directory_ / "judge", {.model = "linear", .data = {.image_shape = {32, 32, 1}}}, false);
    EXPECT_EQ(printed("summary --run judge"),
              "linear  kind              output shape        parameters       bytes activations       FLOPs\n"
              "linear  Linear            [1, 10]                  10250       41000          40       20480\n"
              "total                                              10250       41000          40       20480\n"
              "\n"
              "whole: images in 0..1\n"
              "x = reshape(x): [N, 1024], rows before columns before channels\n"
              "x = linear(x, linear.weight, linear.bias): [N, 10]\n");
    EXPECT_EQ(refusal("summary linear --run judge"), "2 error: summary: must be of a MODEL or of a --run; got both");
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
