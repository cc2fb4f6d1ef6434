#include "train/trainer/agreement.h"

#include <fmt/format.h>
#include <span>
#include <string_view>

#include "datasets/dataset.h"
#include "framework/kernels/convolution_kernels.h"
#include "train/cli/version.h"

namespace adjoint {

namespace {

// What a lead that works alone says to those who wait.
constexpr int at_work_still = 0, done = 1;

}  // namespace

void require_alike(const RunRecord& record) {
    if (Processes::here() == nullptr) return;
    struct {
        char text[1024];
    } own = {};
    fmt::format_to_n(own.text, sizeof own.text - 1, "{}, {} convolution, a {}, images {}, settings {:08x}",
                     program_version(), name(convolution_kernels()), record.model, record.data.checksum,
                     checksum_of(std::as_bytes(std::span(record.settings))));
    const auto all = said_by_all(own);
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
        require(std::string_view(all[rank].text) == all[0].text,
                "processes must be alike; process 0 is {}; process {} is {}", all[0].text, rank, all[rank].text);
    }
}

Wishes agreed(const Wishes& own) {
    Wishes common = {0, false};
    for (const auto& [signal, checkpoint] : said_by_all(own)) {
        if (common.signal == 0) common.signal = signal;
        common.checkpoint = common.checkpoint || checkpoint || signal != 0;
    }
    return common;
}

std::filesystem::path place_of_lead(const std::filesystem::path& own) {
    struct {
        char path[4096];
    } place = {};
    own.string().copy(place.path, sizeof place.path - 1);
    return said_by_all(place).front().path;
}

LeadAlone::LeadAlone() : others_(Processes::here()) {
    if (Processes::lead()) {
        Processes::join(nullptr);
    } else {
        while (said_by_all(at_work_still).front() != done) continue;
    }
}

LeadAlone::~LeadAlone() {
    const bool led = Processes::here() != others_;
    Processes::join(others_);
    if (led) said_by_all(done);
}

void LeadAlone::at_work() const {
    Processes::join(others_);
    said_by_all(at_work_still);
    Processes::join(nullptr);
}

}  // namespace adjoint
