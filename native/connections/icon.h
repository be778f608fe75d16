// Whether a provider's icon is one that may be shown. Icons are shown by <img> only, which runs no script and loads
// nothing; this check makes them harmless wherever else somebody may put them.
#ifndef STRONGROOM_CONNECTIONS_ICON_H_
#define STRONGROOM_CONNECTIONS_ICON_H_

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace strongroom {

/// Bytes of an image, decoded.
inline constexpr std::size_t kMaxIconSize = 32U << 10;

/// Checks a data: URI of an image, its data in base64 or, for SVG, percent-encoded UTF-8. INVALID_REQUEST with one
/// issue at `path` unless it is at most kMaxIconSize and
/// - PNG: its signature, an IHDR of at most 1024 by 1024 pixels, chunks of known or ancillary type that fill the file
///   exactly, with image data and an IEND. Checksums and pixels are not read.
/// - SVG: one well-formed <svg> of shapes, groups, gradients, clip paths, titles and descriptions, with attributes that
///   only describe how they look. Everything else is refused: scripts, styles, event handlers, links, references other
///   than url(#id), a DOCTYPE, entities other than XML's own five, processing instructions, CDATA, other namespaces.
Status check_icon(std::string_view uri, std::string_view path);

}  // namespace strongroom

#endif  // STRONGROOM_CONNECTIONS_ICON_H_
