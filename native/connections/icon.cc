#include "connections/icon.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/unicode.h"

namespace strongroom {
namespace {

/// What is wrong; null if nothing is.
using Fault = const char*;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// PNG (ISO/IEC 15948), as far as its structure goes.

Fault check_png(ByteView file) {
  constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  constexpr std::size_t kChunkFrame = 12;  // length, type, checksum
  constexpr std::uint32_t kMaxSide = 1024;
  if (file.size() < kSignature.size() || !std::ranges::equal(file.first(kSignature.size()), kSignature)) {
    return "the image is not a PNG";
  }
  file = file.subspan(kSignature.size());
  bool first = true;
  bool data = false;
  while (!file.empty()) {
    if (file.size() < kChunkFrame || read_u32(file) > file.size() - kChunkFrame) return "the PNG is cut off";
    const std::size_t length = read_u32(file);
    const std::string_view type = as_text(file.subspan(4, 4));
    const ByteView body = file.subspan(8, length);
    file = file.subspan(kChunkFrame + length);
    if (first != (type == "IHDR")) return "the PNG does not begin with its header";
    if (first) {
      first = false;
      if (length != 13) return "the header of the PNG has another size than 13 bytes";
      const std::uint32_t width = read_u32(body);
      const std::uint32_t height = read_u32(body.subspan(4));
      if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
        return "the PNG is larger than 1024 by 1024 pixels, or empty";
      }
      const int depth = body[8];
      const int color = body[9];
      const bool known = (color == 0 && (depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16)) ||
                         (color == 3 && (depth == 1 || depth == 2 || depth == 4 || depth == 8)) ||
                         ((color == 2 || color == 4 || color == 6) && (depth == 8 || depth == 16));
      if (!known || body[10] != 0 || body[11] != 0 || body[12] > 1) return "the header of the PNG is not valid";
    } else if (type == "IDAT") {
      data = true;
    } else if (type == "IEND") {
      if (length != 0 || !data) return "the PNG has no image data";
      return file.empty() ? nullptr : "something follows the end of the PNG";
    } else if (!std::ranges::all_of(type, is_letter) || (type[0] < 'a' && type != "PLTE")) {
      return "the PNG has a chunk that is not known";
    }
  }
  return "the PNG is cut off";
}

// SVG: a reader of the small part of XML that an icon needs.

constexpr std::array<std::string_view, 16> kElements = {
    "svg",     "g",     "path", "circle", "rect",           "ellipse",        "line", "polyline",
    "polygon", "title", "desc", "defs",   "linearGradient", "radialGradient", "stop", "clipPath"};

constexpr std::array<std::string_view, 61> kAttributes = {"aria-hidden",
                                                          "aria-label",
                                                          "aria-labelledby",
                                                          "baseProfile",
                                                          "class",
                                                          "clip-path",
                                                          "clip-rule",
                                                          "clipPathUnits",
                                                          "color",
                                                          "cx",
                                                          "cy",
                                                          "d",
                                                          "display",
                                                          "fill",
                                                          "fill-opacity",
                                                          "fill-rule",
                                                          "focusable",
                                                          "fr",
                                                          "fx",
                                                          "fy",
                                                          "gradientTransform",
                                                          "gradientUnits",
                                                          "height",
                                                          "id",
                                                          "lang",
                                                          "offset",
                                                          "opacity",
                                                          "overflow",
                                                          "pathLength",
                                                          "points",
                                                          "preserveAspectRatio",
                                                          "r",
                                                          "role",
                                                          "rx",
                                                          "ry",
                                                          "shape-rendering",
                                                          "spreadMethod",
                                                          "stop-color",
                                                          "stop-opacity",
                                                          "stroke",
                                                          "stroke-dasharray",
                                                          "stroke-dashoffset",
                                                          "stroke-linecap",
                                                          "stroke-linejoin",
                                                          "stroke-miterlimit",
                                                          "stroke-opacity",
                                                          "stroke-width",
                                                          "transform",
                                                          "vector-effect",
                                                          "version",
                                                          "viewBox",
                                                          "visibility",
                                                          "width",
                                                          "x",
                                                          "x1",
                                                          "x2",
                                                          "xml:space",
                                                          "xmlns",
                                                          "y",
                                                          "y1",
                                                          "y2"};

// What may stand before a parenthesis in a value.
constexpr std::array<std::string_view, 11> kFunctions = {"url",       "rgb",   "rgba",   "hsl",   "hsla", "matrix",
                                                         "translate", "scale", "rotate", "skewX", "skewY"};

class SvgReader {
 public:
  explicit SvgReader(std::string_view text) : rest_(text) {}

  Fault check() {
    const std::optional<std::size_t> length = count_code_points(rest_);
    if (!length) return "the SVG is not UTF-8";
    if (std::ranges::any_of(rest_, [](char c) { return (c >= 0 && c < 0x20 && !is_space(c)) || c == 0x7f; })) {
      return "the SVG has a control character";
    }
    while (!rest_.empty()) {
      if (rest_[0] != '<') {
        if (const Fault fault = read_text()) return fault;
      } else if (take("<!--")) {
        const std::size_t end = rest_.find("--");
        if (end == std::string_view::npos || !rest_.substr(end).starts_with("-->")) {
          return "a comment of the SVG does not end where it should";
        }
        rest_.remove_prefix(end + 3);
      } else if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
        return "an SVG icon has no DOCTYPE, no CDATA and no processing instructions";
      } else if (take("</")) {
        if (const Fault fault = read_end_tag()) return fault;
      } else {
        rest_.remove_prefix(1);
        if (const Fault fault = read_start_tag()) return fault;
      }
    }
    return open_.empty() && rooted_ ? nullptr : "the SVG is cut off";
  }

 private:
  static constexpr std::size_t kMaxDepth = 64;

  bool take(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool skip_space() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  std::string_view take_name() {
    std::size_t size = 0;
    while (size < rest_.size() && (is_letter(rest_[size]) || is_digit(rest_[size]) || rest_[size] == '-' ||
                                   rest_[size] == ':' || rest_[size] == '_' || rest_[size] == '.')) {
      ++size;
    }
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  /// Only XML's own five entities, so that no character hides behind a number.
  static Fault check_references(std::string_view text) {
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
      const std::string_view rest = text.substr(at + 1);
      if (!rest.starts_with("amp;") && !rest.starts_with("lt;") && !rest.starts_with("gt;") &&
          !rest.starts_with("quot;") && !rest.starts_with("apos;")) {
        return "an SVG icon has no entities but &amp; &lt; &gt; &quot; and &apos;";
      }
    }
    return nullptr;
  }

  Fault read_text() {
    const std::string_view text = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(text.size());
    if (std::ranges::all_of(text, is_space)) return nullptr;
    if (open_.empty() || (open_.back() != "title" && open_.back() != "desc")) {
      return "an SVG icon has text in <title> and <desc> only";
    }
    return text.find("]]>") != std::string_view::npos ? "the SVG is not well-formed" : check_references(text);
  }

  Fault read_end_tag() {
    const std::string_view name = take_name();
    skip_space();
    if (!take(">") || open_.empty() || open_.back() != name) return "the tags of the SVG do not match";
    open_.pop_back();
    return nullptr;
  }

  Fault read_start_tag() {
    const std::string_view name = take_name();
    if (!is_one_of(kElements, name)) return "an SVG icon may have shapes, groups, gradients and clip paths only";
    if (rooted_ && open_.empty()) return "the SVG has more than one root";
    if (!rooted_ && name != "svg") return "the root of the SVG is not <svg>";
    if (!open_.empty() && (open_.back() == "title" || open_.back() == "desc")) {
      return "<title> and <desc> of an SVG icon have text only";
    }
    if (open_.size() >= kMaxDepth) return "the SVG is nested too deeply";
    std::set<std::string_view> seen;
    while (true) {
      const bool spaced = skip_space();
      const bool empty = take("/>");
      if (empty || take(">")) {
        if (!rooted_ && !seen.contains("xmlns")) return "the <svg> has no xmlns";
        rooted_ = true;
        if (!empty) open_.push_back(name);
        return nullptr;
      }
      if (!spaced) return "the SVG is not well-formed";
      const std::string_view attribute = take_name();
      if (!is_one_of(kAttributes, attribute)) return "an SVG icon may have attributes that describe shapes only";
      if (!seen.insert(attribute).second) return "the SVG has an attribute twice";
      skip_space();
      if (!take("=")) return "the SVG is not well-formed";
      skip_space();
      const char quote = rest_.empty() ? '\0' : rest_[0];
      const std::size_t end = quote == '"' || quote == '\'' ? rest_.find(quote, 1) : std::string_view::npos;
      if (end == std::string_view::npos) return "the SVG is not well-formed";
      const std::string_view value = rest_.substr(1, end - 1);
      rest_.remove_prefix(end + 1);
      if (const Fault fault = check_value(name, attribute, value)) return fault;
    }
  }

  Fault check_value(std::string_view element, std::string_view attribute, std::string_view value) const {
    if (value.find('<') != std::string_view::npos) return "the SVG is not well-formed";
    if (const Fault fault = check_references(value)) return fault;
    if (attribute == "xmlns") {
      return value == "http://www.w3.org/2000/svg" ? nullptr : "an SVG icon has no other namespaces";
    }
    if (attribute == "aria-label") return nullptr;  // text
    // Each clip path that is clipped in turn could double the work of drawing it.
    if (attribute == "clip-path" && (element == "clipPath" || std::ranges::find(open_, "clipPath") != open_.end())) {
      return "an SVG icon has no clip paths that are clipped themselves";
    }
    // A CSS value may spell a function with escapes, or take it apart with comments.
    if (value.find('\\') != std::string_view::npos || value.find("/*") != std::string_view::npos ||
        value.find('&') != std::string_view::npos) {
      return "the attributes of an SVG icon have no escapes and no comments";
    }
    for (std::size_t at = value.find('('); at != std::string_view::npos; at = value.find('(', at + 1)) {
      std::size_t start = at;
      while (start > 0 && is_letter(value[start - 1])) --start;
      std::string_view function = value.substr(start, at - start);
      // transform allows a space there.
      if (function.empty() && attribute.ends_with("ransform")) {
        std::size_t end = at;
        while (end > 0 && is_space(value[end - 1])) --end;
        start = end;
        while (start > 0 && is_letter(value[start - 1])) --start;
        function = value.substr(start, end - start);
      }
      if (!is_one_of(kFunctions, function)) return "an SVG icon has a function that is not known";
      if (function != "url") continue;
      const std::string_view argument = value.substr(at + 1, std::min(value.find(')', at), value.size()) - at - 1);
      const bool local = argument.size() >= 2 && argument[0] == '#' && at + 1 + argument.size() < value.size() &&
                         std::ranges::all_of(argument.substr(1), [](char c) {
                           return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
                         });
      if (!local) return "an SVG icon refers to nothing but its own parts: url(#id)";
    }
    return nullptr;
  }

  std::string_view rest_;
  std::vector<std::string_view> open_;
  bool rooted_ = false;
};

/// Undoes percent-encoding; nothing if it is not valid, or what a browser would cut off or read otherwise is not
/// encoded.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#') return std::nullopt;  // a fragment begins
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    std::uint8_t byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const digits = text.data() + i + 1;
    if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Fault check(std::string_view uri) {
  constexpr std::string_view kPng = "data:image/png";
  constexpr std::string_view kSvg = "data:image/svg+xml";
  const bool png = uri.starts_with(kPng);
  if (!png && !uri.starts_with(kSvg)) return "an icon is a data: URI of a PNG or SVG image";
  if (uri.size() > 4 * kMaxIconSize) return "an icon has at most 32 KiB";
  uri.remove_prefix(png ? kPng.size() : kSvg.size());
  const std::size_t comma = uri.find(',');
  if (comma == std::string_view::npos) return "an icon is a data: URI of a PNG or SVG image";
  std::string_view parameters = uri.substr(0, comma);
  uri.remove_prefix(comma + 1);
  const bool base64 = parameters.ends_with(";base64");
  if (base64) parameters.remove_suffix(std::string_view(";base64").size());
  if (!parameters.empty() && (png || (parameters != ";utf8" && parameters != ";charset=utf-8" &&
                                      parameters != ";charset=UTF-8" && parameters != ";charset=utf8"))) {
    return "the data: URI of the icon has parameters that are not known";
  }
  Bytes bytes;
  if (base64) {
    bytes.resize(base64_decoded_max(uri.size()));
    const std::optional<std::size_t> size = decode_base64(uri, bytes);
    if (!size) return "the icon is not base64";
    bytes.resize(*size);
  } else {
    if (png) return "a PNG image is written in base64";
    const std::optional<std::string> text = percent_decoded(uri);
    if (!text) return "the icon is not percent-encoded: write # as %23 and % as %25";
    append(bytes, as_bytes(*text));
  }
  if (bytes.size() > kMaxIconSize) return "an icon has at most 32 KiB";
  return png ? check_png(bytes) : SvgReader(as_text(bytes)).check();
}

}  // namespace

Status check_icon(std::string_view uri, std::string_view path) {
  if (const Fault fault = check(uri)) return Status::invalid({{std::string(path), "icon", fault}});
  return {};
}

}  // namespace strongroom
