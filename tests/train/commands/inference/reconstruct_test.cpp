// `adjoint reconstruct` takes images from files and pipes alike, whatever their names.
#include <sys/stat.h>
#include <thread>

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
    ASSERT_EQ(::mkfifo((directory_ / "pipe").c_str(), 0600), 0);
    for (const std::string file : {"x.npy", "x.png"}) {
        const std::string said = printed("reconstruct --run coder --npy y.npy --input " + file);
        std::thread writer([&] { write_output(directory_ / "pipe", content(file)); });
        const Outcome outcome = done("reconstruct --run coder --npy - --input pipe");
        writer.join();
        EXPECT_EQ(outcome.out, content("y.npy")) << file;
        EXPECT_EQ(outcome.err, said.substr(0, said.find('\n') + 1) + "-: float32 [1, 28, 28, 1]\n");
    }
    EXPECT_EQ(refusal("reconstruct --run coder --input -"),
              "65 error: -: must be a PNG or JPEG image; got an empty file");
}

}  // namespace
}  // namespace adjoint
