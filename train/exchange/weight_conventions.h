// Weight conventions: how adjoint, PyTorch and Keras name the weights of a model, and in which order each has their
// numbers. No layout is written down here: a model whose weights are the numbers of their own elements is exported, and
// what the export holds says where each number comes from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layers/module.h"
#include "train/exchange/model_part.h"

namespace adjoint {

/// The places of a model's numbers: 0, 1, … over the elements of all its states but counters, in their order.
class NumberedStates {
  public:
    struct Entry {
        std::string name;
        Shape shape;
        Index first;  ///< the number of its first element
    };

    /// Takes the states as they are; `number` gives each of their elements its number as its value, in float64.
    explicit NumberedStates(const States& states);
    void number(Module& model) const;

    const std::vector<Entry>& entries() const { return entries_; }
    /// The state that has an element of this number.
    const Entry& of(Index number) const;
    /// The numbers that are a tensor's values, unless one of them is no number of an element.
    std::optional<std::vector<Index>> in(const Tensor& tensor) const;

  private:
    std::vector<Entry> entries_;
    Index count_ = 0;
};

/// A tensor as a system has it: its name and shape there, and the number of each of its elements.
struct ForeignTensor {
    std::string name;
    Shape shape;
    std::vector<Index> numbers;
};

struct PartWeights {
    std::string part;                    ///< its name
    std::vector<ForeignTensor> tensors;  ///< in the order in which the part uses them
};

struct WeightConvention {
    std::string name;  ///< adjoint, pytorch, keras
    std::vector<PartWeights> parts;
    std::vector<std::string> refusals = {};  ///< why other parts cannot be said in it
};

/// All conventions, each with the parts of the model that it can say. The model's weights are lost.
std::vector<WeightConvention> weight_conventions(Module& model, const NumberedStates& states,
                                                 const std::vector<ModelPart>& parts);

}  // namespace adjoint
