#include "connections/icon.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace strongroom {
namespace {

std::string base64(std::string_view bytes, std::string_view type) {
  return "data:image/" + std::string(type) + ";base64," + to_base64(as_bytes(bytes));
}

std::string refusal(const std::string& uri) {
  const Status status = check_icon(uri, "/icon");
  if (status.ok()) return "accepted";
  EXPECT_EQ(status.code(), Code::kInvalidRequest);
  EXPECT_EQ(status.issues().size(), 1U);
  EXPECT_EQ(status.issues().at(0).path, "/icon");
  EXPECT_EQ(status.issues().at(0).code, "icon");
  return status.issues().at(0).message;
}

std::string u32(std::uint32_t value) {
  Bytes bytes;
  append_u32(bytes, value);
  return std::string(as_text(bytes));
}

std::string chunk(std::string_view type, std::string_view body) {
  return u32(static_cast<std::uint32_t>(body.size())) + std::string(type) + std::string(body) + "crc.";
}

std::string header(std::uint32_t width = 64, std::uint32_t height = 64, std::string_view rest = {"\x08\x06\0\0\0", 5}) {
  return chunk("IHDR", u32(width) + u32(height) + std::string(rest));
}

const std::string kSignature = "\x89PNG\r\n\x1a\n";

std::string png(std::string_view chunks) { return base64(kSignature + std::string(chunks), "png"); }

TEST(Icon, APngIsKnownByItsStructure) {
  const std::string data = chunk("IDAT", "pixels");
  const std::string end = chunk("IEND", "");
  EXPECT_EQ(refusal(png(header() + data + end)), "accepted");
  EXPECT_EQ(refusal(png(header(1024, 1024) + chunk("tEXt", "a\0b") + chunk("PLTE", "rgb") + data + data + end)),
            "accepted");
  EXPECT_EQ(refusal(png(header(1, 1, {"\x01\x03\0\0\x01", 5}) + data + end)), "accepted");

  const std::pair<std::string, std::string> cases[] = {
      {png(""), "cut off"},
      {base64("GIF89a", "png"), "not a PNG"},
      {base64(kSignature.substr(0, 7), "png"), "not a PNG"},
      {base64("<svg xmlns='http://www.w3.org/2000/svg'/>", "png"), "not a PNG"},
      {png(header()), "cut off"},
      {png(header() + data), "cut off"},
      {png(header() + end), "no image data"},
      {png(data + header() + end), "begin with its header"},
      {png(header() + header() + data + end), "begin with its header"},
      {png(header() + data + chunk("IEND", "x")), "no image data"},
      {png(header() + data + end + "<script>"), "something follows"},
      {png(header() + data + end + end), "something follows"},
      {png(header(1025, 1) + data + end), "larger than 1024"},
      {png(header(1, 1025) + data + end), "larger than 1024"},
      {png(header(0, 1) + data + end), "larger than 1024"},
      {png(header(0x80000001, 1) + data + end), "larger than 1024"},
      {png(header(1, 1, {"\x07\x06\0\0\0", 5}) + data + end), "header of the PNG is not valid"},
      {png(header(1, 1, {"\x08\x05\0\0\0", 5}) + data + end), "header of the PNG is not valid"},
      {png(header(1, 1, {"\x08\x06\x01\0\0", 5}) + data + end), "header of the PNG is not valid"},
      {png(header(1, 1, {"\x08\x06\0\0\x02", 5}) + data + end), "header of the PNG is not valid"},
      {png(header(1, 1, "\x08\x06") + data + end), "another size than 13"},
      {png(header() + chunk("EVIL", "") + data + end), "not known"},
      {png(header() + chunk({"a\0bc", 4}, "") + data + end), "not known"},
      {png(header() + u32(0xFFFFFFFF) + "IDAT" + std::string(20, 'x')), "cut off"},
      {png(header() + u32(100) + "IDAT" + std::string(20, 'x')), "cut off"},
      {png(header() + chunk("IDAT", std::string(33000, 'x')) + end), "at most 32 KiB"},
      {"data:image/png," + kSignature, "in base64"},
      {"data:image/png;charset=utf-8;base64,AAAA", "parameters"},
      {"data:image/png;base64,AAA", "not base64"},
      {"data:image/png;base64,A*==", "not base64"},
      {"data:image/png;base64,", "not a PNG"},
      {"data:image/png", "a data: URI"},
      {"data:image/gif;base64,R0lGODlh", "a data: URI"},
      {"data:text/html,<script>", "a data: URI"},
      {"https://example.com/icon.png", "a data: URI"},
      {"", "a data: URI"},
  };
  for (const auto& [uri, reason] : cases) EXPECT_NE(refusal(uri).find(reason), std::string::npos) << refusal(uri);
}

std::string svg(std::string_view inside) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\">" + std::string(inside) + "</svg>";
}

TEST(Icon, AnSvgOfShapesIsTaken) {
  const std::string icons[] = {
      "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "<!-- made by hand -->\n<svg role=\"img\" viewBox=\"0 0 24 24\" xmlns=\"http://www.w3.org/2000/svg\"><title>A "
      "&amp; "
      "B\xc3\xbc</title><path d=\"M12 0C5.4 0 0 5.4 0 12z\"/></svg>\n",
      svg("<g fill=\"none\" stroke=\"#aB09ff\" stroke-width=\"2\" transform=\"translate(1 2) rotate (45)\"><circle "
          "cx=\"1\" "
          "cy=\"2\" r=\"3\" /><rect x='1' y='2' width='3' height='4' rx='1' ry='1'></rect></g>"),
      svg("<defs><linearGradient id=\"a\" x1=\"0\" x2=\"1\" gradientUnits=\"userSpaceOnUse\"><stop offset=\"0\" "
          "stop-color=\"rgb(1,2,3)\"/></linearGradient><radialGradient id='b'/><clipPath id=\"c\"><path d=\"M0 "
          "0h24v24z\"/></clipPath></defs><path fill=\"url(#a)\" clip-path=\"url(#c)\" d=\"M0 0\"/>"),
      svg("<desc>Text (with brackets) and > in it</desc><polygon points=\"0,0 1,1\"/><polyline points=\"0 0\"/><line "
          "x1=\"1\" y2=\"2\"/><ellipse rx=\"1\" fill-opacity=\".5\"/><!-- url(http://nowhere) --><svg width=\"1\"/>"),
  };
  for (const std::string& icon : icons) {
    EXPECT_EQ(refusal(base64(icon, "svg+xml")), "accepted") << icon;
    std::string encoded;
    for (const char c : icon) {
      const auto byte = static_cast<std::uint8_t>(c);
      const bool plain = c != '#' && c != '%' && byte >= 0x20 && byte < 0x7f;
      encoded += plain ? std::string(1, c) : "%" + to_hex({&byte, 1});
    }
    for (const char* head : {"data:image/svg+xml,", "data:image/svg+xml;utf8,", "data:image/svg+xml;charset=utf-8,",
                             "data:image/svg+xml;charset=UTF-8,"}) {
      EXPECT_EQ(refusal(head + encoded), "accepted") << icon;
    }
  }
}

TEST(Icon, AnSvgThatCouldDoMoreThanLookIsRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {svg("<script>alert(1)</script>"), "shapes, groups"},
      {svg("<SCRIPT/>"), "shapes, groups"},
      {svg("<style>*{}</style>"), "shapes, groups"},
      {svg("<foreignObject/>"), "shapes, groups"},
      {svg("<image href=\"http://evil\"/>"), "shapes, groups"},
      {svg("<use href=\"#a\"/>"), "shapes, groups"},
      {svg("<a href=\"http://evil\"/>"), "shapes, groups"},
      {svg("<animate/>"), "shapes, groups"},
      {svg("<set/>"), "shapes, groups"},
      {svg("<filter/>"), "shapes, groups"},
      {svg("<mask/>"), "shapes, groups"},
      {svg("<pattern/>"), "shapes, groups"},
      {svg("<text>a</text>"), "shapes, groups"},
      {svg("<metadata/>"), "shapes, groups"},
      {svg("<x:path xmlns:x=\"http://www.w3.org/2000/svg\"/>"), "shapes, groups"},
      {svg("< path/>"), "shapes, groups"},
      {svg("<path onload=\"alert(1)\"/>"), "attributes"},
      {svg("<path ONCLICK=\"alert(1)\"/>"), "attributes"},
      {svg("<path style=\"fill:red\"/>"), "attributes"},
      {svg("<path href=\"#a\"/>"), "attributes"},
      {svg("<path xlink:href=\"#a\"/>"), "attributes"},
      {svg("<path xmlns:xlink=\"http://www.w3.org/1999/xlink\"/>"), "attributes"},
      {svg("<path filter=\"url(#a)\"/>"), "attributes"},
      {svg("<path xml:base=\"http://evil\"/>"), "attributes"},
      {svg("<path fill=\"url(http://evil/x)\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url('#a')\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url( #a)\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url(#a\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url(#)\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url(a.svg)\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url(//evil#a)\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"url(#a) url(data:x)\"/>"), "nothing but its own parts"},
      {svg("<path fill=\"URL(http://evil)\"/>"), "function"},
      {svg("<path fill=\"image-set(x)\"/>"), "function"},
      {svg("<path fill=\"image(x)\"/>"), "function"},
      {svg("<path fill=\"var(--x)\"/>"), "function"},
      {svg("<path fill=\"(x)\"/>"), "function"},
      {svg("<path fill=\"u\\72l(http://evil)\"/>"), "no escapes"},
      {svg("<path fill=\"url/**/(x)\"/>"), "no escapes"},
      {svg("<path fill=\"url&apos;(x)\"/>"), "no escapes"},
      {svg("<path fill=\"&#x75;rl(http://evil)\"/>"), "no entities"},
      {svg("<title>&#60;</title>"), "no entities"},
      {svg("<title>&evil;</title>"), "no entities"},
      {svg("<title>a & b</title>"), "no entities"},
      {svg("<title>&amp</title>"), "no entities"},
      {"<!DOCTYPE svg [<!ENTITY a \"b\">]>" + svg(""), "no DOCTYPE"},
      {"<?xml version=\"1.0\"?>" + svg(""), "no DOCTYPE"},
      {svg("<?xml-stylesheet href=\"http://evil\"?>"), "no DOCTYPE"},
      {svg("<![CDATA[<script>]]>"), "no DOCTYPE"},
      {svg("<!ELEMENT a>"), "no DOCTYPE"},
      {svg("text"), "text in <title>"},
      {"text" + svg(""), "text in <title>"},
      {svg("") + "text", "text in <title>"},
      {"\xef\xbb\xbf" + svg(""), "text in <title>"},
      {svg("<title><path/></title>"), "have text only"},
      {svg("<title>]]></title>"), "well-formed"},
      {svg("<!-- a -- b -->"), "comment"},
      {svg("<!-- a"), "comment"},
      {svg("<path>"), "do not match"},
      {svg("</path>"), "do not match"},
      {svg("<g></path></g>"), "do not match"},
      {svg("<g></g x>"), "do not match"},
      {"</svg>", "do not match"},
      {svg("") + svg(""), "more than one root"},
      {"<path xmlns=\"http://www.w3.org/2000/svg\"/>", "root"},
      {"<svg viewBox=\"0 0 1 1\"/>", "no xmlns"},
      {"<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>", "other namespaces"},
      {svg("<g xmlns=\"http://www.w3.org/1999/xhtml\"/>"), "other namespaces"},
      {svg("<path d=\"M0 0\"d=\"M1 1\"/>"), "well-formed"},
      {svg("<path d=\"M0 0\" d=\"M1 1\"/>"), "twice"},
      {svg("<path d/>"), "well-formed"},
      {svg("<path d=M0/>"), "well-formed"},
      {svg("<path d=\"<\"/>"), "well-formed"},
      {svg("<path d=\"M0'/>"), "well-formed"},
      {svg("<path / >"), "attributes"},
      {svg("<clipPath clip-path=\"url(#a)\"/>"), "clipped themselves"},
      {svg("<clipPath><path clip-path=\"url(#a)\"/></clipPath>"), "clipped themselves"},
      {"", "cut off"},
      {"<!-- only -->", "cut off"},
      {"<svg xmlns=\"http://www.w3.org/2000/svg\">", "cut off"},
      {"<svg", "well-formed"},
      {"<svg xmlns=\"http://www.w3.org/2000/svg\"", "well-formed"},
      {svg("<title>\x01</title>"), "control character"},
      {svg(std::string("<title>\0</title>", 16)), "control character"},
      {svg("<title>\xff</title>"), "not UTF-8"},
      {"\xff\xfe<\0s\0", "not UTF-8"},
  };
  for (const auto& [text, reason] : cases) {
    const std::string found = refusal(base64(text, "svg+xml"));
    EXPECT_NE(found.find(reason), std::string::npos) << text << ": " << found;
  }
  std::string deep;
  for (int i = 0; i < 64; ++i) deep += "<g>";
  EXPECT_NE(refusal(base64(svg(deep), "svg+xml")).find("nested"), std::string::npos);
  EXPECT_NE(refusal(base64(svg("<desc>" + std::string(32768, 'x') + "</desc>"), "svg+xml")).find("32 KiB"),
            std::string::npos);
}

TEST(Icon, AnEncodingThatIsReadInTwoWaysIsRefused) {
  const std::string sound = "%3Csvg xmlns='http://www.w3.org/2000/svg'/>";
  EXPECT_EQ(refusal("data:image/svg+xml," + sound), "accepted");
  for (const std::string& uri :
       {"data:image/svg+xml," + sound + "#", "data:image/svg+xml,#" + sound, "data:image/svg+xml,%" + sound,
        "data:image/svg+xml," + sound + "%2", "data:image/svg+xml," + sound + "%zz"}) {
    EXPECT_NE(refusal(uri).find("percent-encoded"), std::string::npos) << uri;
  }
  for (const char* head : {"data:image/svg+xml;charset=utf-16,", "data:image/svg+xml;base64;charset=utf-8,",
                           "data:image/svg+xml; utf8,", "data:image/svg+xml;BASE64,", "data:image/svg+xmlx,"}) {
    EXPECT_NE(refusal(head + sound).find("parameters"), std::string::npos) << head;
  }
}

}  // namespace
}  // namespace strongroom
