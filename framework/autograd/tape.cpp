#include "framework/autograd/tape.h"

#include <algorithm>
#include <atomic>
#include <fmt/ranges.h>
#include <unordered_map>

#include "framework/ops/elementwise.h"  // for +, with which the sweep adds adjoints
#include "framework/tensor/observer.h"
#include "framework/tensor/processes.h"

namespace adjoint {
namespace {

const std::vector<Tape*>& live_tapes() { return ThreadListing<Tape>::here(); }

std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

// A contribution must be as the input of that number, of this shape and type, is.
void require_adjoint(const Variable& g, const Shape& shape, DType dtype, std::string_view operation,
                     std::size_t number) {
    require(g.shape() == shape, "{}: the pullback for input {} must return {}; got {}{}", operation, number, shape,
            g.shape(), broadcasts_to(shape, g.shape()) ? " (is a sum over a broadcast axis missing?)" : "");
    require(g.dtype() == dtype, "{}: the pullback for input {} must return {}; got {}", operation, number, name(dtype),
            name(g.dtype()));
}

// y, divided among processes where one of the inputs is, unless y is a sum over the batch.
Variable as_divided_as(const std::vector<Edge>& edges, Variable y) {
    const auto divided = std::ranges::find_if(edges, [](const Edge& edge) { return edge.input.value().batch() > 0; });
    const bool unsaid = y.value().batch() == 0 && !y.value().everywhere();
    return divided == edges.end() || !unsaid ? y : std::move(y).with_batch(divided->input.value().batch());
}

}  // namespace

Variable::Variable(Tensor value) : Variable(std::move(value), 2 * next_number()) {}

Variable Variable::parameter(Tensor value) { return {std::move(value), 2 * next_number() + 1}; }

Tape::Tape(std::vector<Variable> watched) : watched_(std::move(watched)) {
    for (const Variable& w : watched_) dependent_.insert(w.id());
}

bool Tape::recording() { return !live_tapes().empty(); }

bool Tape::records(const Variable& x) {
    return std::ranges::any_of(live_tapes(), [&](const Tape* tape) { return tape->depends(x); });
}

bool Tape::watches_parameters() {
    return std::ranges::any_of(
        live_tapes(), [](const Tape* tape) { return std::ranges::any_of(tape->watched_, &Variable::is_parameter); });
}

Variable record(Variable y, std::vector<Edge> edges, Pullback before_edges, const OperationCall& call) {
    if (Processes::here() != nullptr) y = as_divided_as(edges, std::move(y));
    if (std::vector<Variable> inputs; Observer::any()) {
        for (const Edge& edge : edges) inputs.push_back(edge.input);
        Observer::for_each([&](Observer& observer) { observer.after_forward(y, call, inputs); });
    }
    if (!Tape::recording()) return y;
    // An edge is kept where some tape needs it: its pullback would hold on to values for nothing.
    Tape::Entry entry{call.name, y.id(), std::move(before_edges), {}};
    for (std::size_t number = 1; auto& [input, pullback] : edges) {
        if (Tape::records(input)) {
            entry.edges.push_back(
                {input.id(), input.shape(), input.value().batch(), input.dtype(), number, std::move(pullback)});
        }
        ++number;
    }
    if (entry.edges.empty()) return y;
    const auto shared = std::make_shared<const Tape::Entry>(std::move(entry));
    for (Tape* tape : live_tapes()) {
        const auto on_tape = [&](const Tape::Entry::Edge& edge) { return tape->depends(edge.input); };
        if (std::ranges::any_of(shared->edges, on_tape)) {
            tape->dependent_.insert(y.id());
            tape->entries_.push_back(shared);
        }
    }
    return y;
}

std::vector<Variable> Tape::gradient(const Variable& y, Unconnected unconnected) {
    require(y.size() == 1, "Tape::gradient: without a seed y must be a single number; got y {}", y.shape());
    return gradient(y, Tensor::ones(y.shape(), y.dtype()), unconnected);
}

std::vector<Variable> Tape::gradient(const Variable& y, const Variable& seed, Unconnected unconnected) {
    require(!swept_, "Tape::gradient: a tape is swept once; got a second call");
    require(seed.shape() == y.shape(), "Tape::gradient: the seed must have the shape of y; got seed {}, y {}",
            seed.shape(), y.shape());
    require_same_dtype("Tape::gradient", seed.value(), y.value());
    require(unconnected == Unconnected::zero || depends(y),
            "Tape::gradient: y does not depend on anything watched; got y {}", y.shape());
    swept_ = true;
    live_.reset();  // from here on only other tapes record

    std::unordered_map<std::uint64_t, Variable> adjoints{{y.id(), seed}};
    while (!entries_.empty()) {
        const std::shared_ptr<const Entry> entry = std::move(entries_.back());
        entries_.pop_back();
        auto output = adjoints.extract(entry->output);
        if (output.empty()) continue;  // y does not depend on this one
        Variable& g = output.mapped();
        Observer::for_each([&](Observer& observer) { observer.before_backward(entry->output); });
        if (entry->before_edges) g = entry->before_edges(std::move(g));
        for (const Entry::Edge& edge : entry->edges) {
            if (!depends(edge.input)) continue;
            const bool last = &edge == &entry->edges.back();
            Variable contribution = edge.pullback(last ? std::move(g) : g);  // NOLINT(bugprone-use-after-move)
            require(contribution.value().batch() == 0 || edge.batch > 0,
                    "{}: the pullback for input {} must sum over the batch, which is divided among processes; got {}",
                    entry->operation, edge.number, contribution.shape());
            if (edge.batch > 0) contribution = std::move(contribution).with_batch(edge.batch);
            require_adjoint(contribution, edge.shape, edge.dtype, entry->operation, edge.number);
            const auto [adjoint, first] = adjoints.try_emplace(edge.input, contribution);
            if (!first) adjoint->second = adjoint->second + contribution;
        }
        Observer::for_each([](Observer& observer) { observer.after_backward(); });
    }

    std::vector<Variable> gradients;
    for (const Variable& w : watched_) {
        const auto adjoint = adjoints.find(w.id());
        require(adjoint != adjoints.end() || unconnected == Unconnected::zero,
                "Tape::gradient: y does not depend on watched variable {} of {}; got its shape {}",
                gradients.size() + 1, watched_.size(), w.shape());
        gradients.push_back(adjoint != adjoints.end() ? adjoint->second : Tensor::zeros(w.shape(), w.dtype()));
    }
    return gradients;
}

}  // namespace adjoint
