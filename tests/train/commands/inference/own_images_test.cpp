// Truths about the README's paragraph on one's own images: its commands do what it says, of a folder as people have it.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>

#include "datasets/read_file.h"
#include "framework/tensor/random.h"
#include "tests/support/image_files.h"
#include "tests/support/npy_files.h"
#include "tests/support/program.h"
#include "tests/support/project.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class OwnImages : public ProgramTest {
  protected:
    /// Forty pictures of three classes, PNG and JPEG of many sizes, some lying on their side with a note in EXIF.
    OwnImages() {
        for (int i = 0; i < 40; ++i) {
            const fs::path folder = directory_ / "pets" / std::vector<std::string>{"bird", "cat", "dog"}[i % 3];
            fs::create_directories(folder);
            const Tensor picture = Random(i).uniform({40 + i, 90 - i, 3});
            if (i % 2 == 0) {
                write_png(folder / fmt::format("{:02}.png", i), picture);
                continue;
            }
            const fs::path file = folder / fmt::format("{:02}.jpg", i);
            write_jpeg(file, picture);
            const auto orientation = static_cast<std::uint32_t>(1 + i % 8);
            write_bytes(file, with_exif(read_file(file), tiff({.orientation = orientation}, {i % 3 == 0})));
        }
        fs::create_symlink("../cat/01.jpg", directory_ / "pets/dog/friend.jpg");
        fs::create_directory_symlink("..", directory_ / "pets/bird/all");
        fs::create_directory(directory_ / "pets/.thumbnails");
        ::mkfifo((directory_ / "pets/cat/camera.jpg").c_str(), 0600);
        write_bytes(directory_ / "pets/cat/empty.png", "");
        const std::string whole = read_file(directory_ / "pets/bird/00.png");
        write_bytes(directory_ / "pets/bird/half.png", whole.substr(0, whole.size() / 2));
        write_jpeg(directory_ / "cat.jpg", Random(50).uniform({100, 70, 3}));
        fs::create_directory(directory_ / "holiday");
        write_png(directory_ / "holiday/sea.png", Random(51).uniform({33, 50, 1}));
    }
};

TEST_F(OwnImages, AreTrainedOnEvaluatedAndPredictedAsTheReadmeSays) {
    const std::string readme = read_file(std::string(source_directory) + "/README.md");
    const std::string begin = "```sh\nadjoint train classifier --dataset images:pets";
    ASSERT_NE(readme.find(begin), std::string::npos);
    const std::size_t from = readme.find(begin) + 6;
    std::istringstream lines(readme.substr(from, readme.find("```", from) - from));
    std::vector<Outcome> outcomes;
    for (std::string line; std::getline(lines, line);) outcomes.push_back(done(line.substr(line.find(' ') + 1)));
    ASSERT_EQ(outcomes.size(), 3u);
    const std::string& said = outcomes[0].err;
    for (const char* fact :
         {"skipped: pets/bird/all: must not lead to a folder that it is in",
          "skipped: pets/bird/half.png: must be a PNG", "skipped: pets/cat/camera.jpg: must be a file; got a FIFO",
          "skipped: pets/cat/empty.png: must be a PNG",
          "info: pets: 41 images, 3 classes, 40–90 pixels, as 32 × 32 RGB, cut to the square in the middle; 4 files "
          "skipped, 0 of other kinds\n",
          ": 34 training, 3 validation, 4 test images"}) {
        EXPECT_NE(said.find(fact), std::string::npos) << fact << "\n" << said;
    }
    EXPECT_NE(outcomes[1].out.find("\nbird "), std::string::npos) << outcomes[1].out;
    EXPECT_TRUE(outcomes[2].out.starts_with("cat.jpg: ")) << outcomes[2].out;
    EXPECT_NE(outcomes[2].out.find("\nholiday/sea.png: "), std::string::npos) << outcomes[2].out;
    for (const char* file : {"report.html", "best.safetensors", "samples/confusion.png"})
        EXPECT_FALSE(content(fs::path("runs/pets") / file).empty()) << file;
}

}  // namespace
}  // namespace adjoint
