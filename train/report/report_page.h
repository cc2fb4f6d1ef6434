// Page into which the data of a report is put. CMake joins it of the files in this folder and makes it part of the
// program.
#pragma once

namespace adjoint {

/// The page, with `@data@` where a JSON value of {"runs": […]} belongs.
extern const char* const report_page;

}  // namespace adjoint
