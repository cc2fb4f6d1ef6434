// Truths about outputs: no two of a command are one file, and none is a file that it reads, whatever they are called.
#include <filesystem>

#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "train/io/npz.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class Outputs : public ProgramTest {
  protected:
    /// Refused before anything is read, computed or written: not a file changes, and none is missed.
    void expect_refused(const CommandLine& line, const std::string& refused) const {
        const auto before = std::distance(fs::directory_iterator(directory_.path()), {});
        EXPECT_EQ(refusal(line), "2 error: " + refused);
        EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), before);
    }
    const std::string other = ": must be another file than that of ";
};

TEST_F(Outputs, AreFilesOfTheirOwn) {
    expect_refused("digits --png F --npy G --labels F", "--labels" + other + "--png; got F");
    expect_refused("digits --png - --npy -", "--npy" + other + "--png; got -");
    expect_refused("digits --png - --npy /dev/stdout", "--npy" + other + "--png; got /dev/stdout");
    expect_refused("sample --run gan --png F --npy F", "--npy" + other + "--png; got F");
    expect_refused("export --run gan --onnx X --example X", "--example" + other + "--onnx; got X");
    expect_refused("export --run gan --pytorch X --keras X/", "--keras" + other + "--pytorch; got X/");
    expect_refused("conv2d --input 1 --weight 1 --out F --png F", "--png" + other + "--out; got F");
    expect_refused("conv2d --input 1 --weight 1 --animate F --strip F", "--strip" + other + "--animate; got F");
    expect_refused("decode --run coder z.npy --out F --png F", "--png" + other + "--out; got F");
    expect_refused("reconstruct --run coder --png F --npy F", "--npy" + other + "--png; got F");
    expect_refused("segment --run unet a.png --png F --mask F", "--mask" + other + "--png; got F");
}

TEST_F(Outputs, AreSeenBehindLinks) {
    fs::create_directory(directory_ / "d");
    fs::create_symlink("d", directory_ / "e");
    fs::create_symlink("d/F", directory_ / "link");
    for (const char* same : {"./d/F", "d//F", "e/F", "link"}) {
        expect_refused(std::string("digits --png d/F --npy ") + same, "--npy" + other + "--png; got " + same);
    }
    const std::string whole = directory_ / "F";
    expect_refused("digits --png F --npy " + whole, "--npy" + other + "--png; got " + whole);
    done("digits --count 2 --png d/F --npy F");
    expect_refused("digits --png d/F --npy link", "--npy" + other + "--png; got link");
}

TEST_F(Outputs, AreNotWhatIsRead) {
    write_npz(directory_ / "w.npz", {{"x", Tensor::ones({1})}});
    write("x.npy", Tensor::ones({2, 2}));
    fs::create_symlink("x.npy", directory_ / "link");
    const std::string weights = content("w.npz"), x = content("x.npy");
    expect_refused("weights w.npz --npz ./w.npz", "--npz" + other + "file, which is read; got w.npz");
    expect_refused("sample --weights w.npz --png w.npz", "--png" + other + "--weights, which is read; got w.npz");
    expect_refused("conv2d --input x.npy --weight 1 --out link", "--out" + other + "--input, which is read; got x.npy");
    expect_refused("predict --run judge a.png x.npy --csv x.npy", "--csv" + other + "images, which is read; got x.npy");
    EXPECT_TRUE(content("w.npz") == weights && content("x.npy") == x);
    EXPECT_TRUE(fs::is_symlink(directory_ / "link"));
}

TEST_F(Outputs, MayAllBeADeviceAndReplaceWhatIsNotRead) {
    done("digits --count 2 --png /dev/null --npy /dev/null --labels labels.npy");
    done("digits --count 2 --png a.png --labels labels.npy");
    write_bytes(directory_ / "-", "");  // which does not name standard input
    EXPECT_EQ(refusal("conv2d --input - --weight 1 --out -").find(other), std::string::npos);
}

}  // namespace
}  // namespace adjoint
