// Truths about what is there, but is not what a command takes: it is named, with what was expected, and not a byte in
// the directory changes.
#include <filesystem>
#include <fmt/format.h>

#include "tests/support/idx_files.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct UnsuitableInputs : ProgramTest {
    /// A directory of MNIST's files, of four images of one pixel.
    void make_tiny() const {
        fs::create_directory(directory_ / "tiny");
        for (const char* half : {"tiny/train", "tiny/t10k"}) {
            write_bytes(directory_ / fmt::format("{}-images-idx3-ubyte", half), encode({{4, 1, 1}, {1, 2, 3, 4}}));
            write_bytes(directory_ / fmt::format("{}-labels-idx1-ubyte", half), encode({{4}, {1, 2, 3, 4}}));
        }
    }
};

TEST_F(UnsuitableInputs, AreToldByTheirNames) {
    make_tiny();
    fs::create_directory(directory_ / "few");
    for (int i = 0; i < 9; ++i) write_png(directory_ / fmt::format("few/{}.png", i), Tensor::zeros({28, 28, 1}));
    write_bytes(directory_ / "none.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10));
    expect_refused({
        {"train classifier --dataset images:few --quiet",
         "65 error: train classifier: images must be of two classes or more; got images in few, which are of one"},
        {"train unet --dataset images:few --quiet",
         "65 error: train unet: images must be masked, --dataset scenes or images:DIR with --masks DIR; got images in "
         "few"},
        {"weights none.safetensors --npz out.npz",
         "65 error: none.safetensors: must hold a tensor to convert; got none"},
        {"train autoencoder --dataset mnist --data-dir tiny",
         "65 error: mnist in tiny: images must be of 28, 32, 64 or 128 pixels in height and width; got 1 × 1"},
    });
}

TEST_F(UnsuitableInputs, AreNotAtTheEndOfAPathThatLeadsNowhere) {
    const TemporaryDirectory other;
    make_run("coder", "autoencoder");
    const std::string loop = other / "loop", absent = other / std::string(300, 'n');
    fs::create_symlink(loop, loop);
    for (const auto& [path, why] :
         {std::pair{loop, "Too many levels of symbolic links"}, std::pair{absent, "File name too long"}}) {
        const std::string unreadable = fmt::format("66 error: {}: cannot be read; got {}", path, why);
        const std::string unwritable = fmt::format("73 error: {}: the directory cannot be made; got {}", path, why);
        expect_refused({{"train autoencoder --dataset images:" + path, unreadable},
                        {"train autoencoder --init " + path, unreadable},
                        {"train autoencoder --config " + path, unreadable},
                        {"reconstruct --run coder --input " + path, unreadable},
                        {"report --run " + path, "66 error: " + path},
                        {"train autoencoder --dataset digits --quiet --out " + path, unwritable},
                        {"--quiet sweep autoencoder --over lr=1,2 --out " + path, "73 error: " + path}});
    }
}

}  // namespace
}  // namespace adjoint
