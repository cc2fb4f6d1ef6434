// Truths about pictures that are decoded in processes of their own: nothing but the picture is lost with one of these.
#include "datasets/images/decoder_process.h"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "datasets/images/picture_decoder.h"
#include "datasets/read_file.h"
#include "framework/tensor/random.h"
#include "tests/support/image_files.h"
#include "tests/support/temporary_directory.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

Bytes bytes_of(const std::string& file) { return {reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}; }

// 5 × 3 pixels, none like another.
std::string small_png() {
    std::vector<double> numbers(5 * 3 * 3);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i) / 50;
    return adjoint::png_of(Tensor({5, 3, 3}, numbers));
}

DecoderTask task_of(const std::string& file, int channels) {
    const ImageContainer container = inspect_image(bytes_of(file));
    return {bytes_of(file), container.height, container.width, channels};
}

// What another process decodes; nothing where it says that it could not.
std::vector<int> pixels_apart(const std::string& file, int channels) {
    const DecoderTask task = task_of(file, channels);
    const DecodedPicture picture = decode_apart(task);
    const auto size = static_cast<std::size_t>(task.height * task.width * task.channels);
    return picture.bytes == nullptr ? std::vector<int>()
                                    : std::vector<int>(&picture.bytes[0], &picture.bytes[0] + size);
}

std::vector<pid_t> children() {
    std::vector<pid_t> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream list(task.path() / "children");
        for (pid_t child; list >> child;) found.push_back(child);
    }
    return found;
}

TEST(DecoderProcess, DecodesWhatTheDecoderDoes) {
    const std::string png = small_png();
    std::vector<std::byte> memory(1 << 20, std::byte{0xab});
    for (const int channels : {1, 3}) {
        const DecoderAnswer answer = decode_within(memory, task_of(png, channels));
        ASSERT_EQ(answer.outcome, DecoderAnswer::decoded) << answer.reason;
        const auto* const begin = reinterpret_cast<const std::uint8_t*>(memory.data() + answer.pixels_at);
        EXPECT_EQ(answer.height, 5);
        EXPECT_EQ(answer.width, 3);
        EXPECT_EQ(pixels_apart(png, channels), std::vector<int>(begin, begin + 5 * 3 * channels));
        EXPECT_TRUE(decode_apart(task_of(png, channels)).coloured);
    }
}

TEST(DecoderProcess, IsReplacedWhereSomebodyEndsIt) {
    const std::string png = small_png();
    const std::vector<int> expected = pixels_apart(png, 3);
    const std::vector<pid_t> before = children();
    ASSERT_FALSE(before.empty());
    for (const pid_t child : before) ::kill(child, SIGKILL);
    EXPECT_EQ(pixels_apart(png, 3), expected);
}

TEST(DecoderProcess, MayDoNothingButReadAndWrite) {
    pixels_apart(small_png(), 3);
    for (const pid_t child : children()) {
        const std::filesystem::path place = "/proc/" + std::to_string(child);
        std::ifstream status(place / "status");
        std::string text(std::istreambuf_iterator<char>(status), {});
        if (text.find("State:\tZ") != std::string::npos) continue;  // one that another test ended
        EXPECT_NE(text.find("Seccomp:\t1"), std::string::npos) << text;
        EXPECT_EQ(std::distance(std::filesystem::directory_iterator(place / "fd"), {}), 1) << "its socket alone";
    }
}

// Tables of more codes than fit, which the program's own checks would refuse: the decoder writes beyond its arrays. Of
// nine bits and more it takes any number.
TEST(DecoderProcess, LosesNothingButThePictureWhereTheDecoderIsLedAstray) {
    const TemporaryDirectory directory;
    write_jpeg(directory / "x.jpg", Tensor::full({64, 64, 3}, 0.5));
    const std::string jpeg = read_file(directory / "x.jpg");
    const std::vector<int> expected = pixels_apart(small_png(), 3);
    int ended = 0;
    for (std::uint64_t which = 0; which < 200; ++which) {
        RandomStream stream(Random(5).stream(which));
        std::string counts, values;
        for (int bits = 1; bits <= 16; ++bits) {
            const auto count = static_cast<std::uint8_t>(bits < 9 ? 0 : stream.between(0, 255));
            counts += static_cast<char>(count);
            for (int i = 0; i < count; ++i) values += static_cast<char>(stream.between(0, 255));
        }
        const std::size_t length = 3 + counts.size() + values.size();
        const std::string segment = {'\xff', '\xc4', static_cast<char>(length >> 8), static_cast<char>(length),
                                     static_cast<char>(stream.between(0, 1) * 16)};
        const std::string::size_type scan = jpeg.find("\xff\xda");
        const std::string astray = jpeg.substr(0, scan) + segment + counts + values + jpeg.substr(scan);
        const DecodedPicture picture = decode_apart({bytes_of(astray), 64, 64, 3});
        EXPECT_NE(picture.damage.empty(), picture.bytes == nullptr);
        EXPECT_EQ(picture.damage.find("takes longer"), picture.damage.npos) << picture.damage;
        ended += picture.damage == "one that the decoder fails at";
    }
    EXPECT_GT(ended, 0);
    EXPECT_EQ(pixels_apart(small_png(), 3), expected);
}

TEST(DecoderProcess, DecodesForManyThreadsAtOnce) {
    const std::string png = small_png();
    const std::vector<int> expected = pixels_apart(png, 3);
    std::vector<std::thread> threads;
    std::atomic<int> same = 0;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) same += pixels_apart(png, 3) == expected;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(same, 400);
    EXPECT_LE(children().size(), 9);
}

TEST(DecoderProcess, DecodesLargePicturesAndThenSmallOnes) {
    const std::string large = adjoint::png_of(Tensor::full({3000, 3000, 3}, 0.2));
    EXPECT_EQ(pixels_apart(large, 3), std::vector<int>(3 * 3000 * 3000, 51));
    EXPECT_EQ(pixels_apart(small_png(), 3).size(), 5 * 3 * 3);
}

// As large as the memory that a decoder has at first, or a little smaller: there the question and the answer need room.
TEST(DecoderProcess, TakesMoreMemoryForAFileThatFillsIt) {
    const std::vector<int> expected = pixels_apart(small_png(), 3);
    for (const std::size_t missing : {0, 100, 1000, 10000}) {
        std::string png = small_png();
        png.resize((std::size_t{1} << 26) - missing);
        EXPECT_EQ(pixels_apart(png, 3), expected) << missing;
    }
}

// An interval of one block after which a restart must come: there is none, and all other blocks are left out.
TEST(PictureDecoder, ForgetsWhatItsMemoryHeld) {
    const TemporaryDirectory directory;
    write_jpeg(directory / "x.jpg", Tensor::full({64, 64, 3}, 0.5));
    const std::string jpeg = read_file(directory / "x.jpg");
    const std::string file = jpeg.substr(0, 2) + std::string("\xff\xdd\0\4\0\1", 6) + jpeg.substr(2);
    std::vector<std::byte> zeros(1 << 20), others(1 << 20, std::byte{0x55});
    const DecoderAnswer a = decode_within(zeros, task_of(file, 3)), b = decode_within(others, task_of(file, 3));
    ASSERT_EQ(a.outcome, DecoderAnswer::decoded) << a.reason;
    ASSERT_EQ(b.outcome, DecoderAnswer::decoded) << b.reason;
    EXPECT_TRUE(std::equal(&zeros[a.pixels_at], &zeros[a.pixels_at] + 64 * 64 * 3, &others[b.pixels_at]));
}

TEST(PictureDecoder, SaysThatItsMemoryIsTooSmall) {
    std::vector<std::byte> memory(1 << 12);
    const std::string png = small_png();
    EXPECT_EQ(decode_within(memory, task_of(png, 3)).outcome, DecoderAnswer::out_of_memory);
}

}  // namespace
}  // namespace adjoint
