// What `adjoint enlarge` and `adjoint segment` make of one's own images, and what they and training on masks refuse.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/image_file.h"
#include "framework/ops/elementwise.h"
#include "framework/tensor/random.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

using EnlargeCommand = ProgramTest;

TEST_F(EnlargeCommand, MakesAnImageOfAnySizeLarger) {
    done("train super-resolution --dataset digits --width 2 --scale 3 --max-steps 2 --out large");
    write_png(directory_ / "small.png", Random(1).uniform({9, 13, 1}));
    EXPECT_EQ(printed("enlarge --run large small.png --png large.png"), "large.png: 27 × 39 pixels, of 9 × 13\n");
    EXPECT_EQ(read_image(directory_ / "large.png", 1).shape(), (Shape{27, 39, 1}));
    EXPECT_EQ(refusal("enlarge --run large none.png").substr(0, 19), "66 error: none.png:");
    make_run("gan", "dcgan");
    EXPECT_EQ(refusal("enlarge --run gan small.png"),
              "2 error: enlarge: only a super-resolution enlarges; got a run of dcgan in gan");
}

struct MaskedRun : ProgramTest {
    MaskedRun() {
        for (const char* folder : {"images", "masks"}) std::filesystem::create_directories(directory_ / folder);
        for (std::uint64_t i = 0; i < 24; ++i) {
            const std::string name = fmt::format("{:02}.png", i);
            // A bright bar, as broad as others and somewhere else.
            const Tensor mask = Tensor::build<float>({32, 32, 1}, [&](std::span<float> out) {
                std::ranges::fill(out, 0.0F);
                std::ranges::fill(out.subspan((4 + 3 * (i % 6)) * 32, 8 * 32), 1.0F);
            });
            write_png(directory_ / "images" / name, (0.2 + 0.6 * Variable(mask)).value());
            write_png(directory_ / "masks" / name, mask);
        }
    }
    /// The exit status and the last line of what is said.
    std::string end_of(const std::string& command) const {
        const Outcome outcome = run(command);
        const std::string said = outcome.err.substr(0, outcome.err.size() - 1);
        return fmt::format("{} {}", outcome.status, said.substr(said.rfind('\n') + 1));
    }
    const std::string begin = "train unet --dataset images:images --masks masks --image-size 32 --batch-size 4 ";
};

TEST_F(MaskedRun, LearnsWhichPixelsAreWhichAndSaysSo) {
    done(begin + "--width 4 --epochs 20 --out run");
    const nlohmann::json found = nlohmann::json::parse(run("evaluate --run run --json").out);
    EXPECT_GT(found.at("mean_iou"), 0.8);
    EXPECT_NEAR(found.at("mean_iou"), last_metrics("run").at("test_mean_iou").get<double>(), 1e-12);
    EXPECT_EQ(found.at("classes").size(), 2U);
    const nlohmann::json said = nlohmann::json::parse(printed("segment --run run images/03.png --mask own.png --json"));
    const Tensor mask = read_image(directory_ / "own.png", 1), truth = read_image(directory_ / "masks/03.png", 1);
    Index right = 0;
    for (Index i = 0; i < 32 * 32; ++i) right += std::lround(255 * mask[i]) == std::lround(truth[i]);
    EXPECT_GT(right, 0.9 * 32 * 32);
    EXPECT_NEAR(said.at("shares").at("0").get<double>() + said.at("shares").at("1").get<double>(), 1.0, 1e-12);
    EXPECT_EQ(refusal("segment --run run images --mask own.png"), "2 error: segment: --mask is of one image; got 24");
}

TEST_F(MaskedRun, WritesMasksOfTheClassesThatItCounts) {
    write_png(directory_ / "masks/00.png", Tensor::full({32, 32, 1}, 250.0 / 255));
    done(begin + "--width 1 --max-steps 1 --out run");
    const nlohmann::json said = nlohmann::json::parse(printed("segment --run run images/03.png --mask own.png --json"));
    std::map<std::string, double> shares;
    for (const double number : read_image(directory_ / "own.png", 1).to_vector())
        shares[std::to_string(std::lround(255 * number))] += 1.0 / (32 * 32);
    bool great = false;
    for (const auto& [number, share] : shares) {
        EXPECT_NEAR(said.at("shares").at(number).get<double>(), share, 1e-12) << number;
        great = great || std::stoi(number) >= 128;  // so that an error of a part in 256 shows
    }
    EXPECT_TRUE(great);
}

TEST_F(MaskedRun, IsRefusedWhereMasksAreMissingOrTooMany) {
    EXPECT_EQ(
        end_of("train unet --dataset digits --out a"),
        "65 error: train unet: images must be masked, --dataset scenes or images:DIR with --masks DIR; got digits");
    EXPECT_EQ(end_of("train vae --dataset images:images --masks masks --out a"),
              "65 error: train vae: images must be without masks; got images in images");
    EXPECT_EQ(end_of("train unet --masks masks --out a"),
              "2 error: --masks: are for --dataset images:DIR; got --dataset scenes");
    EXPECT_EQ(end_of(begin + "--validation masks --out a"),
              "2 error: --validation: must be a part, such as 1/12, where images have masks; got masks");
    EXPECT_EQ(end_of(begin + "--augment rotate --out a"),
              "2 error: train unet: --augment must be shift or flip, which move masks by whole pixels; got rotate");
    EXPECT_EQ(end_of("train unet --dataset images:images --masks masks --image-size 28 --out a"),
              "65 error: train unet: images must be of 32, 64 or 128 pixels, as --image-size makes them; got 28");
    EXPECT_EQ(end_of("train unet --data-dir images --out a").substr(0, 2), "66");
    std::filesystem::remove(directory_ / "masks/07.png");
    EXPECT_EQ(end_of(begin + "--out a").substr(0, 22), "66 error: masks/07.png");
    EXPECT_FALSE(std::filesystem::exists(directory_ / "a"));
}

}  // namespace
}  // namespace adjoint
