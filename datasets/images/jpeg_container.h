// Container of a JPEG: its segments and scans, checked before a decoder trusts them.
#pragma once

#include "datasets/images/image_container.h"

namespace adjoint {

bool begins_jpeg(Bytes file);

/// Looks through a file that begins a JPEG. Tables, components and scans must be such as can be, each component must
/// have a scan and its divisors, there must be a bit for every block, and there are at most 100 scans, of which every
/// one costs a decoder as much as the whole picture. How far the compressed numbers of a scan reach beyond that is not
/// looked at: where somebody cut them short and put an end behind them, decoders leave the rest grey.   Source: ITU-T
/// T.81, annex B.
ImageContainer inspect_jpeg(Bytes file);

}  // namespace adjoint
