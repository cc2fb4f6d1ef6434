#include "datasets/images/picture_decoder.h"

#include <algorithm>
#include <csetjmp>
#include <cstring>

namespace {

// Hands out pieces of some memory one behind the other, as zeros; only the last one can grow where it is, or be given
// back, and none grows beyond a limit.
class Arena {
  public:
    Arena(std::span<std::byte> memory, std::size_t largest_grown) : memory_(memory), largest_grown_(largest_grown) {}

    void* allocate(std::size_t size) {
        const std::size_t needed = piece_of(size);
        if (needed > memory_.size() - used_) {
            exhausted = true;
            return nullptr;
        }
        std::byte* const piece = memory_.data() + used_;
        std::memset(piece, 0, needed);
        std::memcpy(piece, &size, sizeof size);
        last_ = used_;
        used_ += needed;
        return piece + header;
    }

    void* resize(void* old, std::size_t size) {
        if (old == nullptr) return allocate(size);
        if (size > largest_grown_) {
            overgrown = true;
            return nullptr;
        }
        const std::size_t had = size_of(old), room = memory_.size() - last_;
        if (is_last(old) && size >= had && piece_of(size) <= room) {
            std::memset(static_cast<std::byte*>(old) + had, 0, size - had);
            std::memcpy(memory_.data() + last_, &size, sizeof size);
            used_ = last_ + piece_of(size);
            return old;
        }
        void* const moved = allocate(size);
        if (moved != nullptr) std::memcpy(moved, old, std::min(had, size));
        return moved;
    }

    void give_back(void* piece) {
        if (piece != nullptr && is_last(piece)) used_ = last_;
    }

    bool exhausted = false, overgrown = false;

  private:
    static constexpr std::size_t header = 16;  // holds the size, and keeps pieces aligned

    static std::size_t piece_of(std::size_t size) { return header + (size + header - 1) / header * header; }
    bool is_last(const void* piece) const {
        return used_ > last_ && static_cast<const std::byte*>(piece) == memory_.data() + last_ + header;
    }
    static std::size_t size_of(const void* piece) {
        std::size_t size;
        std::memcpy(&size, static_cast<const std::byte*>(piece) - header, sizeof size);
        return size;
    }

    std::span<std::byte> memory_;
    std::size_t largest_grown_;
    std::size_t used_ = 0, last_ = 0;
};

thread_local Arena* arena = nullptr;
thread_local std::jmp_buf at_fault;  // where the decoder's own assertions lead, in place of an end of the program

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_MAX_DIMENSIONS (1 << 26)
#define STBI_MALLOC(size) arena->allocate(size)
#define STBI_REALLOC(memory, size) arena->resize(memory, size)
#define STBI_FREE(memory) arena->give_back(memory)
#define STBI_ASSERT(holds) ((holds) ? void() : std::longjmp(at_fault, 1))
#include <stb/stb_image.h>

namespace adjoint {
namespace {

DecoderAnswer refusal(const char* reason) {
    DecoderAnswer answer{.outcome = arena->exhausted ? DecoderAnswer::out_of_memory : DecoderAnswer::refused};
    std::copy_n(reason, std::min(std::strlen(reason), sizeof answer.reason - 1), answer.reason);
    return answer;
}

// The decoder lets two pieces grow, each to twice what it was: the data of a PNG as it gathers them, which it begins
// with 4096 bytes, and what they unpack to, which it begins as pixels of 8 bytes and a filter a row take, at most.
std::size_t largest_grown(const DecoderTask& task) {
    const auto rows = static_cast<std::size_t>(task.height), row = 1 + 8 * static_cast<std::size_t>(task.width);
    return 2 * std::max({std::size_t{4096}, task.file.size(), rows * row});
}

// A function of its own, so that a jump out of it changes nothing that its caller holds; it has no destructors.
[[gnu::noinline]] DecoderAnswer decode(std::span<std::byte> memory, const DecoderTask& task) {
    int width = 0, height = 0, own_channels = 0;
    stbi__g_failure_reason = "one that the decoder fails at";  // and not what an earlier picture had
    const std::uint8_t* const pixels = stbi_load_from_memory(task.file.data(), static_cast<int>(task.file.size()),
                                                             &width, &height, &own_channels, task.channels);
    if (pixels == nullptr) return refusal(arena->overgrown ? "more data than its pixels take" : stbi_failure_reason());
    const auto pixels_at = static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(pixels) - memory.data());
    return {DecoderAnswer::decoded, height, width, own_channels, pixels_at};
}

}  // namespace

DecoderAnswer decode_within(std::span<std::byte> memory, const DecoderTask& task) {
    Arena own(memory, largest_grown(task));
    arena = &own;
    const DecoderAnswer answer =
        setjmp(at_fault) == 0 ? decode(memory, task) : refusal("one that the decoder fails at");
    arena = nullptr;
    return answer;
}

}  // namespace adjoint
