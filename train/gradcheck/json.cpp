#include "train/gradcheck/json.h"

namespace adjoint {

static void to_json(Json& json, const GradientComparison& numbers) {
    json = {{"analytic", numbers.analytic},
            {"numeric", numbers.numeric},
            {"relative_error", numbers.relative_error},
            {"ulps", numbers.ulps}};
}

static void to_json(Json& json, const Kink& kink) {
    json = {{"element", kink.element}, {"before", kink.before}, {"after", kink.after}, {"analytic", kink.analytic}};
}

static void to_json(Json& json, const InputReport& input) {
    Json worst = {{"element", input.element}};
    worst.update(Json(input.worst));
    json = {{"input", input.name}, {"shape", input.shape},         {"checked", input.checked},
            {"worst", worst},      {"direction", input.direction}, {"kinks", input.kinks}};
}

static void to_json(Json& json, const OrderReport& order) {
    json = {{"order", order.order},
            {"passed", order.passed()},
            {"exact", order.exact},
            {"tolerance", order.tolerance},
            {"inputs", order.inputs}};
}

void to_json(Json& json, const GradientCheckReport& report) {
    json = {{"passed", report.passed()}, {"orders", report.orders}};
    if (report.adjoint) {
        json["adjoint"] = {{"passed", report.adjoint->passed()},
                           {"forward", report.adjoint->forward},
                           {"reverse", report.adjoint->reverse},
                           {"relative_error", report.adjoint->relative_error},
                           {"tolerance", report.adjoint->tolerance}};
    }
}

void to_json(Json& json, const Settings& settings) {
    json = Json::object();
    for (const Setting& setting : settings.all()) json[setting.flag->name.substr(2)] = setting.text;
}

static void to_json(Json& json, const SweptRow& row) {
    json = {{"layer", row.name},
            {"configurations", row.configurations},
            {"exact", row.exact},
            {"relative_error", row.relative_error}};
}

static void to_json(Json& json, const SweepFailure& failure) {
    json = {{"layer", failure.name}, {"reason", failure.reason}, {"command", failure.command}};
}

void to_json(Json& json, const SweepReport& report) {
    json = {{"passed", report.failures.empty()},
            {"configurations", report.configurations},
            {"rows", report.rows},
            {"failures", report.failures}};
}

}  // namespace adjoint
