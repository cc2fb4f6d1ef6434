// Weight readings: in which ways the tensors of a file can be the weights of a model, by their names or by the order of
// their layers, and in which layouts.
#pragma once

#include "train/exchange/weight_conventions.h"
#include "train/io/weights_file.h"

namespace adjoint {

/// A tensor in the file that is one of the model's.
struct Match {
    std::string name;
    const ForeignTensor* is;
};

/// The file as it would be understood in one way.
struct Reading {
    std::string convention, part;
    bool by_order;  ///< of layers; else by names
    std::vector<Match> matches = {};
    std::vector<std::string> unknown = {}, missing = {};
    std::map<std::string, std::string> misfits = {};  ///< what is said of those of other shapes, by the model's names

    /// How many tensors one side has alone; by names, a file may have a few of the weights.
    std::size_t alone() const { return unknown.size() + (by_order ? missing.size() : 0); }
    bool fits() const { return alone() == 0 && misfits.empty(); }
};

class Readings {
  public:
    /// @param parts The names of the model's parts, in its order.
    Readings(const WeightsFile& file, const NumberedStates& states, const std::vector<std::string>& parts);

    /// Reads the names as those of the convention, with or without that of the part, with dots or underscores.
    void by_names(const WeightConvention& convention);
    /// Takes the layers in the order of their names, those with as many axes each for themselves, for those of a part.
    void by_order(const WeightConvention& convention, const PartWeights& part);

    /// Those that fit best, by names before those by order; of those that take the same for the same, one.
    std::vector<Reading> best() const;

  private:
    void take(Reading& reading, const std::string& name, const Shape& shape, const ForeignTensor& tensor) const;

    const NumberedStates& states_;
    const std::vector<std::string>& parts_;
    std::vector<std::pair<std::string, Shape>> theirs_;
    std::vector<Reading> all_;
};

}  // namespace adjoint
