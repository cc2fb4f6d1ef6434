// Truths about asking a trained model: which class an image is of, and what its latents are and mean.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

using Json = nlohmann::json;

class Asked : public ProgramTest {
  protected:
    Asked() { done("digits --count 3 --npy three.npy"); }
};

TEST_F(Asked, AClassifierSaysHowLikelyEachClassIs) {
    make_run("classifier");
    std::istringstream lines(printed("predict --run classifier three.npy --top 10 --json"));
    int images = 0;
    for (std::string line; std::getline(lines, line); ++images) {
        const Json json = Json::parse(line);
        EXPECT_EQ(json.at("image"), fmt::format("three.npy[{}]", images));
        double sum = 0.0, last = 1.0;
        for (const Json& guess : json.at("classes")) {
            const double p = guess.at("probability");
            EXPECT_LE(p, last) << "the most likely first";
            sum += last = p;
        }
        EXPECT_NEAR(sum, 1.0, 1e-6);
    }
    EXPECT_EQ(images, 3);
}

TEST_F(Asked, AClassifierSaysTheSameOfAFileAsOfItsArray) {
    make_run("classifier");
    const Tensor three = read("three.npy");
    write_png(directory_ / "one.png", Tensor::build<float>({28, 28, 1}, [&](std::span<float> out) {
                  std::ranges::copy(three.data<float>().first(out.size()), out.begin());
              }));
    const std::string of_file = printed("predict --run classifier one.png --top 1"),
                      of_array = printed("predict --run classifier three.npy --top 1");
    // The file has steps of 1/255.
    EXPECT_EQ(of_file.substr(7, 6), of_array.substr(of_array.find(": "), 6));
}

TEST_F(Asked, AClassifierWritesATable) {
    make_run("classifier");
    EXPECT_EQ(printed("predict --run classifier three.npy --csv out.csv"), "out.csv: 3 images\n");
    EXPECT_TRUE(content("out.csv").starts_with("image,class,0,1,2,3,4,5,6,7,8,9\nthree.npy[0],"));
    const std::string text = content("out.csv");
    EXPECT_EQ(std::ranges::count(text, '\n'), 4);
    make_run("vae");
    EXPECT_EQ(refusal("predict --run vae three.npy"),
              "2 error: predict: only a classifier or a linear tells classes apart; got a run of vae in vae");
}

TEST_F(Asked, AnAutoencoderDecodesWhatItEncoded) {
    make_run("autoencoder");
    EXPECT_EQ(printed("encode --run autoencoder --out z.npy three.npy"), "z.npy: float32 [3, 16]\n");
    EXPECT_EQ(printed("decode --run autoencoder --out y.npy z.npy"), "y.npy: float32 [3, 28, 28, 1]\n");
    done("reconstruct --run autoencoder --input three.npy --npy same.npy");
    EXPECT_TRUE(identical(read("y.npy"), read("same.npy")));
    EXPECT_EQ(refusal("decode --run autoencoder --out y.npy three.npy"),
              "65 error: three.npy: latents must be [N, 16]; got [3, 28, 28, 1]");
    EXPECT_EQ(refusal("decode --run autoencoder z.npy"),
              "2 error: decode: name a file to write with --out or --png; got none");
    make_run("classifier");
    EXPECT_EQ(refusal("encode --run classifier --out z.npy"),
              "2 error: encode: only an autoencoder or a vae has latents; got a run of classifier in classifier");
}

}  // namespace
}  // namespace adjoint
