#include "train/convolution_results.h"

#include <algorithm>
#include <cstdio>

#include "train/convolution_operands.h"
#include "train/matrix_text.h"
#include "train/npy.h"

namespace adjoint {
namespace {

bool has_file(const Result& result) { return !result.file.empty(); }

}  // namespace

void report(const std::string& steps, const std::vector<Result>& results) {
    const bool files = std::any_of(results.begin(), results.end(), has_file);
    const bool headings = !files && (results.size() > 1 || !steps.empty());
    std::string report = steps;
    for (const Result& result : results) {
        if (files && !has_file(result)) continue;
        if (headings) report += fmt::format("{}{}\n", report.empty() ? "" : "\n", result.heading);
        if (files) {
            write_npy(result.file, result.value);
            report += fmt::format("{}: {} {}\n", result.file, result.value.shape(), name(result.value.dtype()));
        } else {
            report += result.text();
        }
    }
    const bool printed =
        std::fwrite(report.data(), 1, report.size(), stdout) == report.size() && std::fflush(stdout) == 0;
    require<CannotWrite>(printed, "standard output: cannot be written");
}

Result images_result(const char* heading, const Tensor& images, const std::string& file, Layout layout) {
    return {heading, images, file, [=] {
                const Variable all = as_images(heading, images, layout);
                return images_text(images_channels_last(all, layout), images.shape());
            }};
}

Result filters_result(const char* heading, const Tensor& filters, const std::string& file, Layout layout) {
    return {heading, filters, file, [=] {
                const Variable all = as_filters(heading, filters, layout);
                return filters_text(filters_channels_last(all, layout), filters.shape());
            }};
}

Result bias_result(const char* heading, const Tensor& bias, const std::string& file) {
    return {heading, bias, file, [=] { return images_text(bias.reshaped({1, 1, -1, 1}), bias.shape()); }};
}

}  // namespace adjoint
