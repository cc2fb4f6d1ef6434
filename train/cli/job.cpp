#include "train/cli/job.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fmt/ranges.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <thread>
#include <unistd.h>

#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"
#include "train/cli/environment.h"
#include "train/cli/interruption.h"
#include "train/cli/terminal.h"

#ifdef ADJOINT_MPI
#include <mpi.h>

namespace adjoint {
namespace {

using Clock = std::chrono::steady_clock;
using Counts = std::vector<int>;

double patience = 600.0;  // seconds
constexpr int lost_tag = 1, end_tag = 2;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// As MPI counts bytes, and where each process's begin.
std::pair<Counts, Counts> as_counts(const std::vector<std::size_t>& bytes) {
    Counts counts, places;
    std::size_t place = 0;
    for (const std::size_t count : bytes) {
        places.push_back(static_cast<int>(place));
        counts.push_back(static_cast<int>(count));
        place += count;
    }
    require(place <= INT_MAX, "processes: at most {} bytes can be sent at once; got {}", INT_MAX, place);
    return {counts, places};
}

// A launcher of Open MPI, of MPICH and its relatives, or of Slurm.
bool launched() {
    for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "SLURM_MPI_TYPE"}) {
        if (!environment(variable).empty()) return true;
    }
    return false;
}

// Of the processors that processes of one machine share, a part for each, unless somebody has said how many threads.
void share_processors() {
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    int neighbours = 1;
    MPI_Comm_size(machine, &neighbours);
    MPI_Comm_free(&machine);
    if (!environment("ADJOINT_THREADS").empty()) return;
    const int own = static_cast<int>(std::thread::hardware_concurrency());
    const bool bound = own < static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));  // by the launcher, to its part
    set_thread_count(std::max(1, bound ? own : own / neighbours));
}

int rank_of_world() {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

int size_of_world() {
    int size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

}  // namespace

class Job::MpiProcesses : public Processes {
  public:
    MpiProcesses() : Processes(rank_of_world(), size_of_world()) {}

    void exchange(const std::byte* send, const std::vector<std::size_t>& sent, std::byte* receive,
                  const std::vector<std::size_t>& received) override {
        for (Index other = 0; other < count(); ++other)
            bytes_sent_ += other == rank() ? 0 : sent[static_cast<std::size_t>(other)];
        const auto [send_counts, send_places] = as_counts(sent);
        const auto [receive_counts, receive_places] = as_counts(received);
        wait_for_others();
        const ProfileScope scope("exchange");
        MPI_Request request;
        MPI_Ialltoallv(send, send_counts.data(), send_places.data(), MPI_BYTE, receive, receive_counts.data(),
                       receive_places.data(), MPI_BYTE, MPI_COMM_WORLD, &request);
        wait(request);
    }

    void gather(const std::byte* own, std::byte* all, const std::vector<std::size_t>& bytes) override {
        bytes_sent_ += bytes[static_cast<std::size_t>(rank())] * static_cast<std::size_t>(count() - 1);
        const auto [counts, places] = as_counts(bytes);
        wait_for_others();
        const ProfileScope scope("exchange");
        MPI_Request request;
        MPI_Iallgatherv(own, counts[static_cast<std::size_t>(rank())], MPI_BYTE, all, counts.data(), places.data(),
                        MPI_BYTE, MPI_COMM_WORLD, &request);
        wait(request);
    }

    // The processes that do not call this, with the same tag, within so many seconds.
    std::vector<Index> absent(int tag, double seconds) const {
        std::vector<Index> missing;
        for (Index other = 0; other < count(); ++other) {
            if (other == rank()) continue;
            MPI_Request request;
            MPI_Isend(nullptr, 0, MPI_BYTE, static_cast<int>(other), tag, MPI_COMM_WORLD, &request);
            MPI_Request_free(&request);
            missing.push_back(other);
        }
        for (const auto begin = Clock::now(); !missing.empty() && seconds_since(begin) < seconds;) {
            std::erase_if(missing, [&](Index other) {
                int here = 0;
                MPI_Iprobe(static_cast<int>(other), tag, MPI_COMM_WORLD, &here, MPI_STATUS_IGNORE);
                return here != 0;
            });
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return missing;
    }

  private:
    void wait_for_others() const {
        if (!waiting_is_measured_) return;
        const ProfileScope scope("wait for others");
        MPI_Request request;
        MPI_Ibarrier(MPI_COMM_WORLD, &request);
        wait(request);
    }

    void wait(MPI_Request request) const {
        const auto begin = Clock::now();
        bool told = false;
        for (long tries = 0;; ++tries) {
            int done = 0;
            MPI_Test(&request, &done, MPI_STATUS_IGNORE);
            if (done != 0) return;
            if (tries < 1000) continue;
            ::sched_yield();  // there may be more processes than processors
            const double waited = seconds_since(begin);
            if (Interruption::signal() != 0 && waited > 0.5 && !std::exchange(told, true))
                spdlog::warn(
                    "told to stop while another process does not answer; --resume goes on from the last checkpoint");
            if (waited < patience) continue;
            const std::vector<Index> missing = absent(lost_tag, 2.0);
            throw ProcessLost(
                fmt::format("process {} of {} has not answered for {:.0f} seconds; --resume goes on from the last "
                            "checkpoint, with any number of processes",
                            fmt::join(missing, ", "), count(), waited));
        }
    }
};

Job::Job() {
    if (!launched()) return;
    int level = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level);
    if (size_of_world() == 1) return;
    processes_ = std::make_unique<MpiProcesses>();
    Processes::join(processes_.get());
    share_processors();
    if (Processes::lead()) return;
    // An error that it meets alone is heard all the same.
    if (std::freopen("/dev/null", "w", stdout) == nullptr) std::fclose(stdout);
    show_messages_from(spdlog::level::err);
}

Job::~Job() {
    Processes::join(nullptr);
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (initialized != 0 && finalized == 0) MPI_Finalize();
}

void Job::set_patience(double seconds) { patience = seconds; }

bool Job::all_are_here() const { return processes_ == nullptr || processes_->absent(end_tag, 1.0).empty(); }

void Job::leave(int status, bool together) const {
    if (!together) MPI_Abort(MPI_COMM_WORLD, status);
    MPI_Finalize();
    std::exit(status);
}

}  // namespace adjoint

#else  // without MPI every program works alone

namespace adjoint {

class Job::MpiProcesses {};
Job::Job() = default;
Job::~Job() = default;
void Job::set_patience(double) {}
bool Job::all_are_here() const { return true; }
void Job::leave(int status, bool) const { std::exit(status); }

}  // namespace adjoint
#endif
