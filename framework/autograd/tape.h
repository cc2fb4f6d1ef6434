// Variable: a tensor with an identity. Tape: records the operations that depend on what it watches, and sweeps them
// backward for gradients (reverse mode).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "framework/tensor/observer.h"
#include "framework/tensor/tensor.h"
#include "framework/tensor/thread_listing.h"

namespace adjoint {

/// A tensor and an identity. It has no history and no gradient of its own: those belong to a Tape. Copies are the same
/// variable; a new one made of the same tensor is another, of which no tape knows: a constant.
class Variable {
  public:
    Variable() : Variable(Tensor()) {}
    Variable(Tensor value);  // implicit: wherever a variable is wanted, a tensor is a constant
    /// What training is to change. A tape that watches one is live in training, and layers behave accordingly.
    static Variable parameter(Tensor value);

    const Tensor& value() const& { return value_; }
    /// The value of a variable that is given up; its identity stays.
    Tensor value() && { return std::move(value_); }
    std::uint64_t id() const { return id_; }
    bool is_parameter() const { return id_ % 2 == 1; }

    const Shape& shape() const { return value_.shape(); }
    Index extent(Index axis) const { return value_.extent(axis); }
    Index rank() const { return value_.rank(); }
    Index size() const { return value_.size(); }
    DType dtype() const { return value_.dtype(); }
    double item() const { return value_.item(); }
    /// The same variable, whose value is part of a batch of so many images: see Tensor::batch().
    Variable with_batch(Index batch) && { return {value_.with_batch(batch), id_}; }

  private:
    Variable(Tensor value, std::uint64_t id) : value_(std::move(value)), id_(id) {}

    Tensor value_;
    std::uint64_t id_;  // odd for a parameter
};

inline std::ostream& operator<<(std::ostream& stream, const Variable& x) { return stream << x.value(); }

/// The value of x as a constant, detached from what it was computed from: nothing is differentiated through it.
inline Variable stop_gradient(const Variable& x) { return x.value(); }

/// A single number in the element type of `like`.
inline Variable scalar(double value, const Variable& like) { return Tensor(Shape{}, {value}, like.dtype()); }

/// The map from the adjoint of an operation's output, g, to its contribution to the adjoint of one of its inputs. It is
/// written in operations, so that an outer tape can record it: that is all there is to higher derivatives. It owns g,
/// and may be its only owner, whose elements an operation can then overwrite with its result.
using Pullback = std::function<Variable(Variable g)>;

/// One input of an operation and the pullback that leads to it.
struct Edge {
    Variable input;
    Pullback pullback;
};

/// What to return for a watched variable that y does not depend on.
enum class Unconnected { error, zero };

/// Records, from construction until it is swept or destroyed, every operation of its thread that depends on what it
/// watches, and nothing else. Tapes nest; with none live nothing is recorded. A tape is swept once.
class Tape {
  public:
    explicit Tape(std::vector<Variable> watched);
    Tape(const Tape&) = delete;
    Tape& operator=(const Tape&) = delete;

    /// ∂⟨seed, y⟩/∂w for each watched w, in their order. The seed is 1 by default, and then y must be a single number.
    /// Throws when y does not depend on a watched variable (an error, not a silent zero, unless Unconnected::zero is
    /// asked for), when y has several elements and no seed is given, when the tape was swept before, and when a
    /// pullback returns what cannot be an adjoint of its input: `multiply: the pullback for input 2 must return [3];
    /// got [2, 3] (is a sum over a broadcast axis missing?)`.
    std::vector<Variable> gradient(const Variable& y, Unconnected unconnected = Unconnected::error);
    std::vector<Variable> gradient(const Variable& y, const Variable& seed,
                                   Unconnected unconnected = Unconnected::error);

    /// Whether x is watched or was computed from something watched.
    bool depends(const Variable& x) const { return depends(x.id()); }

    /// Whether any tape is live on this thread.
    static bool recording();
    /// Whether any live tape records what is done with x.
    static bool records(const Variable& x);
    /// Whether any live tape watches a parameter, as in a training step.
    static bool watches_parameters();

  private:
    friend Variable record(Variable y, std::vector<Edge> edges, Pullback before_edges, const OperationCall& call);
    struct Entry {
        struct Edge {
            std::uint64_t input;
            Shape shape;  // of the input
            Index batch;  // where it is divided among processes
            DType dtype;
            std::size_t number;  // of the input among the operation's, from 1
            Pullback pullback;
        };
        std::string_view operation;
        std::uint64_t output;
        Pullback before_edges;
        std::vector<Edge> edges;
    };

    bool depends(std::uint64_t id) const { return dependent_.contains(id); }

    std::vector<Variable> watched_;
    std::unordered_set<std::uint64_t> dependent_;        // ids of the watched and of all that depends on them
    std::vector<std::shared_ptr<const Entry>> entries_;  // in order of creation, which is a topological order
    bool swept_ = false;
    std::optional<ThreadListing<Tape>> live_{this};  // until it is swept
};

/// Notes on every live tape that y was computed from the edges' inputs, as far as it depends on something watched;
/// returns y. Every operation ends with this call; observers hear of it, by default under the name of the function that
/// calls. Where y is an activation of the value that the edges are of, `before_edges` is its pullback, which runs
/// once for all of them.
Variable record(Variable y, std::vector<Edge> edges, Pullback before_edges = {},
                const OperationCall& call = __builtin_FUNCTION());
/// The same where observers are to hear of options.
inline Variable record(Variable y, std::vector<Edge> edges, std::vector<OperationCall::Option> options,
                       const char* operation = __builtin_FUNCTION()) {
    return record(std::move(y), std::move(edges), Pullback{}, OperationCall(operation, std::move(options)));
}

}  // namespace adjoint

template <>
struct fmt::formatter<adjoint::Variable> : fmt::formatter<adjoint::Tensor> {
    fmt::format_context::iterator format(const adjoint::Variable& x, fmt::format_context& context) const {
        return fmt::formatter<adjoint::Tensor>::format(x.value(), context);
    }
};
