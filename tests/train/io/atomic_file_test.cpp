// Truths about atomic files: they hold all of what was written or what they held before, and nothing is left beside
// them.
#include "train/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "datasets/read_file.h"
#include "framework/tensor/error.h"
#include "tests/support/expectations.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
  protected:
    std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(directory.path()), {}); }
    TemporaryDirectory directory;
    const fs::path path = directory / "x";
};

TEST_F(AtomicFile, ReplacesAnOlderOneWhole) {
    for (const std::string& content : {std::string(100'000, 'x'), std::string("short\0", 6), std::string()}) {
        write_atomically(path, content);
        EXPECT_EQ(read_file(path), content);
        EXPECT_EQ(files(), 1);
    }
}

TEST_F(AtomicFile, LeavesNothingBehindWhereItCannotBeWritten) {
    write_atomically(path, "before");
    fs::create_directory(directory / "taken");
    const auto refusal = [](const fs::path& file) {
        return error_about<CannotWrite>(file, [&] { write_atomically(file, "after"); });
    };
    EXPECT_EQ(refusal(directory / "no/x"), "cannot be written; No such file or directory");
    EXPECT_EQ(refusal(path / "below-a-file"), "cannot be written; Not a directory");
    EXPECT_EQ(refusal(directory / "taken"), "cannot be written; Is a directory");
    EXPECT_EQ(refusal("/dev/null"), "cannot be written; not a regular file");
    EXPECT_EQ(read_file(path), "before");
    EXPECT_EQ(files(), 2);
    EXPECT_TRUE(fs::is_empty(directory / "taken"));
}

TEST_F(AtomicFile, IsWhatASymbolicLinkPointsTo) {
    write_atomically(path, "before");
    fs::create_symlink("x", directory / "link");
    write_atomically(directory / "link", "after");
    EXPECT_TRUE(fs::is_symlink(directory / "link"));
    EXPECT_EQ(read_file(path), "after");
}

TEST_F(AtomicFile, IsWhatASymbolicLinkPointsToThoughNothingIsThere) {
    fs::create_directory(directory / "links");
    fs::create_symlink("../x", directory / "links/second");
    fs::create_symlink("links/second", directory / "first");
    write_atomically(directory / "first", "new");
    EXPECT_TRUE(fs::is_symlink(directory / "first") && fs::is_symlink(directory / "links/second"));
    EXPECT_FALSE(fs::is_symlink(path));
    EXPECT_EQ(read_file(path), "new");
    fs::create_symlink("circle", directory / "circle");
    EXPECT_EQ(error_about<CannotWrite>(directory / "circle", [&] { write_atomically(directory / "circle", "new"); }),
              "cannot be written; Too many levels of symbolic links");
    EXPECT_TRUE(fs::is_symlink(directory / "circle"));
}

TEST_F(AtomicFile, HasThePermissionsOfAnyOther) {
    const mode_t mask = ::umask(022);
    write_atomically(path, "");
    ::umask(mask);
    EXPECT_EQ(fs::status(path).permissions(), static_cast<fs::perms>(0644));
}

TEST_F(AtomicFile, IsAlsoAPipeOrADeviceWhereAPersonNamesOne) {
    write_output(path, "text");
    EXPECT_EQ(read_file(path), "text");
    write_output("/dev/null", "text");
    EXPECT_EQ(error_about<CannotWrite>("/dev/full", [&] { write_output("/dev/full", "text"); }),
              "cannot be written; No space left on device");
    ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(error_about<CannotWrite>(directory / "pipe", [&] { write_output(directory / "pipe", "text"); }),
              "cannot be written; No such device or address");  // nobody reads it
    const int reader = ::open((directory / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
    const std::string content(100'000, 'x');  // more than a pipe holds
    std::thread writer([&] { write_output(directory / "pipe", content); });
    EXPECT_EQ(read_input(fmt::format("/dev/fd/{}", reader)), content);
    writer.join();
    ::close(reader);
    for (const char* name : {"-", "/dev/stdout"}) {
        testing::internal::CaptureStdout();
        fmt::print("before ");
        write_output(name, "text");
        EXPECT_EQ(testing::internal::GetCapturedStdout(), "before text") << name;
        EXPECT_EQ(messages_beside({"x", name}), stderr);
    }
    EXPECT_EQ(messages_beside({"x", ""}), stdout);
}

}  // namespace
}  // namespace adjoint
