// Model part: what of a model is a function of its own: the whole, one of its networks, its encoder or decoder.
#pragma once

#include <functional>
#include <string>

#include "framework/autograd/tape.h"

namespace adjoint {

struct ModelPart {
    std::string name;  ///< whole, generator, decoder
    std::function<Variable(const Variable&)> function;
    Shape item;           ///< the shape of one input
    std::string meaning;  ///< of what goes in and comes out
};

}  // namespace adjoint
