// Truths about folders of pictures: which files belong to them and in what order, that damage of every kind is found
// and named before training, and that neither threads nor neighbours change a bit.
#include "datasets/image_folder.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

#include "datasets/batches.h"
#include "datasets/read_file.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

// An image [H, W, 1 or 3] of values in 0..1 as a JPEG of the best quality.
void write_jpeg(const fs::path& path, const Tensor& image) {
    std::vector<std::uint8_t> bytes;
    for (const double value : image.to_vector()) bytes.push_back(static_cast<std::uint8_t>(255.0 * value + 0.5));
    const auto extent = [&](int axis) { return static_cast<int>(image.extent(axis)); };
    stbi_write_jpg(path.c_str(), extent(1), extent(0), extent(2), bytes.data(), /*quality=*/100);
}

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
    std::string refusal_of(const std::string& name) const {
        return error_about<Error>(directory / name, [&] { read_image(directory / name, 1); });
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

// ---- one file -------------------------------------------------------------------------------------------------------

TEST_F(Folders, ReadGreyAndColouredPicturesAsEither) {
    add("grey.png", {3, 5, 1});
    add("coloured.png", {3, 5, 3});
    const Tensor grey = read_image(directory / "grey.png", 1), coloured = read_image(directory / "grey.png", 3);
    ASSERT_EQ(coloured.shape(), (Shape{3, 5, 3}));
    for (Index i = 0; i < coloured.size(); ++i) EXPECT_EQ(coloured[i], grey[i / 3]);
    expect_equal(read_image(directory / "coloured.png", 3), Random(1).uniform({3, 5, 3}), 0.5 / 255 + 1e-6);
    EXPECT_EQ(read_image(directory / "coloured.png", 1).shape(), (Shape{3, 5, 1}));
}

TEST_F(Folders, ReadJpegs) {
    const Tensor image = Tensor({8, 8, 3}, std::vector<double>(192, 0.6));
    write_jpeg(directory / "even.jpg", image);
    expect_equal(read_image(directory / "even.jpg", 3), image, 2.0 / 255);
}

TEST_F(Folders, RefuseFilesThatEndEarlyWhereverTheyDo) {
    for (const std::string name : {"x.png", "x.jpg"}) {
        add(name, {20, 20, 3});
        const std::string whole = read_file(directory / name);
        for (std::size_t length = 8; length < whole.size(); length += 1 + length / 4) {
            write_bytes(directory / name, whole.substr(0, length));
            EXPECT_EQ(refusal_of(name), "must be a PNG or JPEG image; got a file that ends before its image does")
                << length << " bytes of " << whole.size();
        }
        write_bytes(directory / name, whole + "and more");
        EXPECT_EQ(read_image(directory / name, 3).shape(), (Shape{20, 20, 3}));
    }
}

TEST_F(Folders, RefuseAPngOfWhichAnyBitIsWrong) {
    add("x.png", {6, 6, 1});
    const std::size_t size = read_file(directory / "x.png").size();
    for (std::size_t byte = 0; byte < size; ++byte) {
        add("x.png", {6, 6, 1});
        turn_bit("x.png", byte);
        EXPECT_TRUE(refusal_of("x.png").starts_with("must be a PNG or JPEG image; got ")) << "byte " << byte;
    }
    add("x.png", {6, 6, 1});
    turn_bit("x.png", 33 + 8 + 2);  // of the first IDAT, after the signature of 8 bytes and IHDR of 25
    EXPECT_EQ(refusal_of("x.png"), "must be a PNG or JPEG image; got a wrong checksum of the chunk at byte 33");
}

TEST_F(Folders, RefuseWhatIsNoImageAtAll) {
    const std::string no_image = "must be a PNG or JPEG image; got ";
    for (const auto& [content, what] : {std::pair<std::string, std::string>{"", "an empty file"},
                                        {"text", "a file of another kind"},
                                        {"GIF89a\1\1\1\1", "a file of another kind"}}) {
        write_bytes(directory / "x.png", content);
        EXPECT_EQ(refusal_of("x.png"), no_image + what);
    }
    EXPECT_EQ(refusal_of("none.png"), "cannot be read; got No such file or directory");
    fs::create_directory(directory / "folder.png");
    EXPECT_EQ(refusal_of("folder.png"), "cannot be read; got a directory");
}

// ---- the folder -----------------------------------------------------------------------------------------------------

TEST_F(Folders, AreReadInTheOrderOfNamesWithSubFoldersAsLabels) {
    for (const char* name : {"dog/2.png", "dog/deep/1.png", "cat/9.jpg", "b.PNG", "a.jpeg", "dog/1.png"}) {
        add(name, {4, 4, 1});
    }
    write_bytes(directory / "cat/notes.txt", "no image");
    write_bytes(directory / "cat/.hidden.png", "no image");
    const ImageFolder folder(directory.path(), {.image_size = 4});
    EXPECT_EQ(folder.labels(), (std::vector<std::string>{"", "cat", "dog"}));
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
    write_bytes(directory / "file", "");
    EXPECT_EQ(refusal(directory / "file"), "must be a folder of images; got a file");
    EXPECT_EQ(refusal(directory.path()), "must hold PNG or JPEG images; got none");
    write_bytes(directory / "x.png", "");
    EXPECT_EQ(error_about<DataError>(directory.path(), [&] { ImageFolder(directory.path(), {.skip_bad = true}); }),
              "must hold an image that can be read; got 1 that cannot");
}

}  // namespace
}  // namespace adjoint
