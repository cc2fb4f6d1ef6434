// Fault injection: a library to preload, which makes a call of the operating system fail.
//   ADJOINT_FAULT="write 17 28"         the 17th write to a file fails with errno 28; "write 17+ 28" all later ones
//                                       too; "write 17 short" writes half of what it is given, as pread reads half;
//                                       "write 17 stopped" stops the program before it, as Ctrl-Z does; "write 17 gone"
//                                       moves the directory run to gone; "clock 17 1000" sets the clock back by so many
//                                       seconds, "clock 17+ 1000" once for each reading
//   ADJOINT_FAULT_DIRECTORY=DIRECTORY   only files below it count, the current one
//   ADJOINT_FAULT_COUNTS=FILE           gets a line for each kind of call, with how many there were
// Kinds: open, pread, write, fsync, rename, mkdir, mmap, clock (readings of the date) and memory; all count from the
// beginning of main.
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

enum Kind { of_open, of_pread, of_write, of_fsync, of_rename, of_mkdir, of_mmap, of_clock, of_memory, kinds };
constexpr std::array<const char*, kinds> names = {"open",  "pread", "write", "fsync", "rename",
                                                  "mkdir", "mmap",  "clock", "memory"};
constexpr int nothing = 0, shortened = -1, stopped = -2, gone = -3;
constexpr std::array<const char*, 4> words_for = {"", "short", "stopped", "gone"};

std::array<std::atomic<long>, kinds> calls{};
bool counting = false;
const char* directory = "";

struct Fault {
    int kind = -1;
    long first = 0;
    bool for_ever = false;
    int error = nothing;
} fault;

// What happens to this call: nothing, an errno, or that it is shortened.
int outcome(Kind kind) {
    if (!counting) return nothing;
    const long n = ++calls[kind];
    if (kind != fault.kind || n < fault.first || (n > fault.first && !fault.for_ever)) return nothing;
    if (fault.error == stopped) return std::raise(SIGSTOP), nothing;
    if (fault.error == gone) return std::rename("run", "gone"), nothing;
    return fault.error;
}

int outcome(Kind kind, const char* path) {
    const bool below = path[0] != '/' || std::strncmp(path, directory, std::strlen(directory)) == 0;
    return below ? outcome(kind) : nothing;
}

int outcome(Kind kind, int descriptor) {
    if (!counting) return nothing;
    char link[64], path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = ::readlink(link, path, sizeof path - 1);
    if (length < 0) return nothing;
    path[length] = '\0';
    return outcome(kind, path);
}

// The function that would be called without this library.
template <class F>
F* next(F*, const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

int fails(int error) {
    errno = error;
    return -1;
}

void begin() {
    if (const char* const place = std::getenv("ADJOINT_FAULT_DIRECTORY")) directory = place;
    char kind[16] = "", number[24] = "", error[16] = "";
    const char* const wish = std::getenv("ADJOINT_FAULT");
    if (wish != nullptr && std::sscanf(wish, "%15s %23s %15s", kind, number, error) == 3) {
        for (int k = 0; k < kinds; ++k)
            if (std::strcmp(kind, names[static_cast<std::size_t>(k)]) == 0) fault.kind = k;
        fault.first = std::atol(number);
        fault.for_ever = std::strchr(number, '+') != nullptr;
        fault.error = std::atoi(error);
        for (int e = 1; e < static_cast<int>(words_for.size()); ++e)
            if (std::strcmp(error, words_for[static_cast<std::size_t>(e)]) == 0) fault.error = -e;
    }
    counting = true;
}

void end() {
    counting = false;
    const char* const path = std::getenv("ADJOINT_FAULT_COUNTS");
    std::FILE* const file = path == nullptr ? nullptr : std::fopen(path, "w");
    if (file == nullptr) return;
    for (std::size_t k = 0; k < kinds; ++k) std::fprintf(file, "%s %ld\n", names[k], calls[k].load());
    std::fclose(file);
}

using Main = int(int, char**, char**);
Main* program = nullptr;

int counted_main(int count, char** words, char** environment) {
    begin();
    std::atexit(end);
    return program(count, words, environment);
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

int __libc_start_main(Main* main, int count, char** words, void (*init)(), void (*fini)(), void (*rtld)(), void* end) {
    program = main;
    const auto real = next(&__libc_start_main, "__libc_start_main");
    return real(counted_main, count, words, init, fini, rtld, end);
}

int open(const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (const int error = outcome(of_open, path); error > 0) return fails(error);
    static const auto real = next(&open, "open");
    return real(path, flags, mode);
}

ssize_t pread(int descriptor, void* out, std::size_t count, off_t begin) {
    const int error = outcome(of_pread, descriptor);
    if (error > 0) return fails(error);
    static const auto real = next(&pread, "pread");
    return real(descriptor, out, error == shortened ? (count + 1) / 2 : count, begin);
}

ssize_t write(int descriptor, const void* content, std::size_t count) {
    const int error = outcome(of_write, descriptor);
    if (error > 0) return fails(error);
    static const auto real = next(&write, "write");
    return real(descriptor, content, error == shortened ? (count + 1) / 2 : count);
}

int fsync(int descriptor) {
    if (const int error = outcome(of_fsync, descriptor); error > 0) return fails(error);
    static const auto real = next(&fsync, "fsync");
    return real(descriptor);
}

int rename(const char* from, const char* to) {
    if (const int error = outcome(of_rename, to); error > 0) return fails(error);
    static const auto real = next(&rename, "rename");
    return real(from, to);
}

int mkdir(const char* path, mode_t mode) {
    if (const int error = outcome(of_mkdir, path); error > 0) return fails(error);
    static const auto real = next(&mkdir, "mkdir");
    return real(path, mode);
}

void* mmap(void* wish, std::size_t size, int protection, int flags, int descriptor, off_t begin) {
    if (const int error = outcome(of_mmap); error > 0) return fails(error), MAP_FAILED;
    static const auto real = next(&mmap, "mmap");
    return real(wish, size, protection, flags, descriptor, begin);
}

int clock_gettime(clockid_t clock, timespec* now) {
    static const auto real = next(&clock_gettime, "clock_gettime");
    static std::atomic<long> back = 0;
    if (clock == CLOCK_REALTIME) back += outcome(of_clock);
    const int status = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec -= back;
    return status;
}

void* malloc(std::size_t size) { return outcome(of_memory) == nothing ? __libc_malloc(size) : nullptr; }
void* calloc(std::size_t count, std::size_t size) {
    return outcome(of_memory) == nothing ? __libc_calloc(count, size) : nullptr;
}
void* realloc(void* old, std::size_t size) {
    return outcome(of_memory) == nothing ? __libc_realloc(old, size) : nullptr;
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return outcome(of_memory) == nothing ? __libc_memalign(alignment, size) : nullptr;
}

}  // extern "C"
