#include "train/cli/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace adjoint {
namespace {

std::string plain(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
    return name;
}

// Letters to insert, remove, replace or exchange with the next one to make b of a.
// Source: Damerau's distance without a second edit in the same place ("optimal string alignment").
std::size_t edits(const std::string& a, const std::string& b) {
    std::vector<std::vector<std::size_t>> least(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) least[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) least[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = a[i - 1] == b[j - 1] ? 0 : 1;
            least[i][j] = std::min({least[i - 1][j] + 1, least[i][j - 1] + 1, least[i - 1][j - 1] + replaced});
            if (i == 1 || j == 1 || a[i - 1] != b[j - 2] || a[i - 2] != b[j - 1]) continue;
            least[i][j] = std::min(least[i][j], least[i - 2][j - 2] + 1);
        }
    }
    return least.back().back();
}

}  // namespace

std::optional<std::string> nearest_name(const std::string& typed, const std::vector<std::string>& names) {
    const std::string wanted = plain(typed);
    std::size_t fewest = std::string::npos;
    std::optional<std::string> nearest;
    for (const std::string& name : names) {
        const auto [shorter, longer] = std::minmax({name.size(), wanted.size()});
        const std::size_t most = shorter < 2 ? 0 : std::max<std::size_t>(1, longer / 3);
        if (longer - shorter > most) continue;  // each letter more is an edit
        const std::size_t away = edits(wanted, plain(name));
        if (away > most || away >= fewest) continue;
        fewest = away;
        nearest = name;
    }
    constexpr std::size_t enough = 3;
    if (nearest || wanted.size() < enough) return nearest;
    const auto longer = std::ranges::find_if(
        names, [&](const std::string& name) { return plain(name).find(wanted) != std::string::npos; });
    return longer == names.end() ? std::nullopt : std::optional(*longer);
}

std::string did_you_mean(const std::string& typed, const std::vector<std::string>& names) {
    const std::optional<std::string> name = nearest_name(typed, names);
    return name ? fmt::format("; did you mean {}?", *name) : "";
}

}  // namespace adjoint
