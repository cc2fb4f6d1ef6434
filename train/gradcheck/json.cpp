#include "train/gradcheck/json.h"

namespace adjoint {
namespace {

// An array of what `each` makes of the items.
template <class Items, class Each>
Json array(const Items& items, Each each) {
    Json result = Json::array();
    for (const auto& item : items) result.push_back(each(item));
    return result;
}

Json comparison(const GradientComparison& numbers) {
    return {{"analytic", numbers.analytic},
            {"numeric", numbers.numeric},
            {"relative_error", numbers.relative_error},
            {"ulps", numbers.ulps}};
}

Json of_kink(const Kink& kink) {
    return {{"element", kink.element}, {"before", kink.before}, {"after", kink.after}, {"analytic", kink.analytic}};
}

Json of_input(const InputReport& input) {
    Json worst = {{"element", input.element}};
    worst.update(comparison(input.worst));
    return {{"input", input.name},
            {"shape", input.shape},
            {"checked", input.checked},
            {"worst", worst},
            {"direction", comparison(input.direction)},
            {"kinks", array(input.kinks, of_kink)}};
}

Json of_order(const OrderReport& order) {
    return {{"order", order.order},
            {"passed", order.passed()},
            {"exact", order.exact},
            {"tolerance", order.tolerance},
            {"inputs", array(order.inputs, of_input)}};
}

Json of_swept(const SweptRow& row) {
    return {{"layer", row.name},
            {"configurations", row.configurations},
            {"exact", row.exact},
            {"relative_error", row.relative_error}};
}

Json of_failure(const SweepFailure& failure) {
    return {{"layer", failure.name}, {"reason", failure.reason}, {"command", failure.command}};
}

}  // namespace

Json to_json(const GradientCheckReport& report) {
    Json result = {{"passed", report.passed()}, {"orders", array(report.orders, of_order)}};
    if (report.adjoint) {
        result["adjoint"] = {{"passed", report.adjoint->passed()},
                             {"forward", report.adjoint->forward},
                             {"reverse", report.adjoint->reverse},
                             {"relative_error", report.adjoint->relative_error},
                             {"tolerance", report.adjoint->tolerance}};
    }
    return result;
}

Json to_json(const Settings& settings) {
    Json result = Json::object();
    for (const Setting& setting : settings.all()) result[setting.flag->name.substr(2)] = setting.text;
    return result;
}

Json to_json(const SweepReport& report) {
    return {{"passed", report.failures.empty()},
            {"configurations", report.configurations},
            {"rows", array(report.rows, of_swept)},
            {"failures", array(report.failures, of_failure)}};
}

}  // namespace adjoint
