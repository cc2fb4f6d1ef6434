#include "train/gradient_json.h"

#include <nlohmann/json.hpp>

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

Json comparison(const GradientComparison& numbers) {
    return {{"analytic", numbers.analytic},
            {"numeric", numbers.numeric},
            {"relative_error", numbers.relative_error},
            {"ulps", numbers.ulps}};
}

Json input_json(const InputReport& input) {
    Json worst = {{"element", input.element}};
    worst.update(comparison(input.worst));
    Json kinks = Json::array();
    for (const Kink& kink : input.kinks) {
        kinks.push_back(
            {{"element", kink.element}, {"before", kink.before}, {"after", kink.after}, {"analytic", kink.analytic}});
    }
    return {{"input", input.name},
            {"shape", input.shape},
            {"checked", input.checked},
            {"worst", worst},
            {"direction", comparison(input.direction)},
            {"kinks", kinks}};
}

}  // namespace

Json to_json(const GradientCheckReport& report) {
    Json orders = Json::array();
    for (const OrderReport& order : report.orders) {
        Json inputs = Json::array();
        for (const InputReport& input : order.inputs) inputs.push_back(input_json(input));
        orders.push_back({{"order", order.order},
                          {"passed", order.passed()},
                          {"exact", order.exact},
                          {"tolerance", order.tolerance},
                          {"inputs", inputs}});
    }
    Json result = {{"passed", report.passed()}, {"orders", orders}};
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
    for (const Setting& setting : settings.declared()) result[setting.flag.substr(2)] = settings.text(setting.flag);
    return result;
}

Json to_json(const SweepReport& report) {
    Json rows = Json::array(), failures = Json::array();
    for (const SweptRow& row : report.rows) {
        rows.push_back({{"layer", row.name},
                        {"configurations", row.configurations},
                        {"exact", row.exact},
                        {"relative_error", row.relative_error}});
    }
    for (const SweepFailure& failure : report.failures) {
        failures.push_back({{"layer", failure.name}, {"reason", failure.reason}, {"command", failure.command}});
    }
    return {{"passed", failures.empty()},
            {"configurations", report.configurations()},
            {"rows", rows},
            {"failures", failures}};
}

}  // namespace adjoint
