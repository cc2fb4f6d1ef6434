// `adjoint reconstruct` takes images from files and pipes alike, whatever their names.
#include <nlohmann/json.hpp>

#include "framework/tensor/random.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

using ReconstructCommand = ProgramTest;

TEST_F(ReconstructCommand, ReadsAndWritesPipes) {
    make_run("coder", "autoencoder");
    const Tensor image = Random(1).uniform({1, 28, 28, 1});
    write("x.npy", image);
    write_png(directory_ / "x.png", image.reshaped({28, 28, 1}));
    for (const std::string file : {"x.npy", "x.png"}) {
        const std::string said = printed("reconstruct --run coder --npy y.npy --input " + file);
        std::FILE* const source = std::fopen((directory_ / file).c_str(), "rb");
        const std::string pipe = fmt::format("/dev/fd/{}", ::fileno(source));  // as a shell writes <(command)
        const Outcome outcome = done("reconstruct --run coder --npy - --input " + pipe);
        std::fclose(source);
        EXPECT_EQ(outcome.out, content("y.npy")) << file;
        EXPECT_EQ(outcome.err, said.substr(0, said.find('\n') + 1) + "-: float32 [1, 28, 28, 1]\n");
    }
    EXPECT_EQ(refusal("reconstruct --run coder --input -"),
              "65 error: -: must be a PNG or JPEG image; got an empty file");
}

TEST_F(ReconstructCommand, SaysTheSameInJson) {
    make_run("coder", "autoencoder");
    write("x.npy", Random(1).uniform({3, 28, 28, 1}));
    const std::string line = "reconstruct --run coder --input x.npy --npy y.npy";
    const auto json = nlohmann::json::parse(printed(line + " --json"));
    EXPECT_EQ(fmt::format("{} images: binary cross-entropy {:.4f}, mean squared error {:.4f} a pixel\n{}: float32 [3, "
                          "28, 28, 1]\n",
                          json.at("images").get<int>(), json.at("binary_cross_entropy").get<double>(),
                          json.at("mean_squared_error").get<double>(), json.at("npy").get<std::string>()),
              printed(line));
}

}  // namespace
}  // namespace adjoint
