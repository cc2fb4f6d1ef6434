#include "train/records/run_log.h"

#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/basic_file_sink.h>

#include "train/cli/terminal.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

void print_now(const std::string& line) {
    std::puts(line.c_str());  // if nobody reads it any more, the run goes on
    std::fflush(stdout);
}

}  // namespace

RunLog::RunLog(const RunDirectory& run) {
    require_place_for_file(run.log());
    try {
        sink_ = std::make_shared<spdlog::sinks::basic_file_sink_mt>(run.log().string());
    } catch (const spdlog::spdlog_ex&) {
        refuse_to_write(run.log(), errno);
    }
    sink_->set_pattern("%Y-%m-%d %H:%M:%S %l: %v");
    spdlog::default_logger()->sinks().push_back(sink_);
    spdlog::default_logger()->flush_on(spdlog::level::debug);
}

RunLog::~RunLog() { std::erase(spdlog::default_logger()->sinks(), sink_); }

void print_epoch(Index epoch, const std::string& sentence, const Metrics& metrics, bool json) {
    if (json) {
        Json line = {{"epoch", epoch}};
        for (const auto& [name, value] : metrics) line[name] = value;
        return print_now(text_of_json(line));
    }
    const std::string line = fmt::format("epoch {}: {}", epoch, sentence);
    spdlog::debug("{}", line);
    print_now(line);
}

void print_places(const RunDirectory& run, bool json) {
    const std::string weights = run.weights("").string(), pictures = run.samples().string();
    if (json) return print_now(text_of_json(Json{{"weights", weights}, {"pictures", pictures}}));
    print_now(printable("weights: " + weights));
    print_now(printable("pictures: " + pictures));
}

}  // namespace adjoint
