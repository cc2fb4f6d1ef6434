// Where is the page into which a report's data is put? CMake joins it of the files in report/ and makes it part of the
// program.
#pragma once

namespace adjoint {

/// The page, with `@data@` where a JSON value of {"runs": […]} belongs.
extern const char* const report_page;

}  // namespace adjoint
