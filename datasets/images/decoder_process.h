// Decoder process: pictures are decoded where a fault of the decoder can harm nothing but the picture.
#pragma once

#include <memory>
#include <string>

#include "datasets/images/picture_decoder.h"

namespace adjoint {

/// What a file holds, before it is turned upright.
struct DecodedPicture {
    std::shared_ptr<const std::uint8_t[]> bytes = {};  ///< [height, width, channels], or nothing
    bool coloured = false;                             ///< in the file
    std::string damage = {};                           ///< why there are no bytes: "one that the decoder fails at"
};

/// Decodes a PNG or JPEG file in another process, which may do nothing but read and write what is open to it, a piece
/// of memory and a socket (seccomp's strict mode, where the system has it). Such processes stand ready for the next
/// pictures, as many as threads decode at once. A crash of one, or that it takes longer than a minute, is as a damaged
/// file. It costs about 60 microseconds a picture. Throws SystemFailure where no process can be begun.
DecodedPicture decode_apart(const DecoderTask& task);

}  // namespace adjoint
