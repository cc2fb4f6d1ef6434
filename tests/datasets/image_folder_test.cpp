// Truths about folders of pictures: which files belong to them and in what order, that what is bad is found and named
// before training, and that neither threads nor neighbours change a bit.
#include "datasets/image_folder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "datasets/batches.h"
#include "datasets/image_file.h"
#include "datasets/read_file.h"
#include "tests/support/image_files.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

struct Folders : testing::Test {
    /// An image of noise under this name, as JPEG or PNG by its extension.
    void add(const std::string& name, const Shape& shape, std::uint64_t seed = 1) const {
        const fs::path path = directory / name;
        fs::create_directories(path.parent_path());
        const Tensor image = Random(seed).uniform(shape);
        if (path.extension() == ".jpg") write_jpeg(path, image);
        if (path.extension() != ".jpg") write_png(path, image);
    }
    /// The same file without its last bytes.
    void truncate(const std::string& name, std::uintmax_t by) const {
        fs::resize_file(directory / name, fs::file_size(directory / name) - by);
    }
    /// The same file with one bit of this byte turned.
    void turn_bit(const std::string& name, std::size_t byte) const {
        std::string bytes = read_file(directory / name);
        bytes[byte] = static_cast<char>(bytes[byte] ^ 1);
        write_bytes(directory / name, bytes);
    }
    /// Three hundred pictures of many sizes, grey and coloured, PNG and JPEG, in three sub-folders.
    void add_many() const {
        for (int i = 0; i < 300; ++i) {
            const Index height = 5 + i * 7 % 90, width = 5 + i * 11 % 70;
            add(fmt::format("{}/{:03}.{}", "cab"[i % 3], i, i % 2 ? "jpg" : "png"), {height, width, i % 4 ? 3 : 1}, i);
        }
    }
    TemporaryDirectory directory;
};

std::vector<int> labels_of(const ImageFolder& folder) {
    std::vector<int> labels;
    std::vector<float> pixels(static_cast<std::size_t>(element_count(folder.image_shape())));
    for (Index i = 0; i < folder.size(); ++i) labels.push_back(folder.read(i, pixels));
    return labels;
}

// ---- the folder -----------------------------------------------------------------------------------------------------

TEST_F(Folders, AreReadInTheOrderOfNamesWithSubFoldersAsLabels) {
    for (const char* name : {"dog/2.png", "dog/deep/1.png", "cat/9.jpg", "b.PNG", "a.jpeg", "dog/1.png"}) {
        add(name, {4, 4, 1});
    }
    write_bytes(directory / "cat/notes.txt", "no image");
    write_bytes(directory / "cat/.hidden.png", "no image");
    const ImageFolder folder(directory.path(), {.image_size = 4});
    EXPECT_EQ(folder.classes(), (std::vector<std::string>{"", "cat", "dog"}));
    EXPECT_EQ(labels_of(folder), (std::vector<int>{0, 0, 1, 2, 2, 2}));
}

TEST_F(Folders, GiveEveryPictureTheSizeAndChannelsThatAreAskedFor) {
    add_many();
    for (const Index channels : {1, 3}) {
        for (const Index size : {28, 32, 64, 128}) {
            const auto folder = std::make_shared<ImageFolder>(
                directory.path(), ImageFolder::Options{.image_size = size, .channels = channels});
            EXPECT_EQ(folder->size(), 300);
            EXPECT_EQ(Batches(folder, {.batch_size = 7}).next()->images.shape(), (Shape{7, size, size, channels}));
        }
    }
}

TEST_F(Folders, YieldTheSameBitsOnAnyNumberOfThreads) {
    add_many();
    const auto epoch = [&](int threads) {
        const WithThreads with(threads);
        const auto folder = std::make_shared<ImageFolder>(directory.path(), ImageFolder::Options{.channels = 3});
        Batches batches(folder, {.batch_size = 100, .shuffle = Random(1)});
        std::vector<Batch> all;
        while (std::optional<Batch> batch = batches.next()) all.push_back(std::move(*batch));
        return all;
    };
    const std::vector<Batch> one = epoch(1), three = epoch(3);
    ASSERT_EQ(one.size(), 3u);
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_TRUE(identical(one[i].images, three[i].images));
        EXPECT_EQ(one[i].labels, three[i].labels);
    }
}

TEST_F(Folders, NameTheFirstBadFileOrGoOnWithoutAllOfThem) {
    add_many();
    truncate("a/001.jpg", 40);
    turn_bit("b/002.png", 60);
    write_bytes(directory / "c/003.jpg", "");
    const std::string no_image = ": must be a PNG or JPEG image; got ";
    EXPECT_EQ(error_about<DataError>(directory / "a/001.jpg", [&] { ImageFolder(directory.path(), {}); }),
              "must be a PNG or JPEG image; got a file that ends before its image does");
    const ImageFolder folder(directory.path(), {.skip_bad = true});
    EXPECT_EQ(folder.size(), 297);
    ASSERT_EQ(folder.skipped().size(), 3u);
    EXPECT_EQ(folder.skipped()[1],
              (directory / "b/002.png").string() + no_image + "a wrong checksum of the chunk at byte 33");
    EXPECT_EQ(folder.skipped()[2], (directory / "c/003.jpg").string() + no_image + "an empty file");
    const std::vector<int> labels = labels_of(folder);
    for (const int label : {0, 1, 2}) EXPECT_EQ(std::count(labels.begin(), labels.end(), label), 99) << label;
}

TEST_F(Folders, ThatAreNotThereOrHoldNoImagesAreRefused) {
    const auto refusal = [&](const fs::path& path) {
        return error_about<MissingInput>(path, [&] { ImageFolder(path, {}); });
    };
    EXPECT_EQ(refusal("nowhere"), "must be a folder of images; got no such directory");
    EXPECT_EQ(refusal(directory.path()), "must hold PNG or JPEG images; got none");
    write_bytes(directory / "file", "");
    EXPECT_EQ(refusal(directory / "file"), "must be a folder of images; got a file");
    write_bytes(directory / "x.png", "");
    EXPECT_EQ(error_about<DataError>(directory.path(), [&] { ImageFolder(directory.path(), {.skip_bad = true}); }),
              "must hold an image that can be read; got 1 that cannot");
}

// ---- links, and what is hidden or no file

TEST_F(Folders, FollowLinksToFilesAndFolders) {
    add("away/deep/1.png", {4, 4, 1}, 2);
    add("pets/dog/2.png", {4, 4, 1}, 3);
    fs::create_symlink("../away", directory / "pets/cat");
    fs::create_symlink("../../away/deep/1.png", directory / "pets/dog/3.png");
    fs::create_symlink("pets", directory / "link");
    for (const char* name : {"pets", "link"}) {
        const ImageFolder folder(directory / name, {.image_size = 4});
        EXPECT_EQ(folder.classes(), (std::vector<std::string>{"cat", "dog"}));
        EXPECT_EQ(labels_of(folder), (std::vector<int>{0, 1, 1}));
        EXPECT_TRUE(folder.skipped().empty());
    }
}

TEST_F(Folders, NameLinksThatLeadNowhereOrBack) {
    add("data/pets/cat/1.png", {4, 4, 1});
    add("other/2.png", {4, 4, 1});
    const fs::path pets = directory / "data/pets";
    const std::vector<std::pair<std::string, std::string>> links = {
        {"again", "."},           {"cat/back", ".."},        {"cat/far", directory.path()},
        {"cat/gone.png", "gone"}, {"circle", "circle"},      {"dog", "../../other"},
        {"dog/home", pets},       {"dog/self", "../other/."}};
    for (const auto& [name, target] : links) fs::create_symlink(target, pets / name);
    const auto fault = [&](const std::string& name, const std::string& rest) { return (pets / name).string() + rest; };
    const std::string back = ": must not lead to a folder that it is in; got a link to ";
    const std::string nowhere = ": must be a file or a folder; got a link to ";
    const ImageFolder folder(pets, {.image_size = 4});
    EXPECT_EQ(folder.classes(), (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(folder.size(), 2);
    EXPECT_EQ(folder.skipped(), (std::vector<std::string>{
                                    fault("again", back + "."), fault("cat/back", back + ".."),
                                    fault("cat/far", back + directory.path().string()),
                                    fault("cat/gone.png", nowhere + "gone: No such file or directory"),
                                    fault("circle", nowhere + "circle: Too many levels of symbolic links"),
                                    fault("dog/home", back + pets.string()), fault("dog/self", back + "../other/.")}));
}

TEST_F(Folders, ReachAsDeepAsTheyGo) {
    std::string deep = "pets/cat";
    for (int i = 0; i < 900; ++i) deep += "/d";
    add(deep + "/1.png", {4, 4, 1});
    add("pets/dog/2.png", {4, 4, 1});
    fs::create_symlink(directory / "pets/cat/d/d", directory / deep / "back");
    fs::create_symlink(directory / "pets/cat/d/d", directory / "pets/dog/on");
    const ImageFolder folder(directory / "pets", {.image_size = 4});
    EXPECT_EQ(labels_of(folder), (std::vector<int>{0, 1, 1})) << "the second class has the first one's image too";
    const std::string refused = "/back: must not lead to a folder that it is in; got a link to ",
                      rest = deep.substr(12);
    const std::string to = (directory / "pets/cat/d/d").string();
    EXPECT_EQ(folder.skipped(), (std::vector<std::string>{(directory / deep).string() + refused + to,
                                                          (directory / "pets/dog/on").string() + rest + refused + to}));
}

TEST_F(Folders, LeaveOutWhatIsHidden) {
    for (const char* name : {"1.png", "cat/2.png", "cat/.ipynb_checkpoints/2-checkpoint.png", ".Trash-1000/files/3.png",
                             "__MACOSX/cat/._2.png", "cat/__MACOSX/4.png", ".5.png"}) {
        add(name, {4, 4, 1});
    }
    fs::create_symlink("nothing", directory / ".broken");
    write_bytes(directory / ".DS_Store", "");
    const ImageFolder folder(directory.path(), {.image_size = 4});
    EXPECT_EQ(folder.classes(), (std::vector<std::string>{"", "cat"}));
    EXPECT_EQ(folder.size(), 2);
    EXPECT_TRUE(folder.skipped().empty());
    EXPECT_EQ(folder.others(), 0);
}

TEST_F(Folders, ThatAreHiddenThemselvesAreRead) {
    add(".cache/1.png", {4, 4, 1});
    EXPECT_EQ(ImageFolder(directory / ".cache", {.image_size = 4}).size(), 1);
}

TEST_F(Folders, NameWhatIsNoFileAndCountFilesOfOtherKinds) {
    add("cat/1.png", {4, 4, 1});
    write_bytes(directory / "bad.png", "");
    write_bytes(directory / "cat/notes.txt", "no image");
    write_bytes(directory / "2.webp", "");
    write_bytes(directory / "png", "");
    ASSERT_EQ(::mkfifo((directory / "cat/2.png").c_str(), 0600), 0);
    ASSERT_EQ(::mkfifo((directory / "cat/other").c_str(), 0600), 0);
    ASSERT_EQ(::mknod((directory / "3.jpg").c_str(), S_IFSOCK | 0600, 0), 0);
    fs::create_symlink("/dev/null", directory / "dog.jpeg");
    const ImageFolder folder(directory.path(), {.image_size = 4, .skip_bad = true});
    EXPECT_EQ(folder.size(), 1);
    EXPECT_EQ(folder.others(), 4);
    const auto fault = [&](const std::string& name, const std::string& rest) {
        return (directory / name).string() + rest;
    };
    EXPECT_EQ(folder.skipped(),
              (std::vector<std::string>{fault("3.jpg", ": must be a file; got a socket"),
                                        fault("bad.png", ": must be a PNG or JPEG image; got an empty file"),
                                        fault("cat/2.png", ": must be a file; got a FIFO"),
                                        fault("dog.jpeg", ": must be a file; got a device")}));
}

TEST_F(Folders, ThatHoldOnlySuchThingsAreRefusedByThem) {
    write_bytes(directory / "notes.txt", "");
    EXPECT_EQ(error_about<MissingInput>(directory.path(), [&] { ImageFolder(directory.path(), {}); }),
              "must hold PNG or JPEG images; got 1 files of other kinds");
    fs::create_symlink("gone", directory / "cat");
    fs::create_symlink("gone", directory / "ape");
    EXPECT_EQ(error_about<MissingInput>(directory.path(), [&] { ImageFolder(directory.path(), {}); }),
              "must hold PNG or JPEG images; got 1 files of other kinds, and 2 skipped, first " +
                  (directory / "ape").string() +
                  ": must be a file or a folder; got a link to gone: No such file or directory");
}

TEST_F(Folders, GivePicturesUpright) {
    add("stored/x.png", {5, 8, 1});
    write_bytes(directory / "stored/x.png",
                with_exif(read_file(directory / "stored/x.png"), tiff({.orientation = 6}, {.little_endian = true})));
    fs::create_directory(directory / "upright");
    write_png(directory / "upright/x.png", read_image(directory / "stored/x.png", 1));
    std::vector<float> pixels(16), expected(16);
    ImageFolder(directory / "stored", {.image_size = 4}).read(0, pixels);
    ImageFolder(directory / "upright", {.image_size = 4}).read(0, expected);
    EXPECT_EQ(pixels, expected);
}

}  // namespace
}  // namespace adjoint
