#include "datasets/images/decoder_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <mutex>
#include <new>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

// Enough for some million pixels, for a camera's picture, and for the largest that is read.
constexpr std::size_t usual_memory = std::size_t{1} << 26, large_memory = std::size_t{1} << 28,
                      most_memory = std::size_t{1} << 31;
constexpr int longest = 60'000;  // milliseconds

// What both processes see: this, then the file, then what the decoder uses.
struct Exchange {
    DecoderTask task;
    DecoderAnswer answer;
};

struct Memory {
    std::byte* begin;
    std::size_t size;

    Exchange& exchange() const { return *reinterpret_cast<Exchange*>(begin); }
    std::byte* file() const { return begin + sizeof(Exchange); }
    std::span<std::byte> beyond(std::uint64_t file_size) const {
        const std::size_t used = (sizeof(Exchange) + file_size + 15) / 16 * 16;
        return {begin + used, size - used};
    }
};

// The life of the other process. It is a copy of one whose other threads have not come along and may have left any lock
// closed: it calls nothing but the system and the decoder, and the system soon lets it do nothing else.
[[noreturn]] void serve(const Memory& memory, int socket) {
    const rlimit none = {};
    ::setrlimit(RLIMIT_CORE, &none);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    constexpr int own = 0;
    ::dup2(socket, own);
    if (::syscall(SYS_close_range, own + 1, ~0U, 0) != 0)
        for (int descriptor = own + 1; descriptor < 4096; ++descriptor) ::close(descriptor);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    Exchange& exchange = memory.exchange();
    char turn;
    while (::syscall(SYS_read, own, &turn, 1) == 1) {
        exchange.answer = decode_within(memory.beyond(exchange.task.file.size()), exchange.task);
        if (::syscall(SYS_write, own, &turn, 1) != 1) break;
    }
    for (;;) ::syscall(SYS_exit, 0);
}

class DecoderProcess {
  public:
    explicit DecoderProcess(std::size_t size) {
        void* const place =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED) throw std::bad_alloc();
        memory_ = {static_cast<std::byte*>(place), size};
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
            process_ = ::_Fork();
            if (process_ == 0) serve(memory_, ends[1]);
            ::close(ends[1]);
            socket_ = ends[0];
        }
        const int failure = errno;
        if (process_ > 0) return;
        end();
        throw SystemFailure(fmt::format("no process to decode pictures can be begun: {}", std::strerror(failure)));
    }
    ~DecoderProcess() { end(); }
    DecoderProcess(const DecoderProcess&) = delete;
    DecoderProcess& operator=(const DecoderProcess&) = delete;

    enum End { answered, gone, late };

    End decode(const DecoderTask& task) {
        Exchange& exchange = memory_.exchange();
        exchange = {task, {}};
        const Bytes file = task.file;
        if (file.size() >= memory_.size - sizeof(Exchange) - 16) {
            exchange.answer.outcome = DecoderAnswer::out_of_memory;
            return answered;
        }
        std::memcpy(memory_.file(), file.data(), file.size());
        exchange.task.file = {reinterpret_cast<const std::uint8_t*>(memory_.file()), file.size()};
        char turn = 0;
        if (::send(socket_, &turn, 1, MSG_NOSIGNAL) != 1) return gone;
        pollfd answer = {socket_, POLLIN, 0};
        int ready;
        do {
            ready = ::poll(&answer, 1, longest);
        } while (ready < 0 && errno == EINTR);
        if (ready != 1) return late;
        return ::recv(socket_, &turn, 1, 0) == 1 ? answered : gone;
    }

    /// A copy, which the other process can no longer change.
    DecoderAnswer answer() const { return memory_.exchange().answer; }

    /// The pixels that it found in a file of so many bytes, or nothing where they cannot be where it says.
    const std::uint8_t* pixels(const DecoderAnswer& answer, std::size_t file_size, std::size_t bytes) const {
        const std::span<std::byte> memory = memory_.beyond(file_size);
        const bool inside = answer.pixels_at <= memory.size() && bytes <= memory.size() - answer.pixels_at;
        return inside ? reinterpret_cast<const std::uint8_t*>(memory.data() + answer.pixels_at) : nullptr;
    }

  private:
    void end() const {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
        if (socket_ >= 0) ::close(socket_);
        ::munmap(memory_.begin, memory_.size);
    }

    Memory memory_ = {};
    pid_t process_ = -1;
    int socket_ = -1;
};

// In that process, or in a new one with so much memory where there is none or somebody else may have ended it. Nothing
// where that memory is not enough.
std::optional<DecodedPicture> decode_in(std::unique_ptr<DecoderProcess>& process, std::size_t memory,
                                        const DecoderTask& task) {
    using End = DecoderProcess::End;
    End end = process == nullptr ? End::gone : process->decode(task);
    if (end == End::gone) {
        process = std::make_unique<DecoderProcess>(memory);
        end = process->decode(task);
    }
    const DecodedPicture failed = {.damage = "one that the decoder fails at"};
    if (end != End::answered) {
        process.reset();
        return end == End::gone ? failed : DecodedPicture{.damage = "one that takes longer than a minute to decode"};
    }
    DecoderAnswer answer = process->answer();  // of which nothing is believed
    answer.reason[sizeof answer.reason - 1] = '\0';
    if (answer.outcome == DecoderAnswer::out_of_memory) return std::nullopt;
    if (answer.outcome == DecoderAnswer::refused && answer.reason[0] != '\0') return {{.damage = answer.reason}};
    const auto size = static_cast<std::size_t>(task.height * task.width * task.channels);
    const std::uint8_t* const pixels = process->pixels(answer, task.file.size(), size);
    const bool whole = answer.outcome == DecoderAnswer::decoded && pixels != nullptr;
    if (!whole || answer.height != task.height || answer.width != task.width) return failed;
    const std::shared_ptr<std::uint8_t[]> bytes(new std::uint8_t[size]);
    std::memcpy(bytes.get(), pixels, size);
    return DecodedPicture{bytes, /*coloured=*/answer.own_channels >= 3};
}

// Those that wait for the next picture.
class Waiting {
  public:
    std::unique_ptr<DecoderProcess> take() {
        const std::lock_guard lock(mutex_);
        if (processes_.empty()) return nullptr;
        std::unique_ptr<DecoderProcess> process = std::move(processes_.back());
        processes_.pop_back();
        return process;
    }
    void give_back(std::unique_ptr<DecoderProcess> process) {
        const std::lock_guard lock(mutex_);
        if (process != nullptr) processes_.push_back(std::move(process));
    }

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<DecoderProcess>> processes_;
};

// Large pictures are decoded one after the other. The process for the largest of all ends with the picture.
DecodedPicture decode_large(const DecoderTask& task) {
    static std::mutex mutex;
    static std::unique_ptr<DecoderProcess> process;
    const std::lock_guard one(mutex);
    if (const auto picture = decode_in(process, large_memory, task)) return *picture;
    std::unique_ptr<DecoderProcess> largest;
    return decode_in(largest, most_memory, task).value_or(DecodedPicture{.damage = "one beyond all memory"});
}

}  // namespace

DecodedPicture decode_apart(const DecoderTask& task) {
    static Waiting waiting;
    std::unique_ptr<DecoderProcess> process = waiting.take();
    const std::optional<DecodedPicture> picture = decode_in(process, usual_memory, task);
    waiting.give_back(std::move(process));
    return picture ? *picture : decode_large(task);
}

}  // namespace adjoint
