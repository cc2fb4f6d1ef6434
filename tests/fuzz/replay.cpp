// Replay: gives a fuzzer the files of its corpus, and each of them cut short and with every byte changed in turn.
#include <cstdio>
#include <filesystem>

#include "datasets/read_file.h"
#include "tests/fuzz/fuzzing.h"

int main(int argc, char** argv) {
    using adjoint::fuzzing::try_bytes;
    int count = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            const std::string whole = adjoint::read_file(entry.path());
            try_bytes(whole);
            for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 300) {
                try_bytes(std::string_view(whole).substr(0, at));
                for (const int change : {1, 0x80, 0xff}) {
                    std::string other = whole;
                    other[at] = static_cast<char>(other[at] ^ change);
                    try_bytes(other);
                }
            }
            ++count;
        }
    }
    std::printf("%d files and what is near them\n", count);
    return count > 0 ? 0 : 1;
}
